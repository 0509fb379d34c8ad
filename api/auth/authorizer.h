// What a role may do. Pure; the table is the documentation.
//
//   admin    everything
//   edit     reads and writes all kinds, but no secrets of nekoplane-system, no namespaces, no gc
//   view     reads all kinds but secrets
//   wrapper  nothing here: it is for /api/browser, where it names its user
//   all      discovery, OpenAPI, health, version, and questions about themselves
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/auth/tokens.h"

namespace nekoplane::auth {

struct Action {
  std::string verb;  // get list watch create update patch delete deletecollection
  std::string group, resource, subresource, ns;
  std::string path;  // of requests that are about no resource; then the others are empty
};

bool Allowed(std::optional<Role> role, const Action& action);

// The same as rules, for "what may I do": verbs, groups, resources, "*" = all.
struct Rule {
  std::vector<std::string> verbs, groups, resources, paths;
};

std::vector<Rule> RulesOf(std::optional<Role> role, const std::string& ns);

}  // namespace nekoplane::auth
