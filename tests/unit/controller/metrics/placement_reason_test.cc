#include "controller/metrics/placement_reason.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace nekoplane::metrics {
namespace {

struct Case {
  const char* name;
  const char* message;
  const char* reason;
};

class PlacementReasonTest : public ::testing::TestWithParam<Case> {};

TEST_P(PlacementReasonTest, IsTheCauseOfMostNodes) {
  EXPECT_EQ(PlacementReason(GetParam().message), GetParam().reason);
  EXPECT_NE(std::find(kPlacementReasons.begin(), kPlacementReasons.end(), GetParam().reason),
            kPlacementReasons.end());
}

const Case kCases[] = {
    {"OneCause", "0/1 nodes are available: 1 Insufficient memory.", "insufficient_memory"},
    {"TheMostFrequentOne",
     "0/3 nodes are available: 1 host below the 6144 MB floor, 2 Insufficient cpu.",
     "insufficient_cpu"},
    {"CountsOfOneCauseInTwoTextsAddUp",
     "0/5 nodes are available: 1 host below the 6144 MB floor, 2 Insufficient cpu, 2 worker(s) "
     "below the 4096 MB floor.",
     "memory_floor"},
    {"TiesGoToTheFirstOfTheList",
     "0/2 nodes are available: 1 Insufficient gpus, 1 node(s) were unschedulable.",
     "insufficient_gpus"},
    {"Tens", "0/22 nodes are available: 10 Insufficient ports, 12 node(s) were not ready.",
     "not_ready"},
    {"NoNodes", "0/0 nodes are available: no node is registered.", "no_nodes"},
    {"RequestedNode", "0/1 nodes are available: 1 node(s) didn't match the requested node pi.",
     "requested_node"},
    {"Selector", "0/1 nodes are available: 1 node(s) didn't match the session's node selector.",
     "node_selector"},
    {"Profile",
     "0/1 nodes are available: 1 node(s) didn't hold the session's profile, which is on pi.",
     "profile_location"},
    {"Taint", "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: true}.",
     "untolerated_taint"},
    {"Cores", "0/1 nodes are available: 1 worker(s) below the 4 core floor.", "core_floor"},
    {"Variant", "0/1 nodes are available: 1 class chromium had no variant for arm64.",
     "no_variant"},
    {"Capable", "0/1 nodes are available: 1 node(s) couldn't run browsers (Broken).",
     "not_capable"},
    {"Draining", "0/1 nodes are available: 1 node(s) were draining.", "draining"},
    {"Reserved",
     "0/1 nodes are available: 1 node(s) were reserved for sessions ahead in the queue.",
     "reserved"},
    {"Ports", "node host has no free port pair left in spec.ports", "insufficient_ports"},
    {"Class", "there is no BrowserClass \"x\"", "class_not_found"},
    {"Strange", "0/1 nodes are available: 1 bad omen.", "other"},
    {"Nothing", "", "other"},
};

INSTANTIATE_TEST_SUITE_P(Messages, PlacementReasonTest, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace nekoplane::metrics
