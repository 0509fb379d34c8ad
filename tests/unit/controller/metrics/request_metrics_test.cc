// apiserver_* and nekoplane_http_*: names, labels and their bounds.
#include <gtest/gtest.h>

#include <ostream>

#include "controller/metrics/api_metrics.h"
#include "controller/metrics/http_metrics.h"
#include "tests/unit/controller/metrics/samples.h"

namespace nekoplane::metrics {
namespace {

using std::chrono::milliseconds;

const std::vector<ServedResource> kServed = {
    {"nekoplane.dev", "v1alpha1", "browsersessions", true},
    {"nekoplane.dev", "v1alpha1", "browsernodes", false},
    {"", "v1", "secrets", true},
};

struct Case {
  const char* name;
  const char *verb, *resource;
  int code;
  // Expected labels.
  const char *want_verb, *group, *version, *kind, *subresource, *scope, *want_code;
};

void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class ApiMetricsTest : public ::testing::TestWithParam<Case> {};

TEST_P(ApiMetricsTest, LabelsAreKubernetes) {
  prometheus::Registry registry;
  ApiMetrics metrics(registry, kServed);
  const Case& c = GetParam();
  metrics.OnRequest(c.verb, c.resource, c.code, milliseconds(3));
  prometheus::Labels labels{{"verb", c.want_verb},  {"group", c.group},
                            {"version", c.version}, {"resource", c.kind},
                            {"scope", c.scope},     {"subresource", c.subresource},
                            {"dry_run", ""},        {"component", "apiserver"}};
  EXPECT_EQ(Value(registry, "apiserver_request_duration_seconds", labels), 1);
  labels["code"] = c.want_code;
  EXPECT_EQ(Value(registry, "apiserver_request_total", labels), 1);
}

constexpr char kG[] = "nekoplane.dev", kV[] = "v1alpha1", kBs[] = "browsersessions";

INSTANTIATE_TEST_SUITE_P(
    Rows, ApiMetricsTest,
    ::testing::Values(Case{"Get", "get", "nekoplane.dev/browsersessions", 200, "GET", kG, kV, kBs,
                           "", "resource", "200"},
                      Case{"ListNamespaced", "list", "nekoplane.dev/browsersessions", 200, "LIST",
                           kG, kV, kBs, "", "namespace", "200"},
                      Case{"ListCluster", "list", "nekoplane.dev/browsernodes", 200, "LIST", kG, kV,
                           "browsernodes", "", "cluster", "200"},
                      Case{"Create", "create", "nekoplane.dev/browsersessions", 201, "POST", kG, kV,
                           kBs, "", "resource", "201"},
                      Case{"StatusUpdate", "update", "nekoplane.dev/browsersessions/status", 409,
                           "PUT", kG, kV, kBs, "status", "resource", "409"},
                      Case{"UnknownSubresource", "get", "nekoplane.dev/browsersessions/x/y", 404,
                           "GET", kG, kV, kBs, "other", "resource", "404"},
                      Case{"Core", "delete", "/secrets", 200, "DELETE", "", "v1", "secrets", "",
                           "resource", "200"},
                      Case{"CoreWithoutSlash", "delete", "secrets", 200, "DELETE", "", "v1",
                           "secrets", "", "resource", "200"},
                      Case{"UnknownKind", "get", "evil.example/x123", 404, "GET", "", "", "", "",
                           "", "404"},
                      Case{"NoResource", "get", "", 200, "GET", "", "", "", "", "", "200"},
                      Case{"UnknownVerb", "steal", "", 405, "OTHER", "", "", "", "", "", "405"},
                      Case{"NonsenseCode", "watch", "nekoplane.dev/browsersessions", 7777, "WATCH",
                           kG, kV, kBs, "", "namespace", "0"}),
    [](const auto& i) { return i.param.name; });

TEST(ApiMetricsLimitsTest, NonsenseMakesNoNewSeries) {
  prometheus::Registry registry;
  ApiMetrics metrics(registry, kServed);
  for (int i = 0; i < 100; ++i) {
    const auto n = std::to_string(i);
    metrics.OnRequest("get", "g" + n + "/r" + n + "/s" + n, 404, milliseconds(1));
    metrics.OnWatch("g/r" + n, 1);
    metrics.OnWatchEvents("g/r" + n, 1, 1);
  }
  for (const auto& family : registry.Collect()) {
    EXPECT_LE(family.metric.size(), kServed.size()) << family.name;
  }
}

TEST(ApiMetricsWatchTest, WatchesAndTheirEventsAreCounted) {
  prometheus::Registry registry;
  ApiMetrics metrics(registry, kServed);
  metrics.OnWatch("nekoplane.dev/browsersessions", 1);
  metrics.OnWatch("nekoplane.dev/browsersessions", 1);
  metrics.OnWatch("nekoplane.dev/browsersessions", -1);
  metrics.OnWatchEvents("nekoplane.dev/browsersessions", 3, 6000);
  const prometheus::Labels kind{{"group", kG}, {"version", kV}, {"resource", kBs}};
  auto open = kind;
  open.insert(
      {{"verb", "WATCH"}, {"subresource", ""}, {"scope", "namespace"}, {"component", "apiserver"}});
  EXPECT_EQ(Value(registry, "apiserver_longrunning_requests", open), 1);
  EXPECT_EQ(Value(registry, "apiserver_watch_events_total", kind), 3);
  const auto families = registry.Collect();
  const auto& sizes = FindSample(families, "apiserver_watch_events_sizes", kind)->histogram;
  EXPECT_EQ(sizes.sample_count, 3u);
  EXPECT_EQ(sizes.sample_sum, 6000);
  EXPECT_EQ(sizes.bucket[0].cumulative_count, 0u);
  EXPECT_EQ(sizes.bucket[1].cumulative_count, 3u) << "2000 bytes each";
}

TEST(ApiMetricsWatchTest, RequestBucketsAreKubernetes) {
  prometheus::Registry registry;
  ApiMetrics metrics(registry, kServed);
  metrics.OnRequest("get", "", 200, milliseconds(1));
  for (const auto& family : registry.Collect()) {
    if (family.name != "apiserver_request_duration_seconds") continue;
    ASSERT_EQ(family.metric[0].histogram.bucket.size(), 24u);
    EXPECT_EQ(family.metric[0].histogram.bucket[0].upper_bound, 0.005);
    EXPECT_EQ(family.metric[0].histogram.bucket[22].upper_bound, 60);
  }
  metrics.OnPanic();
  EXPECT_EQ(Value(registry, "nekoplane_api_panics_total"), 1);
}

struct HandlerCase {
  const char *name, *path, *want;
};

void PrintTo(const HandlerCase& c, std::ostream* os) { *os << c.name; }

class HandlerLabelTest : public ::testing::TestWithParam<HandlerCase> {};

TEST_P(HandlerLabelTest, IsFromTheTable) {
  EXPECT_EQ(HandlerLabel(GetParam().path), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HandlerLabelTest,
    ::testing::Values(HandlerCase{"Sessions", "/api/browser/sessions", "browser_sessions"},
                      HandlerCase{"Session", "/api/browser/sessions/abc", "browser_sessions"},
                      HandlerCase{"Nodes", "/api/browser/nodes", "browser_nodes"},
                      HandlerCase{"Browser", "/api/browser/x", "browser_other"},
                      HandlerCase{"Core", "/api/v1/namespaces", "kubernetes_api"},
                      HandlerCase{"Groups", "/apis/nekoplane.dev", "kubernetes_api"},
                      HandlerCase{"Metrics", "/metrics", "metrics"},
                      HandlerCase{"Health", "/readyz/store", "health"},
                      HandlerCase{"PrefixOnly", "/metricsandmore", "other"},
                      HandlerCase{"Root", "/", "other"}, HandlerCase{"Empty", "", "other"}),
    [](const auto& i) { return i.param.name; });

TEST(HttpMetricsTest, CountsByHandlerMethodAndCode) {
  prometheus::Registry registry;
  HttpMetrics metrics(registry);
  http::Request request;
  request.method = "POST";
  request.path = "/api/browser/sessions";
  metrics.OnRequest(request, 201, milliseconds(4), 300);
  request.method = "BREW";
  metrics.OnRequest(request, 42, milliseconds(4), 0);
  EXPECT_EQ(Value(registry, "nekoplane_http_requests_total",
                  {{"handler", "browser_sessions"}, {"method", "POST"}, {"code", "201"}}),
            1);
  EXPECT_EQ(Value(registry, "nekoplane_http_requests_total",
                  {{"handler", "browser_sessions"}, {"method", "OTHER"}, {"code", "0"}}),
            1);
  EXPECT_EQ(
      Value(registry, "nekoplane_http_request_duration_seconds", {{"handler", "browser_sessions"}}),
      2);
  EXPECT_EQ(
      Value(registry, "nekoplane_http_response_bytes_total", {{"handler", "browser_sessions"}}),
      300);
}

}  // namespace
}  // namespace nekoplane::metrics
