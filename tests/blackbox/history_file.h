// A history as text, one line per thing, for people who look into a violation.
#pragma once

#include <string>

#include "tests/blackbox/history.h"

namespace nekoplane::blackbox {

// In order of time. What cannot be written is left out.
void WriteHistory(const History& history, const std::string& path);

}  // namespace nekoplane::blackbox
