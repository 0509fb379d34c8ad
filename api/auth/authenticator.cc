#include "api/auth/authenticator.h"

#include <algorithm>

namespace nekoplane::auth {

namespace {

constexpr std::string_view kRoleGroup = "nekoplane:";

std::string GroupOf(Role role) { return std::string(kRoleGroup) + std::string(RoleName(role)); }

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

// The strongest role that the groups name; roles are ordered so.
std::optional<Role> RoleOfGroups(const std::vector<std::string>& groups) {
  std::optional<Role> best;
  for (const std::string& group : groups) {
    std::optional<Role> role;
    if (group == kMastersGroup) role = Role::kAdmin;
    if (group.starts_with(kRoleGroup))
      role = RoleFromName(std::string_view(group).substr(kRoleGroup.size()));
    if (role && (!best || *role < *best)) best = role;
  }
  return best;
}

}  // namespace

Result<Principal> Authenticator::Credentials(const http::Request& request) const {
  const std::string_view header = request.header("Authorization");
  constexpr std::string_view kBearer = "Bearer ";
  if (header.size() > kBearer.size() && SameName(header.substr(0, kBearer.size()), kBearer)) {
    const auto token = tokens_.Find(header.substr(kBearer.size()));
    if (!token) return MakeStatus(Code::kUnauthenticated, "Unauthorized", "Unauthorized");
    return Principal{token->name, {GroupOf(token->role), kAuthenticatedGroup}, token->role, ""};
  }
  if (!request.client_cert_cn.empty()) {
    Principal principal{request.client_cert_cn, request.client_cert_orgs, std::nullopt, ""};
    principal.role = RoleOfGroups(principal.groups);
    principal.groups.emplace_back(kAuthenticatedGroup);
    return principal;
  }
  return MakeStatus(Code::kUnauthenticated, "Unauthorized", "Unauthorized");
}

Result<Principal> Authenticator::Authenticate(const http::Request& request) const {
  NEKO_TRY(Principal real, Credentials(request));
  const std::string_view user = request.header("Impersonate-User");
  const bool any =
      std::any_of(request.headers.begin(), request.headers.end(), [](const auto& header) {
        return header.first.size() >= 12 &&
               SameName(std::string_view(header.first).substr(0, 12), "Impersonate-");
      });
  if (!any) return real;
  if (real.role != Role::kAdmin) {
    return MakeStatus(
        Code::kForbidden, "ImpersonationNotAllowed",
        "users \"" + std::string(user) + "\" is forbidden: User \"" + real.name +
            "\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope");
  }
  if (user.empty()) {
    return MakeStatus(Code::kForbidden, "ImpersonationNotAllowed",
                      "Impersonate headers need an Impersonate-User");
  }
  Principal principal{std::string(user), {}, std::nullopt, real.name};
  for (const auto& [name, value] : request.headers) {
    if (SameName(name, "Impersonate-Group")) principal.groups.push_back(value);
  }
  principal.role = RoleOfGroups(principal.groups);
  principal.groups.emplace_back(kAuthenticatedGroup);
  return principal;
}

}  // namespace nekoplane::auth
