#include "controller/metrics/nekoplane_metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "controller/metrics/engine_metrics.h"
#include "controller/metrics/object_gauges.h"
#include "tests/unit/controller/metrics/samples.h"

namespace nekoplane::metrics {
namespace {

using std::chrono::seconds;

class NekoplaneMetricsTest : public ::testing::Test {
 protected:
  double Sessions(const char* phase, const char* node) {
    return Value(registry_, "nekoplane_sessions", {{"phase", phase}, {"node", node}});
  }

  prometheus::Registry registry_;
  NekoplaneMetrics metrics_{registry_, "1.2.3"};
};

TEST_F(NekoplaneMetricsTest, KnownSeriesExistFromTheStart) {
  for (const auto phase : kPhases) EXPECT_EQ(Sessions(std::string(phase).c_str(), ""), 0) << phase;
  for (const auto kind : kGcKinds) {
    EXPECT_EQ(Value(registry_, "nekoplane_gc_removed_total", {{"kind", std::string(kind)}}), 0);
  }
  for (const auto result : kPlacementResults) {
    EXPECT_EQ(
        Value(registry_, "nekoplane_placement_attempts_total", {{"result", std::string(result)}}),
        0);
  }
  for (const auto stage : kStartStages) {
    EXPECT_EQ(Value(registry_, "nekoplane_session_start_duration_seconds",
                    {{"stage", std::string(stage)}}),
              0);
  }
  EXPECT_EQ(Value(registry_, "nekoplane_build_info", {{"version", "1.2.3"}}), 1);
}

TEST_F(NekoplaneMetricsTest, SessionsAreReplacedNotAddedUp) {
  metrics_.SetSessions({{{"Running", "host"}, 3}, {{"Pending", ""}, 2}});
  EXPECT_EQ(Sessions("Running", "host"), 3);
  EXPECT_EQ(Sessions("Pending", ""), 2);
  metrics_.SetSessions({{{"Running", "w"}, 1}});
  EXPECT_TRUE(std::isnan(Sessions("Running", "host"))) << "an emptied node leaves no series behind";
  EXPECT_EQ(Sessions("Running", "w"), 1);
  EXPECT_EQ(Sessions("Pending", ""), 0);
}

TEST_F(NekoplaneMetricsTest, UnknownLabelValuesAreBounded) {
  metrics_.SetSessions({{{"Odd", "host"}, 1}, {{"Odder", "host"}, 2}});
  EXPECT_EQ(Sessions("Unknown", "host"), 3);
  metrics_.OnGcRemoved("spaceship");
  metrics_.OnGcRemoved("container");
  EXPECT_EQ(Value(registry_, "nekoplane_gc_removed_total", {{"kind", "other"}}), 1);
  EXPECT_EQ(Value(registry_, "nekoplane_gc_removed_total", {{"kind", "container"}}), 1);
  metrics_.OnPlacement("unschedulable");
  EXPECT_EQ(Value(registry_, "nekoplane_placement_attempts_total", {{"result", "unschedulable"}}),
            1);
  metrics_.OnStartStage("ready", seconds(2));
  EXPECT_EQ(Value(registry_, "nekoplane_session_start_duration_seconds", {{"stage", "ready"}}), 1);
}

TEST_F(NekoplaneMetricsTest, NodeAmountsComeAndGo) {
  const auto value = [&](const char* name, const char* resource) {
    return Value(registry_, name, {{"node", "host"}, {"resource", resource}});
  };
  NodeUsage host{.node = "host"};
  host.capacity = {.memory_bytes = 8e9, .cpu_cores = 4, .ports = 1000, .gpus = {}};
  host.allocated.cpu_cores = 1.5;
  metrics_.SetNodes({host});
  EXPECT_EQ(value("nekoplane_node_capacity", "memory"), 8e9);
  EXPECT_EQ(value("nekoplane_node_capacity", "cpu"), 4);
  EXPECT_EQ(value("nekoplane_node_capacity", "ports"), 1000);
  EXPECT_TRUE(std::isnan(value("nekoplane_node_capacity", "gpus")));
  EXPECT_EQ(value("nekoplane_node_allocated", "cpu"), 1.5);
  metrics_.SetNodes({});
  EXPECT_TRUE(std::isnan(value("nekoplane_node_capacity", "memory")));
}

TEST(EngineMetricsTest, CountsByResultAndKeepsReferences) {
  prometheus::Registry registry;
  EngineMetrics metrics(registry);
  auto& ok = metrics.EngineCall("host", "Inspect", "ok");
  EXPECT_EQ(&metrics.EngineCall("host", "Inspect", "ok"), &ok);
  ok.Increment();
  metrics.OnCall("host", "Inspect", "Unavailable", seconds(1));
  EXPECT_EQ(Value(registry, "nekoplane_engine_calls_total",
                  {{"node", "host"}, {"call", "Inspect"}, {"result", "ok"}}),
            1);
  EXPECT_EQ(Value(registry, "nekoplane_engine_calls_total",
                  {{"node", "host"}, {"call", "Inspect"}, {"result", "Unavailable"}}),
            1);
  EXPECT_EQ(Value(registry, "nekoplane_engine_call_duration_seconds",
                  {{"node", "host"}, {"call", "Inspect"}}),
            1);
}

TEST(ObjectGaugesTest, SessionsAreCountedByPhaseAndNode) {
  const auto session = [](const char* phase, const char* node) {
    auto s = std::make_shared<v1alpha1::BrowserSession>();
    s->status.phase = phase;
    s->status.nodeName = node;
    return s;
  };
  EXPECT_EQ(CountSessions({session("Running", "host"), session("Running", "host"),
                           session("Running", "w"), session("", "")}),
            (SessionCounts{{{"Pending", ""}, 1}, {{"Running", "host"}, 2}, {{"Running", "w"}, 1}}));
}

TEST(ObjectGaugesTest, NodeAmountsAreInBytesAndCores) {
  auto node = std::make_shared<v1alpha1::BrowserNode>();
  node->metadata.name = "host";
  node->status.capacity.memory = "8Gi";
  node->status.capacity.cpu = "4";
  node->status.capacity.ports = 1000;
  node->status.allocatable.memory = "unreadable";
  node->status.allocated.cpu = "1500m";
  const auto usage = UsageOf({node});
  ASSERT_EQ(usage.size(), 1u);
  EXPECT_EQ(usage[0].node, "host");
  EXPECT_EQ(usage[0].capacity.memory_bytes, 8.0 * 1024 * 1024 * 1024);
  EXPECT_EQ(usage[0].capacity.cpu_cores, 4);
  EXPECT_EQ(usage[0].capacity.ports, 1000);
  EXPECT_EQ(usage[0].capacity.gpus, std::nullopt);
  EXPECT_EQ(usage[0].allocatable.memory_bytes, std::nullopt);
  EXPECT_EQ(usage[0].allocated.cpu_cores, 1.5);
}

}  // namespace
}  // namespace nekoplane::metrics
