#include "controller/metrics/node_gauges.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/support/builders.h"
#include "tests/unit/controller/metrics/samples.h"

namespace nekoplane::metrics {
namespace {

using v1alpha1::BrowserNode;

const WallTime kNow = *ParseTime("2026-01-01T01:00:00Z");

std::shared_ptr<BrowserNode> Made(const char* name) {
  return std::make_shared<BrowserNode>(testing::MakeNode(name));
}

double Get(const Nodes& nodes, const std::string& name, const prometheus::Labels& labels) {
  return Value(NodeGauges(nodes, kNow), name, labels);
}

TEST(NodeGaugesTest, AmountsAreInBytesAndCores) {
  auto node = Made("host");
  node->status.capacity = {.memory = "8Gi", .cpu = "4", .gpus = std::nullopt, .ports = 1000};
  node->status.allocatable.memory = "unreadable";
  node->status.allocated.cpu = "1500m";
  const auto get = [&](const char* name, const char* resource) {
    return Get({node}, name, {{"node", "host"}, {"resource", resource}});
  };
  EXPECT_EQ(get("nekoplane_node_capacity", "memory"), 8.0 * 1024 * 1024 * 1024);
  EXPECT_EQ(get("nekoplane_node_capacity", "cpu"), 4);
  EXPECT_EQ(get("nekoplane_node_capacity", "ports"), 1000);
  EXPECT_TRUE(std::isnan(get("nekoplane_node_capacity", "gpus"))) << "not known: no series";
  EXPECT_TRUE(std::isnan(get("nekoplane_node_allocatable", "memory")));
  EXPECT_EQ(get("nekoplane_node_allocated", "cpu"), 1.5);
}

TEST(NodeGaugesTest, NodesAreCountedByConditionAndStatus) {
  auto down = Made("down");
  down->status.conditions[0].status = "False";
  auto fresh = Made("fresh");
  fresh->status.conditions.clear();
  const Nodes nodes{down, fresh, Made("host")};
  const auto count = [&](const char* condition, const char* status) {
    return Get(nodes, "nekoplane_nodes", {{"condition", condition}, {"status", status}});
  };
  EXPECT_EQ(count("Ready", "True"), 1);
  EXPECT_EQ(count("Ready", "False"), 1);
  EXPECT_EQ(count("Ready", "Unknown"), 1);
  EXPECT_EQ(count("Capable", "True"), 2);
  EXPECT_EQ(count("Drained", "True"), 0);
  const auto ready = [&](const char* node) {
    return Get(nodes, "nekoplane_node_condition", {{"condition", "Ready"}, {"node", node}});
  };
  EXPECT_EQ(ready("host"), 1);
  EXPECT_EQ(ready("down"), 0);
  EXPECT_EQ(ready("fresh"), 0);
}

TEST(NodeGaugesTest, WithoutNodesTheCountsAreZero) {
  EXPECT_EQ(Get({}, "nekoplane_nodes", {{"condition", "Ready"}, {"status", "True"}}), 0);
  EXPECT_EQ(Get({}, "nekoplane_images", {{"phase", "Failed"}}), 0);
}

TEST(NodeGaugesTest, SilentNodesCountAsLostByTheirReason) {
  auto node = Made("w");
  const auto get = [&](const char* name) { return Get({node}, name, {{"node", "w"}}); };
  const auto lost = [&] { return get("nekoplane_node_lost"); };
  const auto withheld = [&] { return get("nekoplane_node_loss_withheld"); };
  EXPECT_EQ(lost(), 0);
  EXPECT_EQ(withheld(), 0);
  node->status.conditions[0].status = "False";
  node->status.conditions[0].reason = v1alpha1::node::kReasonEngineUnavailable;
  EXPECT_EQ(lost(), 0) << "suspected is not lost";
  EXPECT_EQ(withheld(), 0);
  node->status.conditions[0].reason = v1alpha1::node::kReasonNodeLost;
  EXPECT_EQ(lost(), 1);
  EXPECT_EQ(withheld(), 0);
  node->status.conditions[0].reason = v1alpha1::node::kReasonTooManyLost;
  EXPECT_EQ(lost(), 0) << "nothing is moved";
  EXPECT_EQ(withheld(), 1);
}

TEST(NodeGaugesTest, CordonAndDrainCloseANode) {
  auto node = Made("w");
  const auto get = [&](const char* name) { return Get({node}, name, {{"node", "w"}}); };
  EXPECT_EQ(get("nekoplane_node_schedulable"), 1);
  EXPECT_EQ(get("nekoplane_node_draining"), 0);
  node->spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
  EXPECT_EQ(get("nekoplane_node_schedulable"), 0);
  node->spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kSchedulable;
  node->spec.drain = v1alpha1::NodeDrain{};
  EXPECT_EQ(get("nekoplane_node_schedulable"), 0);
  EXPECT_EQ(get("nekoplane_node_draining"), 1);
  EXPECT_EQ(get("nekoplane_node_drain_seconds"), 0) << "it has not begun";
  node->status.drainStartedTime = "2026-01-01T00:45:00Z";
  EXPECT_EQ(get("nekoplane_node_drain_seconds"), 900);
  node->spec.drain.reset();
  EXPECT_EQ(get("nekoplane_node_drain_seconds"), 0);
}

TEST(NodeGaugesTest, ImagesAreCountedOverNodes) {
  auto a = Made("a"), b = Made("b");
  a->status.images = {{.image = "x", .phase = v1alpha1::NodeImagePhase::kPresent},
                      {.image = "y", .phase = v1alpha1::NodeImagePhase::kFailed}};
  b->status.images = {{.image = "x", .phase = v1alpha1::NodeImagePhase::kPresent}};
  const auto count = [&](const char* phase) {
    return Get({a, b}, "nekoplane_images", {{"phase", phase}});
  };
  EXPECT_EQ(count("Present"), 2);
  EXPECT_EQ(count("Failed"), 1);
  EXPECT_EQ(count("Pulling"), 0);
}

TEST(SlotGaugesTest, TotalsAreThereEvenWhereNoNodeIs) {
  const auto families = SlotGauges({{"chromium", {{"a", 2}, {"b", 0}}}, {"firefox", {}}});
  const auto total = [&](const char* name) {
    return Value(families, "nekoplane_class_free_slots", {{"class", name}});
  };
  EXPECT_EQ(total("chromium"), 2);
  EXPECT_EQ(total("firefox"), 0);
  EXPECT_EQ(Value(families, "nekoplane_node_free_slots", {{"class", "chromium"}, {"node", "b"}}),
            0);
}

TEST(SlotGaugesTest, OnlySoManyClassesAreShown) {
  std::vector<ClassSlots> classes;
  for (std::size_t i = 0; i < kShownClasses + 1; ++i) {
    classes.push_back({"c" + std::to_string(100 + i), {{"a", 1}}});
  }
  for (const auto& family : SlotGauges(classes)) {
    EXPECT_EQ(family.metric.size(), kShownClasses) << family.name;
  }
}

}  // namespace
}  // namespace nekoplane::metrics
