#include "api/taos/stream_token.h"

#include <nlohmann/json.hpp>

#include "api/auth/digest.h"
#include "api/base/check.h"
#include "api/registry/base64.h"

namespace nekoplane::taos {
std::string MintStreamToken(std::string_view key, const StreamTokenClaims& claims) {
  NEKO_CHECK(!key.empty());
  nlohmann::ordered_json payload;
  payload["session_id"] = claims.session_id;
  payload["user_id"] = claims.user_id;
  payload["exp"] = claims.exp;
  payload["jti"] = claims.jti;
  const std::string text =
      payload.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  return registry::Base64UrlEncode(text + "." + auth::HmacSha256(key, text));
}

}  // namespace nekoplane::taos
