// In which order nodes are taken, per policy; which taints keep sessions away; and for which node a
// session waits that finds no room.
#include <gtest/gtest.h>

#include <ostream>

#include "controller/scheduler/scheduler.h"
#include "tests/unit/controller/scheduler/builders.h"

namespace nekoplane::scheduler {
namespace {

using v1alpha1::Taint;
using v1alpha1::TaintEffect;
using v1alpha1::Toleration;
using v1alpha1::TolerationOperator;

constexpr std::int64_t kMiB = 1024 * 1024;

NodeView Filled(std::string name, std::int64_t ram_mb, std::int64_t taken_mb) {
  return Taken(Node(std::move(name), ram_mb, 64), {.memory_bytes = taken_mb * kMiB});
}

Request By(const char* policy) {
  Request request = Wish();
  request.policy = PolicyByName(policy);
  return request;
}

struct Case {
  const char* name;
  const char* policy;
  std::vector<NodeView> nodes;
  std::string want;
};

void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class PolicyTest : public ::testing::TestWithParam<Case> {};

TEST_P(PolicyTest, PicksTheNode) {
  EXPECT_EQ(Place(By(GetParam().policy), GetParam().nodes).node, GetParam().want);
}

const Taint kAvoid{"slow", "disk", TaintEffect::kPreferNoSchedule};

INSTANTIATE_TEST_SUITE_P(
    Orders, PolicyTest,
    ::testing::Values(
        Case{"PackTakesTheFullest",
             "pack",
             {Filled("a", 16384, 1000), Filled("b", 16384, 9000), Filled("c", 16384, 4000)},
             "b"},
        Case{"PackTakesTheFullestThatFits",
             "pack",
             {Filled("a", 16384, 1000), Filled("b", 16384, 15000), Filled("c", 16384, 4000)},
             "c"},
        Case{"PackGoesByShare", "pack", {Filled("a", 65536, 9000), Filled("b", 8192, 4000)}, "b"},
        Case{"PackLeavesTheHostFree", "pack", {Host(16384), Filled("w", 16384, 1536)}, "w"},
        Case{"PackIgnoresWhatIsNotClaimed",
             "pack",
             {Node("busy", 16384, 64, .9), Filled("w", 16384, 1536)},
             "w"},
        Case{"PackTiesByName", "pack", {Filled("b", 16384, 0), Filled("a", 16384, 0)}, "a"},
        Case{"SpreadTakesTheEmptiest",
             "spread",
             {Filled("a", 16384, 5000), Filled("b", 16384, 9000), Filled("c", 16384, 4000)},
             "c"},
        Case{"SpreadCountsTheSessionItself",
             "spread",
             {Filled("small-empty", 4096, 0), Filled("big", 65536, 2048)},
             "big"},
        Case{"SpreadCountsReportedLoad",
             "spread",
             {Node("busy", 16384, 64, .9), Filled("w", 16384, 8000)},
             "w"},
        Case{"SpreadTiesByName", "spread", {Filled("b", 16384, 0), Filled("a", 16384, 0)}, "a"},
        Case{"AvoidedHostComesLast",
             "default",
             {Tainted(Host(16384), kAvoid), Node("w", 8192, 8, .9)},
             "w"},
        Case{"AvoidedIsBetterThanNone", "default", {Tainted(Host(16384), kAvoid)}, "host"},
        Case{"PackAvoids",
             "pack",
             {Tainted(Filled("a", 16384, 9000), kAvoid), Filled("b", 16384, 0)},
             "b"},
        Case{"SpreadAvoids",
             "spread",
             {Tainted(Filled("a", 16384, 0), kAvoid), Filled("b", 16384, 9000)},
             "b"}),
    [](const auto& i) { return i.param.name; });

TEST(PolicyTest, OnlyThreeNamesAreKnown) {
  for (const char* name : {"default", "pack", "spread"}) {
    ASSERT_NE(PolicyByName(name), nullptr) << name;
    EXPECT_EQ(PolicyByName(name)->name, name);
  }
  EXPECT_EQ(PolicyByName(""), nullptr);
  EXPECT_EQ(PolicyByName("Pack"), nullptr);
  EXPECT_EQ(Request{}.policy, PolicyByName("default"));
}

struct TolerationCase {
  const char* name;
  Toleration toleration;
  bool tolerated;  // of dedicated=ci:NoSchedule
};

void PrintTo(const TolerationCase& c, std::ostream* os) { *os << c.name; }

class TolerationTest : public ::testing::TestWithParam<TolerationCase> {};

TEST_P(TolerationTest, OpensTheNodeOrNot) {
  Request request = Wish();
  request.session.spec.tolerations = {GetParam().toleration};
  const auto got = Place(request, {Tainted(Host(8192), {"dedicated", "ci"})});
  EXPECT_EQ(got.node == "host", GetParam().tolerated) << got.message;
}

constexpr auto kEqual = TolerationOperator::kEqual;
constexpr auto kExists = TolerationOperator::kExists;

INSTANTIATE_TEST_SUITE_P(
    Kubernetes, TolerationTest,
    ::testing::Values(TolerationCase{"SameKeyAndValue", {"dedicated", kEqual, "ci", ""}, true},
                      TolerationCase{"OtherValue", {"dedicated", kEqual, "qa", ""}, false},
                      TolerationCase{"NoValue", {"dedicated", kEqual, "", ""}, false},
                      TolerationCase{"OtherKey", {"other", kEqual, "ci", ""}, false},
                      TolerationCase{"Exists", {"dedicated", kExists, "", ""}, true},
                      TolerationCase{"ExistsOtherKey", {"other", kExists, "", ""}, false},
                      TolerationCase{"EverythingThatExists", {"", kExists, "", ""}, true},
                      TolerationCase{"SameEffect", {"dedicated", kExists, "", "NoSchedule"}, true},
                      TolerationCase{
                          "OtherEffect", {"dedicated", kExists, "", "PreferNoSchedule"}, false}),
    [](const auto& i) { return i.param.name; });

TEST(TolerationTest, EveryTaintMustBeTolerated) {
  Request request = Wish();
  request.session.spec.tolerations = {{"a", kExists, "", ""}};
  const auto node = Tainted(Tainted(Host(8192), {"a", "1"}), {"b", "2"});
  EXPECT_EQ(Place(request, {node}).message,
            "0/1 nodes are available: 1 node(s) had untolerated taint {b: 2}.");
}

TEST(TolerationTest, ToleratedPreferenceCountsAsNone) {
  Request request = Wish();
  request.session.spec.tolerations = {{"slow", kExists, "", "PreferNoSchedule"}};
  EXPECT_EQ(Place(request, {Tainted(Host(16384), kAvoid), Node("w", 8192, 8)}).node, "host");
}

TEST(NomineeTest, HasTheMostRoomLeft) {
  const auto got =
      Place(Wish(), {Filled("a", 8192, 8000), Filled("b", 8192, 7000), Filled("c", 16384, 16000)});
  EXPECT_EQ(got.node, "");
  EXPECT_EQ(got.nominee, "b");
}

TEST(NomineeTest, EqualRoomByThePolicyThenByName) {
  EXPECT_EQ(Place(Wish(), {Filled("b", 8192, 7000), Filled("a", 8192, 7000)}).nominee, "a");
  EXPECT_EQ(Place(Wish(), {Filled("a", 8192, 7000), WithGpu(Filled("gpu", 8192, 7000), "nvidia")})
                .nominee,
            "gpu");
}

TEST(NomineeTest, WhatIsKeptForOthersIsNotNominated) {
  Request request = Wish();
  request.closed_nodes = {"a", "c"};
  EXPECT_EQ(Place(request, {Filled("a", 8192, 0), Filled("b", 8192, 8000), Filled("c", 8192, 7000)})
                .nominee,
            "b");
}

TEST(NomineeTest, OnlyWhatLacksNothingButRoom) {
  const auto full = [](const char* name) { return Filled(name, 8192, 8000); };
  NodeView cordoned = full("cordoned");
  cordoned.node.spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
  const auto got = Place(Wish(), {Offline(full("offline")), Tainted(full("tainted"), {"k", "v"}),
                                  cordoned, Node("small", 2048, 8)});
  EXPECT_EQ(got.node, "");
  EXPECT_EQ(got.nominee, "");
}

TEST(NomineeTest, NoneOfAPlacedSession) {
  EXPECT_EQ(Place(Wish(), {Filled("full", 8192, 8000), Host(8192)}).nominee, "");
}

}  // namespace
}  // namespace nekoplane::scheduler
