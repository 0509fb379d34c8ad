// The messages are made by the scheduler itself: who changes a text there learns of it here.
#include "controller/metrics/placement_reason.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "controller/scheduler/filters.h"
#include "tests/unit/controller/scheduler/builders.h"

namespace nekoplane::metrics {
namespace {

using scheduler::Host;
using scheduler::Node;
using scheduler::NodeView;
using scheduler::Offline;
using scheduler::On;
using scheduler::Request;
using scheduler::SetCondition;
using scheduler::Tainted;
using scheduler::Taken;
using scheduler::Wish;

constexpr scheduler::Demand kAllMemory{.memory_bytes = std::int64_t{8192} << 20};
constexpr scheduler::Demand kAllCpu{.milli_cpu = 8000};

Request Wanting(void (*change)(Request&)) {
  Request request = Wish();
  change(request);
  return request;
}

NodeView But(NodeView view, void (*change)(NodeView&)) {
  change(view);
  return view;
}

NodeView Cordoned(NodeView view) {
  view.node.spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
  return view;
}

NodeView Worker(int number) { return Node("w" + std::to_string(number), 8192, 8); }

struct Case {
  const char* name;
  Request request;
  std::vector<NodeView> nodes;
  const char* reason;
};

void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class PlacementReasonTest : public ::testing::TestWithParam<Case> {};

TEST_P(PlacementReasonTest, IsTheCauseOfMostNodes) {
  const auto placement = Place(GetParam().request, GetParam().nodes);
  ASSERT_EQ(placement.node, "");
  EXPECT_EQ(PlacementReason(placement.message), GetParam().reason) << placement.message;
  EXPECT_NE(std::find(kPlacementReasons.begin(), kPlacementReasons.end(), GetParam().reason),
            kPlacementReasons.end());
}

std::vector<NodeView> TenFullAndTwelveSilent() {
  std::vector<NodeView> nodes;
  for (int i = 0; i < 10; ++i) nodes.push_back(Taken(Worker(i), kAllMemory));
  for (int i = 10; i < 22; ++i) nodes.push_back(Offline(Worker(i)));
  return nodes;
}

const Case kCases[] = {
    {"NoNodes", Wish(), {}, "no_nodes"},
    {"Memory", Wish(), {Taken(Worker(1), kAllMemory)}, "insufficient_memory"},
    {"Cpu", Wish(), {Taken(Worker(1), kAllCpu)}, "insufficient_cpu"},
    {"Gpus",
     Wanting([](Request& r) { r.browser_class.spec.variants[0].gpus = 1; }),
     {Worker(1)},
     "insufficient_gpus"},
    {"Ports",
     Wish(),
     {But(Worker(1), [](NodeView& v) { v.free_http_ports = 0; })},
     "insufficient_ports"},
    {"RequestedNode", On("attic"), {Worker(1)}, "requested_node"},
    {"Selector",
     Wanting([](Request& r) { r.session.spec.nodeSelector["room"] = "attic"; }),
     {Worker(1)},
     "node_selector"},
    {"Profile",
     Wanting([](Request& r) { r.profile_node = "attic"; }),
     {Worker(1)},
     "profile_location"},
    {"Taint", Wish(), {Tainted(Worker(1), {"dedicated", "ci"})}, "untolerated_taint"},
    {"HostMemory", Wish(), {Host(4096)}, "memory_floor"},
    {"WorkerMemory", Wish(), {Node("w", 4095, 8)}, "memory_floor"},
    {"Cores", Wish(), {Node("w", 8192, 3)}, "core_floor"},
    {"Variant",
     Wanting([](Request& r) { r.browser_class.spec.variants.clear(); }),
     {Worker(1)},
     "no_variant"},
    {"Capable",
     Wish(),
     {But(Worker(1),
          [](NodeView& v) { SetCondition(v.node, v1alpha1::node::kCapable, "False", "Broken"); })},
     "not_capable"},
    {"Cordoned", Wish(), {Cordoned(Worker(1))}, "unschedulable"},
    {"Draining",
     Wish(),
     {But(Worker(1), [](NodeView& v) { v.node.spec.drain = v1alpha1::NodeDrain{}; })},
     "draining"},
    {"Deleted",
     Wish(),
     {But(Worker(1),
          [](NodeView& v) { v.node.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"; })},
     "deleting"},
    {"NotReady", Wish(), {Offline(Worker(1))}, "not_ready"},
    {"Reserved", Wanting([](Request& r) { r.closed_nodes = {"w1"}; }), {Worker(1)}, "reserved"},
    {"TheMostFrequentOne",
     Wish(),
     {Host(4096), Taken(Worker(1), kAllCpu), Taken(Worker(2), kAllCpu)},
     "insufficient_cpu"},
    {"CountsOfOneCauseInTwoTextsAddUp",
     Wish(),
     {Host(4096), Node("v1", 2048, 8), Node("v2", 2048, 8), Taken(Worker(1), kAllCpu),
      Taken(Worker(2), kAllCpu)},
     "memory_floor"},
    {"TiesGoToTheFirstOfTheList",
     Wish(),
     {Cordoned(Worker(1)), Taken(Worker(2), kAllMemory)},
     "insufficient_memory"},
    {"Tens", Wish(), TenFullAndTwelveSilent(), "not_ready"},
};

INSTANTIATE_TEST_SUITE_P(Messages, PlacementReasonTest, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(PlacementReasonsTest, EveryFilterHasOne) {
  std::set<std::string> refused;
  for (const Case& c : kCases) {
    for (const auto& verdict : Place(c.request, c.nodes).verdicts) refused.insert(verdict.filter);
  }
  for (const scheduler::Filter& filter : scheduler::Filters()) {
    EXPECT_TRUE(refused.contains(std::string(filter.name))) << filter.name;
  }
}

TEST(PlacementReasonsTest, WhatTheSchedulerIsNotAskedHasOneToo) {
  EXPECT_EQ(PlacementReason("node host has no free port pair left in spec.ports."),
            "insufficient_ports");
  EXPECT_EQ(PlacementReason("there is no BrowserClass \"x\""), "class_not_found");
}

TEST(PlacementReasonsTest, WhatIsNotKnownIsOther) {
  EXPECT_EQ(PlacementReason("0/1 nodes are available: 1 bad omen."), "other");
  EXPECT_EQ(PlacementReason(""), "other");
}

}  // namespace
}  // namespace nekoplane::metrics
