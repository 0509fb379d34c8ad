#include "api/http/client_request.h"

#include <algorithm>

#include "api/http/ascii.h"

namespace nekoplane::http {

Result<Url> CheckRequest(const ClientRequest& request) {
  const auto clean = [](const std::string& text) {
    return std::none_of(text.begin(), text.end(), IsControl);
  };
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (request.method.empty() || !std::all_of(request.method.begin(), request.method.end(), upper)) {
    return MakeStatus(Code::kInvalid, "BadRequest", "the HTTP method must be in upper case");
  }
  for (const auto& [name, value] : request.headers) {
    if (!name.empty() && clean(name) && clean(value)) continue;
    return MakeStatus(Code::kInvalid, "BadRequest",
                      "a request header contains a control character");
  }
  return Url::Parse(request.url);
}

}  // namespace nekoplane::http
