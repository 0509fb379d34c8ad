// taOS's placement tables, row by row and in its words, and the facts at their edges. Where taOS
// answers "none", the sentence that our users read instead is part of the row.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "controller/scheduler/cluster.h"
#include "controller/scheduler/explain.h"
#include "controller/scheduler/scheduler.h"
#include "tests/unit/controller/scheduler/builders.h"

namespace nekoplane::scheduler {
namespace {

constexpr char kNone[] = "";
constexpr char kNoNodes[] = "0/0 nodes are available: no node is registered.";
constexpr char kHostFloor[] = "0/1 nodes are available: 1 host below the 6144 MB floor.";
constexpr char kWorkerFloor[] = "0/1 nodes are available: 1 worker(s) below the 4096 MB floor.";
constexpr char kCoreFloor[] = "0/1 nodes are available: 1 worker(s) below the 4 core floor.";
constexpr char kNotReady[] = "0/1 nodes are available: 1 node(s) were not ready.";

NodeView Embeds(NodeView view) {
  SetCondition(view.node, v1alpha1::node::kCapable, "False", "NoBrowserCapability");
  return view;
}

// What a controller knows of a machine that reported nothing, or nothing readable: zeroes.
NodeView Unreported(NodeView view) {
  view.node.status.hardware = {};
  return view;
}

NodeView Cuda(NodeView view) { return WithGpu(std::move(view), "nvidia"); }

struct Row {
  const char* name;
  Request request;
  std::vector<NodeView> nodes;
  std::string want;  // kNone = taOS's none, 409 no_capable_node
  std::string message;
};

void PrintTo(const Row& row, std::ostream* os) { *os << row.name; }

class TaosTable : public ::testing::TestWithParam<Row> {};

TEST_P(TaosTable, SameAnswer) {
  const Row& row = GetParam();
  const std::string placed = "Successfully assigned default/my-browser to " + row.want + ".";
  const std::string message = row.want == kNone ? row.message : placed;
  Cluster cluster;
  for (const NodeView& node : row.nodes) cluster = cluster.With(Prepare(node));
  for (const Placement& got : {Place(row.request, row.nodes), Place(row.request, cluster)}) {
    EXPECT_EQ(got.node, row.want);
    EXPECT_EQ(got.no_capable_node, row.want == kNone);
    EXPECT_EQ(got.message, message);
  }
}

std::string NameOf(const ::testing::TestParamInfo<Row>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Host, TaosTable,
    ::testing::Values(Row{"Ram8192", Wish(), {Host(8192)}, "host", ""},
                      Row{"Ram16384", Wish(), {Host(16384)}, "host", ""},
                      Row{"Ram4096", Wish(), {Host(4096)}, kNone, kHostFloor},
                      Row{"NoHardware", Wish(), {Unreported(Host(8192))}, kNone, kHostFloor},
                      Row{"HostAloneNothingExplicit", Wish(), {Host(8192)}, "host", ""},
                      Row{"Ram6143", Wish(), {Host(6143)}, kNone, kHostFloor},
                      Row{"Ram6144", Wish(), {Host(6144)}, "host", ""},
                      Row{"SixGigabyteBoard", Wish(), {Host(5850)}, kNone, kHostFloor},
                      Row{"NoCoreFloorForTheHost", Wish(), {Node("host", 8192, 1)}, "host", ""}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Workers, TaosTable,
    ::testing::Values(
        Row{"NoWorkers", Wish(), {}, kNone, kNoNodes},
        Row{"Ram2048Cores8", Wish(), {Node("w", 2048, 8)}, kNone, kWorkerFloor},
        Row{"Ram8192Cores8Offline", Wish(), {Offline(Node("w", 8192, 8))}, kNone, kNotReady},
        Row{"Ram8192Cores8Online", Wish(), {Node("w", 8192, 8)}, "w", ""},
        Row{"GpuBeforeLoad",
            Wish(),
            {Node("cpu-node", 8192, 8, .1), Cuda(Node("gpu-node", 8192, 8, .5))},
            "gpu-node",
            ""},
        Row{"LighterFirst",
            Wish(),
            {Node("heavy", 8192, 8, .8), Node("light", 8192, 8, .2)},
            "light",
            ""},
        Row{"Ram8192Cores2", Wish(), {Node("w", 8192, 2)}, kNone, kCoreFloor},
        Row{"HardwareEmpty", Wish(), {Unreported(Node("w", 8192, 8))}, kNone, kWorkerFloor},
        Row{"ExactlyTheFloors", Wish(), {Node("w", 4096, 4)}, "w", ""},
        Row{"OneBelowTheMemoryFloor", Wish(), {Node("w", 4095, 4)}, kNone, kWorkerFloor},
        Row{"OneBelowTheCoreFloor", Wish(), {Node("w", 4096, 3)}, kNone, kCoreFloor},
        Row{"CapabilityEmbedOnly",
            Wish(),
            {Embeds(Node("w", 8192, 8))},
            kNone,
            "0/1 nodes are available: 1 node(s) couldn't run browsers (NoBrowserCapability)."},
        Row{"FourGigabyteBoard", Wish(), {Node("w", 3790, 4)}, kNone, kWorkerFloor},
        Row{"MacTellsNoMemory", Wish(), {Node("mac", 0, 8)}, kNone, kWorkerFloor},
        Row{"SessionsDoNotCountForTheOrder",
            Wish(),
            {Taken(Node("a", 65536, 8), {.memory_bytes = std::int64_t{4} << 30}),
             Node("b", 65536, 8)},
            "a",
            ""}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Gpus, TaosTable,
    ::testing::Values(Row{"Amd",
                          Wish(),
                          {Node("a", 8192, 8, .1), WithGpu(Node("b", 8192, 8, .5), "amd")},
                          "b",
                          ""},
                      Row{"Apple",
                          Wish(),
                          {Node("a", 8192, 8, .1), WithGpu(Node("b", 8192, 8, .5), "apple")},
                          "b",
                          ""},
                      Row{"MaliDoesNotCount",
                          Wish(),
                          {Node("a", 8192, 8, .1), WithGpu(Node("b", 8192, 8, .5), "mali")},
                          "a",
                          ""},
                      Row{"IntelDoesNotCount",
                          Wish(),
                          {Node("a", 8192, 8, .1), WithGpu(Node("b", 8192, 8, .5), "intel")},
                          "a",
                          ""},
                      Row{"CountZeroIsNone",
                          Wish(),
                          {Node("a", 8192, 8, .1), WithGpu(Node("b", 8192, 8, .5), "nvidia", 0)},
                          "a",
                          ""}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Resolve, TaosTable,
    ::testing::Values(
        Row{"HostBeforeGpuWorkers", Wish(), {Cuda(Node("w", 65536, 32)), Host(16000)}, "host", ""},
        Row{"HostTooSmallBestWorker",
            Wish(),
            {Host(4096), Node("heavy", 8192, 8, .8), Node("light", 8192, 8, .2)},
            "light",
            ""},
        Row{"Host16000NoWorkers", Wish(), {Host(16000)}, "host", ""},
        Row{"Host4096NoWorkers", Wish(), {Host(4096)}, kNone, kHostFloor},
        Row{"ExplicitNodeCapable",
            On("node-1"),
            {Host(16000), Node("node-1", 8192, 8)},
            "node-1",
            ""},
        Row{"ExplicitNodeNonexistent",
            On("nonexistent-node"),
            {Host(16000)},
            kNone,
            "0/1 nodes are available: 1 node(s) didn't match the requested node "
            "nonexistent-node."},
        Row{"ExplicitGhostStoresNothing",
            On("ghost"),
            {Node("w", 8192, 8)},
            kNone,
            "0/1 nodes are available: 1 node(s) didn't match the requested node ghost."},
        Row{"ExplicitLocal",
            On("local"),
            {Host(16000)},
            kNone,
            "0/1 nodes are available: 1 node(s) didn't match the requested node local."},
        Row{"ExplicitIncapableHasNoFallback",
            On("small"),
            {Host(16000), Node("small", 2048, 8)},
            kNone,
            "0/2 nodes are available: 1 node(s) didn't match the requested node small, "
            "1 worker(s) below the 4096 MB floor."},
        Row{"RestartHost16384", Wish(), {Host(16384)}, "host", ""},
        Row{"RestartHost4096WithoutWorkers", Wish(), {Host(4096)}, kNone, kHostFloor}),
    NameOf);

// Those of one second by name.
TEST(TaosTableTest, TiesAreBrokenByTheOrderOfRegistration) {
  NodeView a = Node("a", 8192, 8, .5), b = Node("b", 8192, 8, .5), c = Node("c", 8192, 8, .5);
  a.node.metadata.creationTimestamp = "2026-01-02T00:00:00Z";
  b.node.metadata.creationTimestamp = c.node.metadata.creationTimestamp = "2026-01-01T00:00:00Z";
  std::vector<NodeView> nodes = {a, b, c};
  do {
    EXPECT_EQ(Place(Wish(), nodes).node, "b");
    Cluster cluster;
    for (const NodeView& node : nodes) cluster = cluster.With(Prepare(node));
    EXPECT_EQ(Place(Wish(), cluster).node, "b");
    std::string order;
    for (const auto& node : Explain(Wish(), cluster).nodes) order += node.node;
    EXPECT_EQ(order, "bca");
  } while (
      std::next_permutation(nodes.begin(), nodes.end(), [](const NodeView& x, const NodeView& y) {
        return x.node.metadata.name < y.node.metadata.name;
      }));
}

}  // namespace
}  // namespace nekoplane::scheduler
