#include "api/taos/callers.h"

#include <arpa/inet.h>
#include <strings.h>

#include <algorithm>
#include <utility>

#include "api/taos/neko_url.h"

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

bool IsOfThisMachine(std::string host) {
  if (strcasecmp(host.c_str(), "localhost") == 0) return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  if (!host.starts_with('[') || !host.ends_with(']')) return false;
  host = host.substr(1, host.size() - 2);
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace

Result<bool> IsSingleUser(const http::Request& request, const std::string& single_user) {
  const bool has_credentials =
      !request.header("Authorization").empty() || !request.client_cert_cn.empty();
  if (has_credentials || single_user.empty() || !request.remote_is_loopback) return false;
  const std::string_view site = request.header("Sec-Fetch-Site");  // only browsers send it
  if (!site.empty() && site != "same-origin" && site != "none") {
    return MakeStatus(Code::kForbidden, "CrossSite", "another site may not use this service");
  }
  const auto host = HostPart(request.header("Host"));
  if (!host || !IsOfThisMachine(*host)) {
    return MakeStatus(Code::kForbidden, "ForeignHost",
                      "without credentials this service is reached as localhost or a loopback "
                      "address only");
  }
  return true;
}

Result<Caller> ResolveCaller(const http::Request& request, const Authenticator& authenticator,
                             const std::string& single_user) {
  const std::string wanted(request.header("Impersonate-User"));
  NEKO_TRY(const bool is_single_user, IsSingleUser(request, single_user));
  if (is_single_user) {
    if (!wanted.empty() && wanted != single_user) return NotAllowedToImpersonate();
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
