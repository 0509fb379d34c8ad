// Base64 as Secrets carry it: the standard alphabet with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nekoplane::registry {

std::string Base64Encode(std::string_view bytes);

// Line breaks are skipped, as Go's decoder does; nullopt for anything else that is not base64.
std::optional<std::string> Base64Decode(std::string_view text);

// The URL-safe alphabet, with padding.
std::string Base64UrlEncode(std::string_view bytes);

}  // namespace nekoplane::registry
