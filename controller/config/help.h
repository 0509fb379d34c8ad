// The text of --help, made from the table of settings.
#pragma once

#include <string>

namespace nekoplane::config {

std::string ProgramHelp();
std::string ServeHelp();

}  // namespace nekoplane::config
