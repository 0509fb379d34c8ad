#include "api/taos/stream_token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <nlohmann/json.hpp>

#include "api/base/check.h"
#include "api/registry/base64.h"

namespace nekoplane::taos {
namespace {

std::string HmacSha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const unsigned char* done =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  NEKO_CHECK(done != nullptr);  // fails only without memory or without SHA-256
  return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace

std::string MintStreamToken(std::string_view key, const StreamTokenClaims& claims) {
  NEKO_CHECK(!key.empty());
  nlohmann::ordered_json payload;
  payload["session_id"] = claims.session_id;
  payload["user_id"] = claims.user_id;
  payload["exp"] = claims.exp;
  payload["jti"] = claims.jti;
  const std::string text =
      payload.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  return registry::Base64UrlEncode(text + "." + HmacSha256(key, text));
}

}  // namespace nekoplane::taos
