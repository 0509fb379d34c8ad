// Where text stops being UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace nekoplane::codec {

// The offset of the first byte that is not part of well-formed UTF-8 (RFC 3629: no surrogates, no
// overlong forms, nothing above U+10FFFF); nullopt if all of it is.
std::optional<std::size_t> FindInvalidUtf8(std::string_view text);

}  // namespace nekoplane::codec
