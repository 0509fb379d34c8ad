#include "controller/metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
