#include "controller/metrics/nekoplane_metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "controller/metrics/engine_metrics.h"
#include "tests/unit/controller/metrics/samples.h"

namespace nekoplane::metrics {
namespace {

using std::chrono::seconds;

class NekoplaneMetricsTest : public ::testing::Test {
 protected:
  double Placements(const char* result, const char* reason) {
    return Value(registry_, "nekoplane_placement_attempts_total",
                 {{"result", result}, {"reason", reason}});
  }

  prometheus::Registry registry_;
  NekoplaneMetrics metrics_{registry_, "1.2.3"};
};

TEST_F(NekoplaneMetricsTest, KnownSeriesExistFromTheStart) {
  for (const auto kind : kGcKinds) {
    EXPECT_EQ(Value(registry_, "nekoplane_gc_removed_total", {{"kind", std::string(kind)}}), 0);
  }
  EXPECT_EQ(Placements("scheduled", ""), 0);
  EXPECT_EQ(Placements("error", ""), 0);
  for (const auto reason : kPlacementReasons) {
    for (const char* result : {"unschedulable", "no_capable_node"}) {
      if (reason.empty()) continue;
      EXPECT_EQ(Placements(result, std::string(reason).c_str()), 0) << reason;
    }
  }
  for (const auto result : kPullResults) {
    EXPECT_EQ(Value(registry_, "nekoplane_image_pull_duration_seconds",
                    {{"result", std::string(result)}}),
              0);
  }
  EXPECT_EQ(Value(registry_, "nekoplane_image_pulls_running"), 0);
  for (const auto stage : kStartStages) {
    EXPECT_EQ(Value(registry_, "nekoplane_session_start_duration_seconds",
                    {{"stage", std::string(stage)}}),
              0);
  }
  EXPECT_EQ(Value(registry_, "nekoplane_build_info", {{"version", "1.2.3"}}), 1);
}

TEST_F(NekoplaneMetricsTest, UnknownLabelValuesAreBounded) {
  metrics_.OnGcRemoved("spaceship");
  metrics_.OnGcRemoved("container");
  EXPECT_EQ(Value(registry_, "nekoplane_gc_removed_total", {{"kind", "other"}}), 1);
  EXPECT_EQ(Value(registry_, "nekoplane_gc_removed_total", {{"kind", "container"}}), 1);
  metrics_.OnStartStage("ready", seconds(2));
  EXPECT_EQ(Value(registry_, "nekoplane_session_start_duration_seconds", {{"stage", "ready"}}), 1);
  metrics_.OnPlacement("odd", "");
  EXPECT_EQ(Placements("error", ""), 1);
}

TEST_F(NekoplaneMetricsTest, PlacementsAreCountedByResultAndReason) {
  metrics_.OnPlacement("scheduled", "on node host");
  metrics_.OnPlacement("unschedulable", "0/1 nodes are available: 1 Insufficient cpu.");
  metrics_.OnPlacement("unschedulable", "the stars are wrong");
  EXPECT_EQ(Placements("scheduled", ""), 1);
  EXPECT_EQ(Placements("unschedulable", "insufficient_cpu"), 1);
  EXPECT_EQ(Placements("unschedulable", "other"), 1);
  EXPECT_EQ(Placements("no_capable_node", "insufficient_cpu"), 0);
}

TEST_F(NekoplaneMetricsTest, PullsAreTimedByTheirEnd) {
  metrics_.SetPullsRunning(2);
  metrics_.OnPull("success", seconds(5));
  metrics_.OnPull("error", seconds(1));
  metrics_.OnPull("Unavailable", seconds(1));
  const auto pulls = [&](const char* result) {
    return Value(registry_, "nekoplane_image_pull_duration_seconds", {{"result", result}});
  };
  EXPECT_EQ(Value(registry_, "nekoplane_image_pulls_running"), 2);
  EXPECT_EQ(pulls("success"), 1);
  EXPECT_EQ(pulls("error"), 2) << "what is no success is an error, whatever it is called";
}

TEST(EngineMetricsTest, CountsByResult) {
  prometheus::Registry registry;
  EngineMetrics metrics(registry);
  metrics.OnCall("host", "Inspect", "ok", seconds(0));
  metrics.OnCall("host", "Inspect", "Unavailable", seconds(1));
  EXPECT_EQ(Value(registry, "nekoplane_engine_calls_total",
                  {{"node", "host"}, {"call", "Inspect"}, {"result", "ok"}}),
            1);
  EXPECT_EQ(Value(registry, "nekoplane_engine_calls_total",
                  {{"node", "host"}, {"call", "Inspect"}, {"result", "Unavailable"}}),
            1);
  EXPECT_EQ(Value(registry, "nekoplane_engine_call_duration_seconds", {{"call", "Inspect"}}), 2);
  EXPECT_EQ(Value(registry, "nekoplane_engine_call_seconds_total",
                  {{"node", "host"}, {"call", "Inspect"}}),
            1);
}

TEST(EngineMetricsTest, NodesThatAreGoneLeaveNoSeries) {
  prometheus::Registry registry;
  EngineMetrics metrics(registry);
  const auto calls = [&](const char* node) {
    return Value(registry, "nekoplane_engine_calls_total",
                 {{"node", node}, {"call", "List"}, {"result", "ok"}});
  };
  const auto sum = [&](const char* node) {
    return Value(registry, "nekoplane_engine_call_seconds_total",
                 {{"node", node}, {"call", "List"}});
  };
  for (const char* node : {"attic", "host"}) metrics.OnCall(node, "List", "ok", seconds(1));
  metrics.KeepNodes({"host", "new"});
  EXPECT_TRUE(std::isnan(calls("attic")));
  EXPECT_TRUE(std::isnan(sum("attic")));
  EXPECT_EQ(calls("host"), 1);
  EXPECT_EQ(sum("host"), 1);
  EXPECT_EQ(Value(registry, "nekoplane_engine_call_duration_seconds", {{"call", "List"}}), 2)
      << "over all nodes, those that were as well";
  metrics.OnCall("attic", "List", "ok", seconds(2));
  EXPECT_EQ(calls("attic"), 1) << "begins anew";
  EXPECT_EQ(sum("attic"), 2);
}

}  // namespace
}  // namespace nekoplane::metrics
