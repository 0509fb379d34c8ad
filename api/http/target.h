// The request target: path and query, percent-decoded and checked.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/result.h"

namespace nekoplane::http {

struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
};

// Accepts the origin form ("/a/b?c=d") and the absolute form ("http://host/a/b?c=d").
// Errors: kInvalid: a broken percent escape, a control character, bytes that are not UTF-8, a "."
//     or ".." segment, a fragment, or another form.
Result<Target> ParseTarget(std::string_view target);

// Decodes %XX, and '+' as a space if asked. Errors: kInvalid: a broken escape.
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space);

}  // namespace nekoplane::http
