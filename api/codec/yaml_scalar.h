// What an unquoted YAML scalar means, by the 1.2 core schema without its octal and hexadecimal
// forms.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane::codec {

// null, true, 12, 1.5 or the text itself. Errors: kInvalid: what JSON cannot hold (.inf, .nan,
// 1e999) and numbers with leading zeros, which other readers take for octal.
Result<nlohmann::json> ResolvePlainScalar(std::string_view text);

// True if some YAML reader, old or new, could take the unquoted text for something else than that
// text.
bool NeedsQuotes(std::string_view text);

}  // namespace nekoplane::codec
