#include "controller/cmd/nekoplane/identity.h"

#include <algorithm>

#include "api/auth/authorizer.h"
#include "api/auth/kubeconfig.h"
#include "api/auth/pki.h"

namespace nekoplane {

Result<Identity> LoadIdentity(const std::string& data_dir, const std::string& hostname,
                              std::vector<std::string> names, Files& files, const Clock& clock,
                              Random& random) {
  NEKO_TRY(auto pki,
           auth::LoadOrCreatePki(
               {.dir = data_dir + "/pki", .hostname = hostname, .names = std::move(names)}, files,
               clock, random));
  Identity out;
  out.ca_pem = pki.server.client_ca;
  out.tls = std::make_shared<const http::TlsMaterial>(std::move(pki.server));
  NEKO_TRY(out.tokens, auth::TokenStore::Load(data_dir + "/tokens.json", files));
  NEKO_TRY(out.admin_token, auth::EnsureTokenFile(*out.tokens, files, data_dir + "/admin.token",
                                                  "admin", auth::Role::kAdmin, clock, random));
  NEKO_RETURN_IF_ERROR(auth::EnsureTokenFile(*out.tokens, files, data_dir + "/wrapper.token",
                                             "wrapper", auth::Role::kWrapper, clock, random));
  return out;
}

Result<void> WriteAdminKubeconfig(const std::string& data_dir, const std::string& listen_address,
                                  const Identity& identity, Files& files) {
  const std::size_t colon = listen_address.rfind(':');
  std::string host = listen_address.substr(0, colon);
  if (host == "0.0.0.0" || host.empty()) host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  const std::string text = auth::MakeKubeconfig("https://" + host + listen_address.substr(colon),
                                                identity.ca_pem, "admin", identity.admin_token);
  const std::string path = data_dir + "/admin.kubeconfig";
  const auto before = files.Read(path);
  if (before && *before == text) return {};
  return files.WriteAtomic(path, text, 0600);
}

namespace {

// The role travels from authentication to authorisation in the groups, as in Kubernetes.
std::optional<auth::Role> RoleOf(const server::User& user) {
  constexpr std::string_view kRole = "nekoplane:";
  for (const std::string& group : user.groups) {
    if (group == auth::kMastersGroup) return auth::Role::kAdmin;
  }
  std::optional<auth::Role> best;
  for (const std::string& group : user.groups) {
    if (!group.starts_with(kRole)) continue;
    const auto role = auth::RoleFromName(std::string_view(group).substr(kRole.size()));
    if (role && (!best || *role < *best)) best = role;
  }
  return best;
}

}  // namespace

server::Access MakeAccess(const auth::Authenticator& authenticator) {
  return {
      .authenticate = [&authenticator](const http::Request& request) -> Result<server::User> {
        NEKO_TRY(auto principal, authenticator.Authenticate(request));
        return server::User{principal.name, "", std::move(principal.groups)};
      },
      .authorize = [](const server::User& user, const server::Attributes& what) -> Result<void> {
        if (auth::Allowed(RoleOf(user), {what.verb, what.group, what.resource, what.subresource,
                                         what.ns, what.path})) {
          return {};
        }
        return MakeStatus(Code::kForbidden, "Forbidden", "");
      },
      .rules =
          [](const server::User& user, const std::string& ns) {
            std::vector<server::AccessRule> out;
            for (auto& rule : auth::RulesOf(RoleOf(user), ns)) {
              out.push_back({rule.verbs, rule.groups, rule.resources, rule.paths});
            }
            return out;
          }};
}

Result<taos::Identity> WrapperAuthenticator::Authenticate(const http::Request& request) const {
  NEKO_TRY(const auto principal, authenticator_.Credentials(request));
  const bool service =
      principal.role == auth::Role::kWrapper || principal.role == auth::Role::kAdmin;
  return taos::Identity{principal.name, service};
}

}  // namespace nekoplane
