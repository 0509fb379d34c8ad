// Where sessions go: taOS's placement tables, then what nekoplane adds.
#include <gtest/gtest.h>

#include <ostream>

#include "controller/scheduler/scheduler.h"
#include "tests/unit/controller/scheduler/builders.h"

namespace nekoplane::scheduler {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;

struct Case {
  const char* name;
  Request request;
  std::vector<NodeView> nodes;
  std::string want;  // "" = none
  bool no_capable_node = false;
};

void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class PlacementTest : public ::testing::TestWithParam<Case> {};

TEST_P(PlacementTest, PicksTheNode) {
  const Placement got = Place(GetParam().request, GetParam().nodes);
  EXPECT_EQ(got.node, GetParam().want) << got.message;
  EXPECT_EQ(got.no_capable_node, GetParam().no_capable_node) << got.message;
}

NodeView WithoutHardware(NodeView view) {
  view.node.status.hardware = {};
  return view;
}

NodeView OnlyEmbeds(NodeView view) {
  SetCondition(view.node, v1alpha1::node::kCapable, "False", "NoBrowserCapability");
  return view;
}

NodeView Draining(NodeView view) {
  view.node.spec.drain = v1alpha1::NodeDrain{};
  return view;
}

NodeView Cordoned(NodeView view) {
  view.node.spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
  return view;
}

Request ProfileOn(std::string node) {
  Request request = Wish();
  request.profile_node = std::move(node);
  return request;
}

Request Asking(const char* resource, const char* amount) {
  Request request = Wish();
  request.session.spec.resources.requests[resource] = amount;
  return request;
}

Request WithFloor(std::int64_t mb) {
  Request request = Wish();
  request.host_min_ram_mb = mb;
  return request;
}

INSTANTIATE_TEST_SUITE_P(
    TaosHost, PlacementTest,
    ::testing::Values(Case{"Ram8192", Wish(), {Host(8192)}, "host"},
                      Case{"Ram16384", Wish(), {Host(16384)}, "host"},
                      Case{"Ram4096", Wish(), {Host(4096)}, "", true},
                      Case{"Ram6143", Wish(), {Host(6143)}, "", true},
                      Case{"Ram6144", Wish(), {Host(6144)}, "host"},
                      Case{"SixGigabyteBoard", Wish(), {Host(5850)}, "", true},
                      Case{"NoHardware", Wish(), {WithoutHardware(Host(8192))}, "", true},
                      Case{"NoCoreFloor", Wish(), {Node("host", 8192, 1)}, "host"},
                      Case{"NoNodes", Wish(), {}, "", true}),
    [](const auto& i) { return i.param.name; });

INSTANTIATE_TEST_SUITE_P(
    TaosWorkers, PlacementTest,
    ::testing::Values(
        Case{"TooLittleRam", Wish(), {Node("w", 2048, 8)}, "", true},
        Case{"Offline", Wish(), {Offline(Node("w", 8192, 8))}, "", true},
        Case{"Online", Wish(), {Node("w", 8192, 8)}, "w"},
        Case{"GpuBeatsLoad",
             Wish(),
             {Node("cpu-node", 8192, 8, .1), WithGpu(Node("gpu-node", 8192, 8, .5), "nvidia")},
             "gpu-node"},
        Case{"LighterOfTwo",
             Wish(),
             {Node("heavy", 8192, 8, .8), Node("light", 8192, 8, .2)},
             "light"},
        Case{"TooFewCores", Wish(), {Node("w", 8192, 2)}, "", true},
        Case{"NoHardware", Wish(), {WithoutHardware(Node("w", 8192, 8))}, "", true},
        Case{"ExactlyTheFloors", Wish(), {Node("w", 4096, 4)}, "w"},
        Case{"FourGigabyteBoard", Wish(), {Node("w", 3790, 4)}, "", true},
        Case{"OnlyEmbeds", Wish(), {OnlyEmbeds(Node("w", 8192, 8))}, "", true},
        Case{"IntelGpuDoesNotCount",
             Wish(),
             {WithGpu(Node("a-intel", 8192, 8, .5), "intel"), Node("plain", 8192, 8, .1)},
             "plain"},
        Case{"AmdGpuCounts",
             Wish(),
             {Node("a-plain", 8192, 8, .1), WithGpu(Node("amd", 8192, 8, .5), "amd")},
             "amd"},
        Case{"EqualLoadsByName", Wish(), {Node("b", 8192, 8), Node("a", 8192, 8)}, "a"}),
    [](const auto& i) { return i.param.name; });

INSTANTIATE_TEST_SUITE_P(
    TaosResolve, PlacementTest,
    ::testing::Values(
        Case{"HostBeforeGpuWorker",
             Wish(),
             {WithGpu(Node("gpu", 65536, 32), "nvidia"), Host(16000)},
             "host"},
        Case{"SmallHostFallsToWorker", Wish(), {Host(4096), Node("w", 8192, 8)}, "w"},
        Case{"SmallHostNoWorkers", Wish(), {Host(4096)}, "", true},
        Case{"ExplicitCapableWorker",
             On("node-1"),
             {Host(16000), Node("node-1", 8192, 8)},
             "node-1"},
        Case{"ExplicitUnknown", On("nonexistent-node"), {Host(16000)}, "", true},
        Case{"ExplicitIncapableHasNoFallback",
             On("small"),
             {Host(16000), Node("small", 2048, 8)},
             "",
             true},
        Case{"ExplicitOfflineHasNoFallback",
             On("w"),
             {Host(16000), Offline(Node("w", 8192, 8))},
             "",
             true},
        Case{"ExplicitHost",
             On("host"),
             {Host(16000), WithGpu(Node("w", 8192, 8), "nvidia")},
             "host"},
        Case{"ExplicitHostBelowFloor", On("host"), {Host(4096), Node("w", 8192, 8)}, "", true}),
    [](const auto& i) { return i.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Room, PlacementTest,
    ::testing::Values(
        Case{"FullIsNotIncapable",
             Wish(),
             {Taken(Host(8192), {.memory_bytes = 7000 * kMiB})},
             "",
             false},
        Case{"ExactFit",
             Wish(),
             {Taken(Host(8192), {.memory_bytes = (8192 - 1536) * kMiB})},
             "host"},
        Case{"OneByteTooMuch",
             Wish(),
             {Taken(Host(8192), {.memory_bytes = (8192 - 1536) * kMiB + 1})},
             "",
             false},
        Case{"FullHostFallsToWorker",
             Wish(),
             {Taken(Host(8192), {.memory_bytes = 8000 * kMiB}), Node("w", 8192, 8)},
             "w"},
        Case{"BiggerThanAnyNode", Asking("memory", "64Gi"), {Host(8192)}, "", true},
        Case{"BiggerThanOneFullOnTheOther",
             Asking("memory", "10Gi"),
             {Host(8192), Taken(Node("w", 16384, 8), {.memory_bytes = 12000 * kMiB})},
             "",
             false},
        Case{"CpuTaken", Wish(), {Taken(Host(8192), {.milli_cpu = 3500})}, "", false},
        Case{"MoreCpuThanTheMachine", Asking("cpu", "5"), {Host(8192)}, "", true},
        Case{"OtherFloor", WithFloor(2048), {Host(4096)}, "host"},
        Case{"EngineOfHostDown", Wish(), {Offline(Host(8192))}, "", false},
        Case{"HostNotReportedYet", Wish(), {Offline(WithoutHardware(Host(8192)))}, "", false},
        Case{"SmallHostWhoseEngineIsDown", Wish(), {Offline(Host(4096))}, "", true},
        Case{"Cordoned", Wish(), {Cordoned(Host(8192))}, "", false},
        Case{"CordonedEvenIfExplicit", On("host"), {Cordoned(Host(8192))}, "", false},
        Case{"Draining", Wish(), {Draining(Host(8192)), Node("w", 8192, 8)}, "w"}),
    [](const auto& i) { return i.param.name; });

Request Selecting(std::string key, std::string value) {
  Request request = Wish();
  request.session.spec.nodeSelector[std::move(key)] = std::move(value);
  return request;
}

INSTANTIATE_TEST_SUITE_P(
    Locality, PlacementTest,
    ::testing::Values(
        Case{"ProfileBeatsHost", ProfileOn("w"), {Host(16000), Node("w", 8192, 8)}, "w"},
        Case{"ProfileOnFullNodeWaits",
             ProfileOn("w"),
             {Host(16000), Taken(Node("w", 8192, 8), {.memory_bytes = 8000 * kMiB})},
             "",
             false},
        Case{"SelectorMatches",
             Selecting("room", "attic"),
             {Host(16000), Labelled(Node("w", 8192, 8), "room", "attic")},
             "w"},
        Case{"SelectorOtherValue",
             Selecting("room", "attic"),
             {Labelled(Host(16000), "room", "cellar")},
             "",
             true}),
    [](const auto& i) { return i.param.name; });

TEST(PlacementTest, PlacedSessionCarriesVariantDemandAndVerdicts) {
  Request request = Wish();
  auto cuda = Variant("cuda", {.gpuVendor = {"nvidia"}});
  cuda.gpus = 1;
  cuda.resources.requests["memory"] = "2Gi";
  request.browser_class.spec.variants = {cuda, Variant("software")};
  const std::vector<NodeView> nodes = {WithGpu(Node("w", 8192, 8), "nvidia"), Host(4096)};

  const Placement got = Place(request, nodes);
  EXPECT_EQ(got.node, "w");
  EXPECT_EQ(got.variant, "cuda");
  EXPECT_EQ(got.demand, (Demand{.memory_bytes = 2048 * kMiB, .milli_cpu = 1000, .gpus = 1}));
  EXPECT_EQ(got.message, "Successfully assigned default/my-browser to w.");
  ASSERT_EQ(got.verdicts.size(), 2u);
  EXPECT_EQ(got.verdicts[0].node, "host");
  EXPECT_EQ(got.verdicts[0].filter, "MemoryFloor");
  EXPECT_TRUE(got.verdicts[0].permanent);
  EXPECT_EQ(got.verdicts[1].node, "w");
  EXPECT_EQ(got.verdicts[1].filter, "");
}

TEST(PlacementTest, OrderOfTheNodesDoesNotMatter) {
  std::vector<NodeView> nodes = {Node("c", 8192, 8, .3), Node("a", 2048, 8),
                                 Node("b", 8192, 8, .3)};
  const Placement first = Place(Wish(), nodes);
  std::swap(nodes[0], nodes[2]);
  const Placement second = Place(Wish(), nodes);
  EXPECT_EQ(first.node, "b");
  EXPECT_EQ(second.node, "b");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    EXPECT_EQ(first.verdicts[i].node, second.verdicts[i].node);
  }
}

}  // namespace
}  // namespace nekoplane::scheduler
