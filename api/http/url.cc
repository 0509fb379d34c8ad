#include "api/http/url.h"

#include <cpprest/base_uri.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "api/http/ascii.h"

namespace nekoplane::http {
namespace {

Status Bad(std::string_view why) {
  return MakeStatus(Code::kInvalid, "BadUrl", "the URL " + std::string(why));
}

Result<Url> FromUri(const web::uri& uri) {
  Url url;
  url.scheme = uri.scheme();
  std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(), ToLower);
  if (url.scheme != "http" && url.scheme != "https") {
    return Bad("must start with http:// or https://");
  }
  if (uri.host().empty()) return Bad("names no host");
  // web::uri takes an empty user name for none, and what follows it for the host.
  if (!uri.user_info().empty() || uri.host().find('@') != std::string::npos) {
    return Bad("must not contain a user name or password");
  }
  url.host = uri.host();
  // web::uri tells neither "no port" (0, or -1) from ":0" nor checks the upper end.
  const int port = uri.port();
  if (port > 65535) return Bad("has a port above 65535");
  url.port = port > 0 ? static_cast<std::uint16_t>(port) : url.scheme == "https" ? 443 : 80;
  url.path = uri.path().empty() ? "/" : uri.path();
  url.query = uri.query();
  return url;
}

}  // namespace

std::string Url::Origin() const { return scheme + "://" + host + ":" + std::to_string(port); }

std::string Url::PathAndQuery() const { return query.empty() ? path : path + "?" + query; }

Result<Url> Url::Parse(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), [](char c) {
        return IsControl(c) || c == ' ' || static_cast<unsigned char>(c) >= 0x80;
      })) {
    return Bad("contains characters that must be percent-encoded");
  }
  try {
    return FromUri(web::uri(std::string(text)));
  } catch (const std::exception&) {
    return Bad("is malformed");
  }
}

}  // namespace nekoplane::http
