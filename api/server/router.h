// Reads a request's method and path the way Kubernetes does. Pure: knows nothing of which kinds
// exist.
#pragma once

#include <string>
#include <string_view>

#include "api/http/message.h"

namespace nekoplane::server {

enum class Target {
  kUnknown,
  kRoot,          // /
  kVersion,       // /version
  kHealth,        // /healthz /livez /readyz, and below them one check
  kMetrics,       // /metrics
  kCoreVersions,  // /api
  kGroups,        // /apis
  kGroup,         // /apis/GROUP
  kResources,     // /api/v1, /apis/GROUP/VERSION
  kOpenApiV2,     // /openapi/v2
  kOpenApiV3,     // /openapi/v3 and below it one document
  kResource,      // everything below a version
};

struct Route {
  Target target = Target::kUnknown;
  std::string group, version, resource, subresource;
  std::string ns, name;
  bool namespaced_path = false;  // .../namespaces/NS/RESOURCE
  // kHealth: "healthz", "livez/store"; kOpenApiV3: "", "api/v1", "apis/nekoplane.dev/v1alpha1".
  std::string rest;
  // get list watch create update patch delete deletecollection; for other targets the lower-case
  // method with HEAD as get. "" for methods that mean nothing here.
  std::string verb;
};

Route ParseRoute(const http::Request& request);

// True for a query parameter that is there and neither "false" nor "0".
bool FlagParam(const http::Request& request, std::string_view name);

}  // namespace nekoplane::server
