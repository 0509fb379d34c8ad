#include "api/taos/callers.h"

#include <algorithm>
#include <utility>

namespace nekoplane::taos {
namespace {

constexpr std::size_t kMaxUserName = 253;

Status Unauthenticated(std::string message) {
  return MakeStatus(Code::kUnauthenticated, "Unauthenticated", std::move(message));
}

Status NotAllowedToImpersonate() {
  return MakeStatus(Code::kForbidden, "ImpersonationNotAllowed",
                    "these credentials may not act for another user");
}

// Printable ASCII without spaces: what a header carries without loss.
bool IsUserName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxUserName &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Result<Caller> ResolveCaller(const http::Request& request, const Authenticator& authenticator,
                             const std::string& single_user) {
  const std::string wanted(request.header("Impersonate-User"));
  const bool has_credentials =
      !request.header("Authorization").empty() || !request.client_cert_cn.empty();
  if (!has_credentials && !single_user.empty() && request.remote_is_loopback) {
    if (!wanted.empty() && wanted != single_user) return NotAllowedToImpersonate();
    // Without credentials the browser of this machine is the only guard against foreign pages.
    if (request.header("Sec-Fetch-Site") == "cross-site") {
      return MakeStatus(Code::kForbidden, "CrossSite", "another site may not use this service");
    }
    return Caller{single_user, true};
  }
  const auto identity = authenticator.Authenticate(request);
  if (!identity) {
    return identity.is(Code::kUnauthenticated) ? Unauthenticated("Authentication required")
                                               : identity.error();
  }
  if (!identity->may_impersonate) {
    if (!wanted.empty() && wanted != identity->name) return NotAllowedToImpersonate();
    return Caller{identity->name, false};
  }
  if (wanted.empty()) {
    return Unauthenticated(
        "Authentication required: a service token needs the header Impersonate-User that names the "
        "user it acts for");
  }
  if (!IsUserName(wanted)) {
    return Unauthenticated(
        "Authentication required: Impersonate-User must be a user name of at most 253 printable "
        "ASCII characters");
  }
  return Caller{wanted, true};
}

}  // namespace nekoplane::taos
