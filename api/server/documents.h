// Documents that are made once and served often: bytes with an ETag.
#pragma once

#include <string>
#include <string_view>

#include "api/http/message.h"

namespace nekoplane::server {

struct Document {
  std::string body;
  std::string content_type = "application/json";
  std::string etag;  // quoted hex; also a fit hash for URLs, without the quotes

  static Document Make(std::string body, std::string content_type = "application/json");
  std::string_view hash() const;
};

// 200 with the body, or 304 if the client has that very version. `vary`: the answer depends on
// Accept.
http::Response ServeDocument(const Document& document, const http::Request& request, bool vary);

}  // namespace nekoplane::server
