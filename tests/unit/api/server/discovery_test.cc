// Discovery, health, version and what else is no resource.
#include <set>

#include "tests/unit/api/server/fixture.h"

namespace nekoplane::server::testing {
namespace {

using DiscoveryTest = ApiServerTest;

const json* Named(const json& list, const char* key, const std::string& name) {
  for (const json& item : list) {
    if (item[key] == name) return &item;
  }
  return nullptr;
}

TEST_F(DiscoveryTest, LegacyFormListsVersionsGroupsAndResources) {
  EXPECT_EQ(AskJson("GET", "/api", 200)["versions"], json::array({"v1"}));
  const json groups = AskJson("GET", "/apis", 200);
  EXPECT_EQ(groups["kind"], "APIGroupList");
  for (const char* group :
       {"nekoplane.dev", "coordination.k8s.io", "authorization.k8s.io", "authentication.k8s.io"}) {
    EXPECT_NE(Named(groups["groups"], "name", group), nullptr) << group;
    const json alone = AskJson("GET", std::string("/apis/") + group, 200);
    EXPECT_EQ(alone["kind"], "APIGroup");
    EXPECT_EQ(alone["name"], group);
  }
  const json list = AskJson("GET", "/apis/nekoplane.dev/v1alpha1", 200);
  EXPECT_EQ(list["groupVersion"], "nekoplane.dev/v1alpha1");
  const json* sessions = Named(list["resources"], "name", "browsersessions");
  ASSERT_NE(sessions, nullptr);
  EXPECT_EQ((*sessions)["singularName"], "browsersession");
  EXPECT_EQ((*sessions)["namespaced"], true);
  EXPECT_EQ((*sessions)["shortNames"], json::array({"bs"}));
  const std::set<std::string> verbs = (*sessions)["verbs"];
  for (const char* verb :
       {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}) {
    EXPECT_TRUE(verbs.count(verb)) << verb;
  }
  const json* status = Named(list["resources"], "name", "browsersessions/status");
  ASSERT_NE(status, nullptr);
  EXPECT_EQ((*status)["verbs"], json::array({"get", "patch", "update"}));
}

TEST_F(DiscoveryTest, CoreHasAnEmptyListOfServices) {
  EXPECT_NE(Named(AskJson("GET", "/api/v1", 200)["resources"], "name", "services"), nullptr);
  const json list =
      AskJson("GET", "/api/v1/namespaces/kube-system/services?labelSelector=a=b", 200);
  EXPECT_EQ(list["kind"], "ServiceList");
  EXPECT_EQ(list["items"], json::array());
  EXPECT_EQ(AskJson("POST", "/api/v1/namespaces/default/services", 405)["reason"],
            "MethodNotAllowed");
}

class AggregatedTest : public ApiServerTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(AggregatedTest, AnswersInTheVersionAsked) {
  const std::string version = GetParam();
  const std::string type =
      "application/json;g=apidiscovery.k8s.io;v=" + version + ";as=APIGroupDiscoveryList";
  for (const char* path : {"/api", "/apis"}) {
    const http::Response response = Ask("GET", path, {{"Accept", type + ",application/json"}});
    EXPECT_EQ(http::FindHeader(response.headers, "Content-Type"), type);
    EXPECT_EQ(http::FindHeader(response.headers, "Vary"), "Accept");
    const json body = json::parse(response.body);
    EXPECT_EQ(body["kind"], "APIGroupDiscoveryList");
    EXPECT_EQ(body["apiVersion"], "apidiscovery.k8s.io/" + version);
    ASSERT_FALSE(body["items"].empty());
  }
  const json groups = json::parse(Ask("GET", "/apis", {{"Accept", type}}).body);
  for (const json& group : groups["items"]) {
    if (group["metadata"]["name"] != "nekoplane.dev") continue;
    const json* sessions = Named(group["versions"][0]["resources"], "resource", "browsersessions");
    ASSERT_NE(sessions, nullptr);
    EXPECT_EQ((*sessions)["scope"], "Namespaced");
    EXPECT_EQ((*sessions)["responseKind"]["kind"], "BrowserSession");
    EXPECT_EQ((*sessions)["subresources"][0]["subresource"], "status");
  }
  EXPECT_EQ(json::parse(Ask("GET", "/api", {{"Accept", type}}).body)["items"][0]["metadata"],
            json::object());
}

INSTANTIATE_TEST_SUITE_P(Discovery, AggregatedTest, ::testing::Values("v2", "v2beta1"));

TEST_F(DiscoveryTest, AnEtagSavesTheSecondDownload) {
  for (const char* path :
       {"/api", "/apis", "/apis/nekoplane.dev/v1alpha1", "/openapi/v2", "/openapi/v3"}) {
    const http::Response first = Ask("GET", path);
    const std::string etag(http::FindHeader(first.headers, "ETag"));
    ASSERT_FALSE(etag.empty()) << path;
    const http::Response second = Ask("GET", path, {{"If-None-Match", etag}});
    EXPECT_EQ(second.status, 304) << path;
    EXPECT_TRUE(second.body.empty());
    EXPECT_EQ(Ask("GET", path, {{"If-None-Match", "\"other\", W/" + etag}}).status, 304);
    EXPECT_EQ(Ask("GET", path, {{"If-None-Match", "\"other\""}}).status, 200);
  }
}

TEST_F(DiscoveryTest, UnknownGroupsVersionsAndPathsAreNotFound) {
  for (const char* path :
       {"/apis/apps", "/apis/nekoplane.dev/v9", "/api/v2", "/nothing", "/openapi/v3/apis/apps/v1",
        "/apis/nekoplane.dev/v1alpha1/namespaces/default/pods",
        "/apis/nekoplane.dev/v1alpha1/namespaces/default/browsersessions/a/scale"}) {
    const json body = AskJson("GET", path, 404);
    EXPECT_EQ(body["message"], "the server could not find the requested resource") << path;
    EXPECT_EQ(body["details"], json::object());
  }
}

TEST_F(DiscoveryTest, VersionAndHealthNeedNoCredentials) {
  user_ = MakeStatus(Code::kUnauthenticated, "Unauthorized", "");
  EXPECT_EQ(AskJson("GET", "/version", 200)["major"], "1");
  for (const char* path : {"/healthz", "/livez", "/readyz"})
    EXPECT_EQ(Ask("GET", path).body, "ok") << path;
  const json body = AskJson("GET", "/api", 401);
  EXPECT_EQ(body["message"], "Unauthorized");
  EXPECT_EQ(body["reason"], "Unauthorized");
}

TEST_F(DiscoveryTest, AFailedCheckMakesItUnreadyButNotDead) {
  ready_ = MakeStatus(Code::kUnavailable, "X", "disk /secret/path is gone");
  EXPECT_EQ(Ask("GET", "/livez").status, 200);
  const http::Response ready = Ask("GET", "/readyz");
  EXPECT_EQ(ready.status, 500);
  EXPECT_NE(ready.body.find("[-]store failed"), std::string::npos);
  EXPECT_EQ(ready.body.find("secret"), std::string::npos) << "details are for the log";
  EXPECT_EQ(Ask("GET", "/readyz?exclude=store").status, 200);
  EXPECT_EQ(Ask("GET", "/readyz/store").status, 500);
  EXPECT_EQ(Ask("GET", "/readyz/ping").status, 200);
  EXPECT_EQ(Ask("GET", "/readyz/nothing").status, 404);
}

TEST_F(DiscoveryTest, ShutdownShowsInReadinessFirst) {
  server_->BeginShutdown();
  EXPECT_EQ(Ask("GET", "/readyz").status, 500);
  EXPECT_EQ(Ask("GET", "/livez").status, 200);
}

TEST_F(DiscoveryTest, VerboseHealthNamesTheChecks) {
  EXPECT_EQ(Ask("GET", "/readyz?verbose").body,
            "[+]ping ok\n[+]store ok\n[+]shutdown ok\nreadyz check passed\n");
}

TEST_F(DiscoveryTest, MetricsAreTextForThoseAllowed) {
  const http::Response response = Ask("GET", "/metrics");
  EXPECT_EQ(response.body, "up 1\n");
  EXPECT_EQ(http::FindHeader(response.headers, "Content-Type"),
            "text/plain; version=0.0.4; charset=utf-8");
  allowed_ = false;
  EXPECT_EQ(AskJson("GET", "/metrics", 403)["message"],
            "forbidden: User \"ann\" cannot get path \"/metrics\"");
}

TEST_F(DiscoveryTest, DiscoveryNeedsNoPermission) {
  allowed_ = false;
  EXPECT_EQ(Ask("GET", "/apis").status, 200);
  EXPECT_EQ(Ask("GET", "/openapi/v3").status, 200);
  EXPECT_EQ(AskJson("GET", kSessions, 403)["reason"], "Forbidden");
}

TEST_F(DiscoveryTest, EveryAnswerHasAnAuditId) {
  const http::Response own = Ask("GET", "/version", {{"Audit-ID", "abc-123"}});
  EXPECT_EQ(http::FindHeader(own.headers, "Audit-ID"), "abc-123");
  const http::Response made = Ask("GET", kSessions, {{"Audit-ID", "a b\r\nX: y"}});
  EXPECT_EQ(http::FindHeader(made.headers, "Audit-ID").size(), 36u);
  EXPECT_EQ(http::FindHeader(made.headers, "Cache-Control"), "no-cache, private");
}

TEST_F(DiscoveryTest, RequestsAreReportedWithTheirOutcome) {
  Ask("GET", kSessions);
  Ask("GET", std::string(kSessions) + "/x");
  Ask("GET", "/api/v1/secrets");
  EXPECT_EQ(requests_, (std::vector<std::string>{"list nekoplane.dev/browsersessions 200",
                                                 "get nekoplane.dev/browsersessions 404",
                                                 "list /secrets 200"}));
}

TEST_F(DiscoveryTest, TheWrongScopeIsAnUnknownPath) {
  EXPECT_EQ(Ask("GET", "/apis/nekoplane.dev/v1alpha1/browsersessions/a").status, 404);
  EXPECT_EQ(Ask("GET", "/apis/nekoplane.dev/v1alpha1/namespaces/default/browsernodes").status, 404);
  EXPECT_EQ(Ask("POST", "/apis/nekoplane.dev/v1alpha1/browsersessions", {}, "{}").status, 405);
}

TEST_F(DiscoveryTest, MethodsThatMeanNothingAreNotAllowed) {
  EXPECT_EQ(AskJson("POST", std::string(kSessions) + "/a", 405, {}, "{}")["reason"],
            "MethodNotAllowed");
  EXPECT_EQ(Ask("PUT", kSessions, {}, "{}").status, 405);
  EXPECT_EQ(Ask("PATCH", kSessions, {}, "{}").status, 405);
  EXPECT_EQ(Ask("OPTIONS", kSessions).status, 405);
  EXPECT_EQ(Ask("POST", "/version").status, 405);
  EXPECT_EQ(Ask("DELETE", std::string(kSessions) + "/a/status").status, 405);
}

}  // namespace
}  // namespace nekoplane::server::testing
