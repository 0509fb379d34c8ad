// What people are told of each node.
#include "controller/scheduler/explain.h"

#include <gtest/gtest.h>

#include "controller/scheduler/filters.h"
#include "tests/unit/controller/scheduler/builders.h"

namespace nekoplane::scheduler {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;

Explanation ExplainAll(const Request& request, const std::vector<NodeView>& nodes) {
  Cluster cluster(*request.policy);
  for (const NodeView& node : nodes) cluster = cluster.With(Prepare(node));
  return Explain(request, cluster);
}

const NodeExplanation& Of(const Explanation& all, const std::string& node) {
  for (const auto& one : all.nodes) {
    if (one.node == node) return one;
  }
  ADD_FAILURE() << node << " is not explained";
  return all.nodes.front();
}

std::vector<std::string> ReasonsOf(const NodeExplanation& node) {
  std::vector<std::string> reasons;
  for (const auto& verdict : node.filters) {
    if (!verdict.passed()) reasons.push_back(std::string(verdict.filter) + ": " + verdict.reason);
  }
  return reasons;
}

TEST(SchedulerExplainTest, EveryNodeHasEveryFilterAndEveryScore) {
  const auto all = ExplainAll(Wish(), {Host(8192), Node("w", 2048, 2)});
  ASSERT_EQ(all.nodes.size(), 2U);
  EXPECT_EQ(all.policy, "default");
  for (const auto& node : all.nodes) {
    ASSERT_EQ(node.filters.size(), Filters().size());
    for (std::size_t i = 0; i < node.filters.size(); ++i) {
      EXPECT_EQ(node.filters[i].filter, Filters()[i].name);
    }
    ASSERT_EQ(node.scores.size(), 4U);
    EXPECT_EQ(node.scores[1].score, "HostFirst");
    EXPECT_EQ(node.variant, "software");
  }
}

TEST(SchedulerExplainTest, AllRefusalsAreToldNotOnlyTheFirst) {
  NodeView node = Tainted(Offline(Node("w", 2048, 2)), {"k", "v"});
  node.allocated.memory_bytes = 2000 * kMiB;
  const auto all = ExplainAll(Wish(), {node});
  EXPECT_EQ(
      ReasonsOf(all.nodes[0]),
      (std::vector<std::string>{"MemoryFloor: worker(s) below the 4096 MB floor",
                                "CoreFloor: worker(s) below the 4 core floor",
                                "Taints: node(s) had untolerated taint {k: v}",
                                "Ready: node(s) were not ready", "HasRoom: Insufficient memory"}));
  EXPECT_TRUE(all.nodes[0].filters[4].permanent);
  EXPECT_EQ(all.placement.message, "0/1 nodes are available: 1 worker(s) below the 4096 MB floor.");
}

TEST(SchedulerExplainTest, OrderIsTheOneInWhichNodesWouldBeTaken) {
  const auto all = ExplainAll(
      Wish(), {Node("z-light", 8192, 8, .1), Node("y-full", 2048, 8), Node("heavy", 8192, 8, .8),
               WithGpu(Node("gpu", 8192, 8, .9), "nvidia"), Host(8192), Node("a-small", 2048, 8)});
  std::vector<std::pair<std::string, int>> order;
  for (const auto& node : all.nodes) order.emplace_back(node.node, node.order);
  EXPECT_EQ(
      order,
      (std::vector<std::pair<std::string, int>>{
          {"host", 1}, {"gpu", 2}, {"z-light", 3}, {"heavy", 4}, {"a-small", 0}, {"y-full", 0}}));
  EXPECT_EQ(all.placement.node, "host");
  EXPECT_EQ(Of(all, "gpu").scores[2].value, 1);
  EXPECT_DOUBLE_EQ(Of(all, "z-light").scores[3].value, .9);
}

TEST(SchedulerExplainTest, SaysWhichVariantIsMissing) {
  Request request = Wish();
  request.browser_class.spec.variants = {Variant("arm", {.arch = {"arm64"}})};
  const auto all = ExplainAll(request, {Host(8192)});
  EXPECT_EQ(all.nodes[0].variant, "");
  EXPECT_EQ(ReasonsOf(all.nodes[0])[0], "HardwareVariant: class chromium had no variant for amd64");
}

TEST(SchedulerExplainTest, UsesTheScoresOfThePolicy) {
  Request request = Wish();
  request.policy = PolicyByName("pack");
  const auto all = ExplainAll(request, {Taken(Node("w", 8192, 8), {.memory_bytes = 4096 * kMiB})});
  EXPECT_EQ(all.policy, "pack");
  ASSERT_EQ(all.nodes[0].scores.size(), 2U);
  EXPECT_EQ(all.nodes[0].scores[1].score, "MostAllocated");
  EXPECT_DOUBLE_EQ(all.nodes[0].scores[1].value, .5);
}

}  // namespace
}  // namespace nekoplane::scheduler
