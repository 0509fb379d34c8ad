// taOS's stream token: proof for a short time that somebody was shown a session.
//
// base64url(payload "." HMAC-SHA256(key, payload)) with padding; the payload is compact JSON with
// session_id, user_id, exp and jti in that order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nekoplane::taos {

struct StreamTokenClaims {
  std::string session_id;
  std::string user_id;
  std::int64_t exp = 0;  // unix seconds
  std::string jti;       // 32 hex digits
};

// REQUIRES: key is not empty.
std::string MintStreamToken(std::string_view key, const StreamTokenClaims& claims);

}  // namespace nekoplane::taos
