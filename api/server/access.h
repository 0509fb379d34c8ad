// Who asks, what they want to do, and the two questions the API server puts to the outside about
// it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/base/result.h"
#include "api/http/message.h"

namespace nekoplane::server {

struct User {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
};

struct Attributes {
  std::string verb;  // get list watch create update patch delete deletecollection
  std::string group, resource, subresource, ns, name;
  std::string path;  // set for paths that are no resource ("/metrics"); then the others are empty
};

// One row of what a user may do; "*" = everything.
struct AccessRule {
  std::vector<std::string> verbs, groups, resources;
  std::vector<std::string> paths;  // for non-resource rules; then groups and resources are empty
};

struct Access {
  // Errors: kUnauthenticated; kForbidden for impersonation that is not allowed. Must not block.
  std::function<Result<User>(const http::Request&)> authenticate;
  // Errors: kForbidden; its message says why, in addition to what the server says itself, or is "".
  std::function<Result<void>(const User&, const Attributes&)> authorize;
  // What selfsubjectrulesreviews answers; may be empty, then the answer says that it is incomplete.
  std::function<std::vector<AccessRule>(const User&, const std::string& ns)> rules;
};

}  // namespace nekoplane::server
