#include "api/server/router.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <vector>

namespace nekoplane::server {
namespace {

// "/a//b/" -> {"a", "", "b"}: a trailing slash is forgiven, an empty segment in between is not.
std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> parts;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  if (!path.empty() && path.back() == '/') path.remove_suffix(1);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    parts.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

std::string Join(const std::vector<std::string>& parts, std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < parts.size(); ++i) out += (i > from ? "/" : "") + parts[i];
  return out;
}

std::string ResourceVerb(const http::Request& request, const Route& route) {
  const std::string& method = request.method;
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return route.name.empty() ? "deletecollection" : "delete";
  if (method != "GET" && method != "HEAD") return "";
  if (!route.name.empty()) return "get";
  return FlagParam(request, "watch") ? "watch" : "list";
}

// `parts` from the first segment after the version on. Everything beyond a subresource is unknown.
void ParseResource(const std::vector<std::string>& parts, std::size_t at, Route& route) {
  const std::size_t count = parts.size() - at;
  // namespaces/NS/status is a subresource of the namespace, not a resource called "status".
  const bool of_namespace =
      count >= 3 && (parts[at + 2] == "status" || parts[at + 2] == "finalize");
  if (parts[at] == "namespaces" && count >= 3 && !of_namespace) {
    route.namespaced_path = true;
    route.ns = parts[at + 1];
    at += 2;
  }
  if (parts.size() - at > 3) return;
  route.target = Target::kResource;
  route.resource = parts[at];
  if (parts.size() > at + 1) route.name = parts[at + 1];
  if (parts.size() > at + 2) route.subresource = parts[at + 2];
}

}  // namespace

bool FlagParam(const http::Request& request, std::string_view name) {
  const std::string* value = request.param(name);
  return value != nullptr && *value != "false" && *value != "0";
}

Route ParseRoute(const http::Request& request) {
  Route route;
  const std::vector<std::string> parts = Split(request.path);
  route.verb = request.method == "HEAD" ? "get" : request.method;
  std::transform(route.verb.begin(), route.verb.end(), route.verb.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (parts.empty()) {
    route.target = Target::kRoot;
    return route;
  }
  for (const std::string& part : parts) {
    if (part.empty()) return route;
  }
  const std::string& first = parts[0];
  if (first == "version" && parts.size() == 1) {
    route.target = Target::kVersion;
  } else if (first == "metrics" && parts.size() == 1) {
    route.target = Target::kMetrics;
  } else if ((first == "healthz" || first == "livez" || first == "readyz") && parts.size() <= 2) {
    route.target = Target::kHealth;
    route.rest = Join(parts, 0);
  } else if (first == "openapi" && parts.size() == 2 && parts[1] == "v2") {
    route.target = Target::kOpenApiV2;
  } else if (first == "openapi" && parts.size() >= 2 && parts[1] == "v3") {
    route.target = Target::kOpenApiV3;
    route.rest = Join(parts, 2);
  } else if (first == "api" || first == "apis") {
    const std::size_t prefix = first == "api" ? 1 : 2;  // where the version is
    if (prefix == 2 && parts.size() > 1) route.group = parts[1];
    if (parts.size() > prefix) route.version = parts[prefix];
    if (parts.size() == 1) {
      route.target = prefix == 1 ? Target::kCoreVersions : Target::kGroups;
    } else if (parts.size() == prefix) {
      route.target = Target::kGroup;
    } else if (parts.size() == prefix + 1) {
      route.target = Target::kResources;
    } else {
      ParseResource(parts, prefix + 1, route);
      if (route.target == Target::kResource) route.verb = ResourceVerb(request, route);
    }
  }
  return route;
}

}  // namespace nekoplane::server
