// How each browser is told its start page: a managed policy placed beside the image's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controller/runtime/runtime_driver.h"

namespace nekoplane::reconcilers::session {

// nullopt: an empty page, or a browser that has no folder where policies add up.
std::optional<runtime::FileToPlace> StartPageFile(std::string_view browser, std::string_view url);

}  // namespace nekoplane::reconcilers::session
