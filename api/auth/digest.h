// SHA-256 in the forms that tokens and signatures need. Pure.
#pragma once

#include <string>
#include <string_view>

namespace nekoplane::auth {

std::string HexOf(std::string_view bytes);  // lower case

// Of 64 digits.
std::string Sha256Hex(std::string_view bytes);

// 32 bytes, not as text.
std::string HmacSha256(std::string_view key, std::string_view bytes);

}  // namespace nekoplane::auth
