#include "controller/metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "controller/metrics/families.h"

namespace nekoplane::metrics {
namespace {

using ::testing::HasSubstr;

prometheus::MetricFamily Gauge(std::string name, std::string help,
                               std::vector<prometheus::ClientMetric::Label> labels, double value) {
  prometheus::MetricFamily family{
      std::move(name), std::move(help), prometheus::MetricType::Gauge, {}};
  family.metric.emplace_back();
  family.metric[0].label = std::move(labels);
  family.metric[0].gauge.value = value;
  return family;
}

TEST(SerializeTest, HelpWithANewlineStaysOneLine) {
  EXPECT_EQ(Serialize({Gauge("a", "one\ntwo \\ three", {}, 1)}),
            "# HELP a one\\ntwo \\\\ three\n# TYPE a gauge\na 1\n");
}

TEST(SerializeTest, LabelsAreEscaped) {
  EXPECT_THAT(Serialize({Gauge("a", "h", {{"l", "q\" b\\ n\n"}}, 1)}),
              HasSubstr(R"(a{l="q\" b\\ n\n"} 1)"));
}

TEST(SerializeTest, FamiliesAndSeriesAreSorted) {
  auto b = Gauge("b", "h", {{"z", "2"}, {"a", "1"}}, 1);
  b.metric.push_back(b.metric[0]);
  b.metric[1].label = {{"z", "1"}, {"a", "1"}};
  EXPECT_EQ(Serialize({b, Gauge("a", "h", {}, 1)}),
            "# HELP a h\n# TYPE a gauge\na 1\n# HELP b h\n# TYPE b gauge\n"
            "b{a=\"1\",z=\"1\"} 1\nb{a=\"1\",z=\"2\"} 1\n");
}

TEST(SerializeTest, FamilyWithoutSeriesIsLeftOut) {
  EXPECT_EQ(Serialize({{"a", "h", prometheus::MetricType::Gauge, {}}}), "");
}

TEST(SerializeTest, NumbersAreExactAndShort) {
  const auto text = [](double value) {
    return Serialize({Gauge("a", "", {}, value)}).substr(std::string("# TYPE a gauge\na ").size());
  };
  EXPECT_EQ(text(0), "0\n");
  EXPECT_EQ(text(-3), "-3\n");
  EXPECT_EQ(text(0.1), "0.1\n");
  EXPECT_EQ(text(1.0 / 3), "0.3333333333333333\n");
  EXPECT_EQ(text(8589934592), "8589934592\n");
  EXPECT_EQ(text(1e-8), "1e-08\n");
  EXPECT_EQ(text(1e300), "1e+300\n");
  EXPECT_EQ(text(NAN), "NaN\n");
  EXPECT_EQ(text(-HUGE_VAL), "-Inf\n");
}

TEST(SerializeTest, HistogramsAndCountersReadAsPrometheusWantsThem) {
  prometheus::Registry registry;
  CounterFamily(registry, "c_total", "h").Add({{"x", "1"}}).Increment(2.5);
  auto& histogram = HistogramFamily(registry, "d_seconds", "h").Add({{"x", "1"}}, Buckets{0.5, 1});
  histogram.Observe(0.25);
  histogram.Observe(7);
  EXPECT_EQ(Serialize(registry.Collect()),
            "# HELP c_total h\n# TYPE c_total counter\nc_total{x=\"1\"} 2.5\n"
            "# HELP d_seconds h\n# TYPE d_seconds histogram\n"
            "d_seconds_count{x=\"1\"} 2\nd_seconds_sum{x=\"1\"} 7.25\n"
            "d_seconds_bucket{x=\"1\",le=\"0.5\"} 1\nd_seconds_bucket{x=\"1\",le=\"1\"} 1\n"
            "d_seconds_bucket{x=\"1\",le=\"+Inf\"} 2\n");
}

TEST(SerializeTest, UntypedOnesAndTimestamps) {
  prometheus::MetricFamily untyped{"u", "", prometheus::MetricType::Untyped, {}};
  untyped.metric.emplace_back().untyped.value = 4;
  untyped.metric[0].timestamp_ms = 1234;
  EXPECT_EQ(Serialize({untyped}), "# TYPE u untyped\nu 4 1234\n");
}

TEST(ExpositionTest, RefreshersRunBeforeEachCollection) {
  prometheus::Registry registry;
  auto& gauge = GaugeFamily(registry, "scrapes", "h").Add({});
  Exposition exposition;
  exposition.AddCollectable(registry);
  exposition.AddRefresher([&] { gauge.Increment(); });
  EXPECT_THAT(exposition.Text(), HasSubstr("scrapes 1\n"));
  EXPECT_THAT(exposition.Text(), HasSubstr("scrapes 2\n"));
}

TEST(ExpositionTest, ServesTheTextFormatToGet) {
  prometheus::Registry registry;
  GaugeFamily(registry, "g", "h").Add({}).Set(2);
  Exposition exposition;
  exposition.AddCollectable(registry);
  http::Request request;
  request.method = "GET";
  const auto response = exposition.Serve(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers, (http::Headers{{"Content-Type", kTextFormat}}));
  EXPECT_THAT(response.body, HasSubstr("g 2\n"));
}

TEST(ExpositionTest, RefusesWrites) {
  http::Request request;
  request.method = "POST";
  EXPECT_EQ(Exposition().Serve(request).status, 405);
}

}  // namespace
}  // namespace nekoplane::metrics
