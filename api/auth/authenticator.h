// Who sends a request: a bearer token, or a client certificate of our CA, and whom it speaks for.
//
// Thread safety: any thread may call. Blocking: never.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/auth/tokens.h"
#include "api/base/result.h"
#include "api/http/message.h"

namespace nekoplane::auth {

inline constexpr char kMastersGroup[] = "system:masters";
inline constexpr char kAuthenticatedGroup[] = "system:authenticated";

struct Principal {
  std::string name;
  std::vector<std::string> groups;  // "nekoplane:ROLE" for tokens, the certificate's organisations
  std::optional<Role> role;         // absent: known, but may do nothing by itself
  std::string impersonated_by;      // the real caller; "" = nobody is impersonated
};

class Authenticator {
 public:
  explicit Authenticator(const TokenStore& tokens) : tokens_(tokens) {}

  // Who the credentials belong to; Impersonate headers are not looked at.
  // Errors: kUnauthenticated: none, or unknown ones.
  Result<Principal> Credentials(const http::Request& request) const;

  // The same with Impersonate-User and Impersonate-Group obeyed, for admins only. An impersonated
  // principal has the role that its groups name, and no other.
  // Errors: kUnauthenticated; kForbidden reason ImpersonationNotAllowed.
  Result<Principal> Authenticate(const http::Request& request) const;

 private:
  const TokenStore& tokens_;
};

}  // namespace nekoplane::auth
