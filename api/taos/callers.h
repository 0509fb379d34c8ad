// Who a request of the wrapper speaks for.
//
// Three ways in: a service token that may impersonate, with Impersonate-User naming the user (how
// taOS acts for its users); a token of a user's own; and, where the operator said --single-user
// NAME, no credentials at all from this very machine.
//
// Thread safety: pure functions; an Authenticator is called from any thread.
#pragma once

#include <string>

#include "api/base/result.h"
#include "api/http/message.h"

namespace nekoplane::taos {

// What the credentials of a request prove.
struct Identity {
  std::string name;
  bool may_impersonate = false;
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // Must not block, and must not look at Impersonate-User itself.
  // Errors: kUnauthenticated: no credentials, or none that are known.
  virtual Result<Identity> Authenticate(const http::Request& request) const = 0;
};

// With --single-user, requests without credentials from this very machine speak for that user. What
// is left of credentials then is the browser of this machine, so nothing gets in that it may have
// been talked into: it is asked which page sends the request, and the address it believes to talk
// to must be this machine's, not a name that a stranger made point here.
// False: not such a request; its credentials decide.
// Errors: kForbidden: reason CrossSite: a page of somewhere else sends it; ForeignHost: its Host is
// neither localhost nor a loopback address.
Result<bool> IsSingleUser(const http::Request& request, const std::string& single_user);

struct Caller {
  std::string user;
  // Host and X-Forwarded-Host of this caller say how clients reach this machine.
  bool trusted_host = false;
};

// Errors: kUnauthenticated: message is what the caller is told; kForbidden: reason
// ImpersonationNotAllowed, or one of IsSingleUser.
Result<Caller> ResolveCaller(const http::Request& request, const Authenticator& authenticator,
                             const std::string& single_user);

}  // namespace nekoplane::taos
