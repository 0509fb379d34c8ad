#include "api/server/documents.h"

#include <openssl/evp.h>

#include <cstddef>
#include <utility>

namespace nekoplane::server {
namespace {

std::string Sha256Hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += "0123456789ABCDEF"[digest[i] >> 4];
    hex += "0123456789ABCDEF"[digest[i] & 15];
  }
  return hex;
}

// If-None-Match is a list of tags, weak ones included, or "*".
bool Matches(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string_view tag = header.substr(0, comma);
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    while (!tag.empty() && tag.front() == ' ') tag.remove_prefix(1);
    while (!tag.empty() && tag.back() == ' ') tag.remove_suffix(1);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == "*" || tag == etag) return true;
  }
  return false;
}

}  // namespace

Document Document::Make(std::string body, std::string content_type) {
  Document out;
  out.etag = "\"" + Sha256Hex(body) + "\"";
  out.body = std::move(body);
  out.content_type = std::move(content_type);
  return out;
}

std::string_view Document::hash() const {
  return std::string_view(etag).substr(1, etag.size() - 2);
}

http::Response ServeDocument(const Document& document, const http::Request& request, bool vary) {
  http::Response response;
  response.headers.emplace_back("ETag", document.etag);
  if (vary) response.headers.emplace_back("Vary", "Accept");
  if (Matches(request.header("If-None-Match"), document.etag)) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", document.content_type);
  response.body = document.body;
  return response;
}

}  // namespace nekoplane::server
