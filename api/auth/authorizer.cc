#include "api/auth/authorizer.h"

namespace nekoplane::auth {

namespace {

constexpr char kSystemNamespace[] = "nekoplane-system";

bool Reads(const std::string& verb) { return verb == "get" || verb == "list" || verb == "watch"; }

bool AboutOneself(const Action& a) {
  return a.verb == "create" &&
         ((a.group == "authorization.k8s.io" &&
           (a.resource == "selfsubjectaccessreviews" || a.resource == "selfsubjectrulesreviews")) ||
          (a.group == "authentication.k8s.io" && a.resource == "selfsubjectreviews"));
}

bool PublicPath(const std::string& path) {
  for (const char* prefix :
       {"/api", "/apis", "/openapi", "/version", "/healthz", "/livez", "/readyz"}) {
    if (path == prefix || path.starts_with(std::string(prefix) + "/")) return true;
  }
  return false;
}

}  // namespace

bool Allowed(std::optional<Role> role, const Action& action) {
  if (role == Role::kAdmin) return true;
  if (!action.path.empty()) {
    return Reads(action.verb) && (PublicPath(action.path) ||
                                  (role && *role != Role::kWrapper && action.path == "/metrics"));
  }
  if (AboutOneself(action)) return true;
  if (!role || *role == Role::kWrapper) return false;
  const bool secret = action.group.empty() && action.resource == "secrets";
  if (*role == Role::kView) return Reads(action.verb) && !secret;
  // edit: a list over all namespaces would show those of the system too.
  if (secret && (action.ns == kSystemNamespace || action.ns.empty())) return false;
  if (Reads(action.verb)) return true;
  return action.resource != "namespaces" && action.resource != "gc" &&
         action.ns != kSystemNamespace;
}

std::vector<Rule> RulesOf(std::optional<Role> role, const std::string& ns) {
  std::vector<Rule> rules = {
      {{"create"},
       {"authorization.k8s.io", "authentication.k8s.io"},
       {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"},
       {}},
      {{"get"},
       {},
       {},
       {"/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*",
        "/readyz", "/version"}}};
  if (!role || *role == Role::kWrapper) return rules;
  if (*role == Role::kAdmin) return {{{"*"}, {"*"}, {"*"}, {}}, {{"*"}, {}, {}, {"*"}}};
  rules.push_back({{"get", "list", "watch"}, {"nekoplane.dev", "coordination.k8s.io"}, {"*"}, {}});
  rules.push_back({{"get", "list", "watch"}, {""}, {"events", "namespaces", "services"}, {}});
  if (*role == Role::kEdit && ns != kSystemNamespace) {
    rules.push_back({{"create", "update", "patch", "delete", "deletecollection"},
                     {"nekoplane.dev", "coordination.k8s.io"},
                     {"*"},
                     {}});
    rules.push_back(
        {{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"},
         {""},
         {"secrets", "events"},
         {}});
  }
  return rules;
}

}  // namespace nekoplane::auth
