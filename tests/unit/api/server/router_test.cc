#include "api/server/router.h"

#include <gtest/gtest.h>

#include "tests/unit/api/server/fixture.h"

namespace nekoplane::server {
namespace {

struct Case {
  const char* name;
  const char* method;
  const char* target;
  Target want;
  const char* verb;
  const char* group;
  const char* resource;
  const char* subresource;
  const char* ns;
  const char* object;
};

class RouterTable : public ::testing::TestWithParam<Case> {};

TEST_P(RouterTable, ReadsMethodAndPath) {
  const Case& c = GetParam();
  const Route route = ParseRoute(*testing::MakeRequest(c.method, c.target));
  EXPECT_EQ(route.target, c.want);
  if (c.want == Target::kUnknown) return;
  EXPECT_EQ(route.verb, c.verb);
  EXPECT_EQ(route.group, c.group);
  EXPECT_EQ(route.resource, c.resource);
  EXPECT_EQ(route.subresource, c.subresource);
  EXPECT_EQ(route.ns, c.ns);
  EXPECT_EQ(route.name, c.object);
}

constexpr Target kR = Target::kResource;
constexpr char kG[] = "nekoplane.dev";
constexpr char kBs[] = "browsersessions";

INSTANTIATE_TEST_SUITE_P(
    Router, RouterTable,
    ::testing::Values(
        Case{"Root", "GET", "/", Target::kRoot, "get", "", "", "", "", ""},
        Case{"Version", "GET", "/version", Target::kVersion, "get", "", "", "", "", ""},
        Case{"VersionSlash", "GET", "/version/", Target::kVersion, "get", "", "", "", "", ""},
        Case{"Livez", "HEAD", "/livez", Target::kHealth, "get", "", "", "", "", ""},
        Case{"LivezCheck", "GET", "/livez/store", Target::kHealth, "get", "", "", "", "", ""},
        Case{"Api", "GET", "/api", Target::kCoreVersions, "get", "", "", "", "", ""},
        Case{"Apis", "GET", "/apis", Target::kGroups, "get", "", "", "", "", ""},
        Case{"Group", "GET", "/apis/nekoplane.dev", Target::kGroup, "get", kG, "", "", "", ""},
        Case{"CoreResources", "GET", "/api/v1", Target::kResources, "get", "", "", "", "", ""},
        Case{"Resources", "GET", "/apis/nekoplane.dev/v1alpha1", Target::kResources, "get", kG, "",
             "", "", ""},
        Case{"OpenApiV2", "GET", "/openapi/v2", Target::kOpenApiV2, "get", "", "", "", "", ""},
        Case{"OpenApiV3", "GET", "/openapi/v3/api/v1", Target::kOpenApiV3, "get", "", "", "", "",
             ""},
        Case{"List", "GET", "/apis/nekoplane.dev/v1alpha1/namespaces/n/browsersessions", kR, "list",
             kG, kBs, "", "n", ""},
        Case{"ListAll", "GET", "/apis/nekoplane.dev/v1alpha1/browsersessions", kR, "list", kG, kBs,
             "", "", ""},
        Case{"WatchTrue", "GET", "/apis/nekoplane.dev/v1alpha1/browsersessions?watch=true", kR,
             "watch", kG, kBs, "", "", ""},
        Case{"WatchBare", "GET", "/apis/nekoplane.dev/v1alpha1/browsersessions?watch", kR, "watch",
             kG, kBs, "", "", ""},
        Case{"WatchFalse", "GET", "/apis/nekoplane.dev/v1alpha1/browsersessions?watch=0", kR,
             "list", kG, kBs, "", "", ""},
        Case{"WatchWithNameIsGet", "GET",
             "/apis/nekoplane.dev/v1alpha1/namespaces/n/browsersessions/a?watch=1", kR, "get", kG,
             kBs, "", "n", "a"},
        Case{"HeadIsGet", "HEAD", "/api/v1/namespaces/n/secrets/a", kR, "get", "", "secrets", "",
             "n", "a"},
        Case{"Create", "POST", "/api/v1/namespaces/n/secrets", kR, "create", "", "secrets", "", "n",
             ""},
        Case{"Update", "PUT", "/api/v1/namespaces/n/secrets/a", kR, "update", "", "secrets", "",
             "n", "a"},
        Case{"Patch", "PATCH", "/api/v1/namespaces/n/secrets/a", kR, "patch", "", "secrets", "",
             "n", "a"},
        Case{"Delete", "DELETE", "/api/v1/namespaces/n/secrets/a", kR, "delete", "", "secrets", "",
             "n", "a"},
        Case{"DeleteAll", "DELETE", "/api/v1/namespaces/n/secrets", kR, "deletecollection", "",
             "secrets", "", "n", ""},
        Case{"Status", "PUT", "/apis/nekoplane.dev/v1alpha1/namespaces/n/browsersessions/a/status",
             kR, "update", kG, kBs, "status", "n", "a"},
        Case{"Namespace", "GET", "/api/v1/namespaces/n", kR, "get", "", "namespaces", "", "", "n"},
        Case{"NamespaceStatus", "GET", "/api/v1/namespaces/n/status", kR, "get", "", "namespaces",
             "status", "", "n"},
        Case{"ResourcesOfNamespace", "GET", "/api/v1/namespaces/n/events", kR, "list", "", "events",
             "", "n", ""},
        Case{"TooDeep", "GET", "/api/v1/namespaces/n/secrets/a/status/x", Target::kUnknown, "", "",
             "", "", "", ""},
        Case{"EmptySegment", "GET", "/api//v1", Target::kUnknown, "", "", "", "", "", ""},
        Case{"Nothing", "GET", "/nothing", Target::kUnknown, "", "", "", "", "", ""},
        Case{"HealthTooDeep", "GET", "/livez/a/b", Target::kUnknown, "", "", "", "", "", ""}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::server
