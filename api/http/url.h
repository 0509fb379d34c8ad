// An http(s) URL, taken apart and checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane::http {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // as written; IPv6 in brackets
  std::uint16_t port = 0;
  std::string path;   // still encoded; at least "/"
  std::string query;  // still encoded, without '?'

  // "http://host:port", which is all of a URL that may be shown: queries carry passwords.
  std::string Origin() const;
  // "/path?query"
  std::string PathAndQuery() const;

  // Errors: kInvalid reason BadUrl: another scheme, no host, a user name or password, a bad port,
  // characters that must be encoded. The message does not repeat the URL.
  static Result<Url> Parse(std::string_view text);
};

}  // namespace nekoplane::http
