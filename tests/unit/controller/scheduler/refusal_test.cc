// Every text with which a session can be refused. People read them and alerts match them: a change
// here is a change of the product.
#include <gtest/gtest.h>

#include <ostream>

#include "controller/scheduler/filters.h"
#include "tests/unit/controller/scheduler/builders.h"

namespace nekoplane::scheduler {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;

struct Case {
  const char* name;
  Request request;
  NodeView node;
  const char* filter;
  const char* reason;
  bool permanent;
};

void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class RefusalTest : public ::testing::TestWithParam<Case> {};

TEST_P(RefusalTest, SaysWhichFilterAndWhy) {
  const Placement got = Place(GetParam().request, {GetParam().node});
  ASSERT_EQ(got.node, "");
  ASSERT_EQ(got.verdicts.size(), 1u);
  EXPECT_EQ(got.verdicts[0].filter, GetParam().filter);
  EXPECT_EQ(got.verdicts[0].reason, GetParam().reason);
  EXPECT_EQ(got.verdicts[0].permanent, GetParam().permanent);
  EXPECT_EQ(got.message, "0/1 nodes are available: 1 " + std::string(GetParam().reason) + ".");
}

Request Changed(void (*change)(Request&)) {
  Request request = Wish();
  change(request);
  return request;
}

NodeView Changed(NodeView view, void (*change)(NodeView&)) {
  change(view);
  return view;
}

const Case kCases[] = {
    {"RequestedNode", On("attic"), Host(8192), "RequestedNode",
     "node(s) didn't match the requested node attic", true},
    {"NodeSelector", Changed([](Request& r) { r.session.spec.nodeSelector["room"] = "attic"; }),
     Host(8192), "NodeSelector", "node(s) didn't match the session's node selector", true},
    {"Profile", Changed([](Request& r) { r.profile_node = "attic"; }), Host(8192),
     "ProfileLocality", "node(s) didn't hold the session's profile, which is on attic", true},
    {"Capability", Wish(),
     Changed(Node("w", 8192, 8),
             [](NodeView& v) {
               SetCondition(v.node, v1alpha1::node::kCapable, "False", "NoBrowserCapability");
             }),
     "Capable", "node(s) couldn't run browsers (NoBrowserCapability)", true},
    {"HostFloor", Wish(), Host(6143), "MemoryFloor", "host below the 6144 MB floor", true},
    {"OtherHostFloor", Changed([](Request& r) { r.host_min_ram_mb = 9000; }), Host(8192),
     "MemoryFloor", "host below the 9000 MB floor", true},
    {"WorkerFloor", Wish(), Node("w", 4095, 8), "MemoryFloor", "worker(s) below the 4096 MB floor",
     true},
    {"CapableConditionAboutFloorsIsLeftToTheFloors", Wish(),
     Changed(Node("w", 2048, 8),
             [](NodeView& v) {
               SetCondition(v.node, v1alpha1::node::kCapable, "False",
                            v1alpha1::node::kReasonBelowMemoryFloor);
             }),
     "MemoryFloor", "worker(s) below the 4096 MB floor", true},
    {"OtherCoreFloor", Changed([](Request& r) { r.worker_min_cores = 9; }), Node("w", 8192, 8),
     "CoreFloor", "worker(s) below the 9 core floor", true},
    {"CoreFloor", Wish(), Node("w", 8192, 3), "CoreFloor", "worker(s) below the 4 core floor",
     true},
    {"Arch", Changed([](Request& r) {
       r.browser_class.spec.variants = {Variant("arm", {.arch = {"arm64"}})};
     }),
     Host(8192), "HardwareVariant", "class chromium had no variant for amd64", true},
    {"GpuAndSoc", Changed([](Request& r) {
       r.browser_class.spec.variants = {Variant("rk", {.soc = {"rk3588"}})};
     }),
     Changed(WithGpu(Host(8192), "intel"),
             [](NodeView& v) { v.node.status.hardware.soc = "n100"; }),
     "HardwareVariant", "class chromium had no variant for amd64 with gpu intel on n100", true},
    {"NoVariants", Changed([](Request& r) { r.browser_class.spec.variants.clear(); }), Host(8192),
     "HardwareVariant", "class chromium had no variant for amd64", true},
    {"NeverEnoughMemory",
     Changed([](Request& r) { r.session.spec.resources.requests["memory"] = "16Gi"; }), Host(8192),
     "FitsEmpty", "Insufficient memory", true},
    {"NeverEnoughGpus", Changed([](Request& r) { r.browser_class.spec.variants[0].gpus = 2; }),
     WithGpu(Host(8192), "nvidia", 1), "FitsEmpty", "Insufficient gpus", true},
    {"NoPortsConfigured", Wish(),
     Changed(Host(8192),
             [](NodeView& v) {
               v.node.spec.ports.media = {2, 1};
             }),
     "FitsEmpty", "Insufficient ports", true},
    {"UnreadableAllocatable", Wish(),
     Changed(Host(8192), [](NodeView& v) { v.node.status.allocatable.memory = "lots"; }),
     "FitsEmpty", "Insufficient memory", true},
    {"PermanentReasonIsToldFirst",
     Changed([](Request& r) { r.session.spec.resources.requests["cpu"] = "64"; }),
     Taken(Host(8192), {.memory_bytes = 8000 * kMiB}), "FitsEmpty", "Insufficient cpu", true},
    {"Deleted", Wish(),
     Changed(Host(8192),
             [](NodeView& v) { v.node.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"; }),
     "Schedulable", "node(s) were being deleted", false},
    {"Draining", Wish(),
     Changed(Host(8192), [](NodeView& v) { v.node.spec.drain = v1alpha1::NodeDrain{}; }),
     "Schedulable", "node(s) were draining", false},
    {"Cordoned", Wish(),
     Changed(Host(8192),
             [](NodeView& v) {
               v.node.spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
             }),
     "Schedulable", "node(s) were unschedulable", false},
    {"Taint", Wish(), Tainted(Host(8192), {"dedicated", "ci"}), "Taints",
     "node(s) had untolerated taint {dedicated: ci}", false},
    {"TaintWithoutValue", Wish(), Tainted(Host(8192), {"broken", ""}), "Taints",
     "node(s) had untolerated taint {broken: }", false},
    {"Reserved", Changed([](Request& r) { r.closed_nodes = {"host"}; }), Host(8192), "Reserved",
     "node(s) were reserved for sessions ahead in the queue", false},
    {"NoRoomIsToldBeforeReserved", Changed([](Request& r) { r.closed_nodes = {"host"}; }),
     Taken(Host(8192), {.memory_bytes = 7000 * kMiB}), "HasRoom", "Insufficient memory", false},
    {"NotReady", Wish(), Offline(Host(8192)), "Ready", "node(s) were not ready", false},
    {"NoConditionsYet", Wish(), Changed(Host(8192), [](NodeView& v) { v.node.status = {}; }),
     "Ready", "node(s) were not ready", false},
    {"Memory", Wish(), Taken(Host(8192), {.memory_bytes = 7000 * kMiB}), "HasRoom",
     "Insufficient memory", false},
    {"Cpu", Wish(), Taken(Host(8192), {.milli_cpu = 3001}), "HasRoom", "Insufficient cpu", false},
    {"Gpus", Changed([](Request& r) { r.browser_class.spec.variants[0].gpus = 1; }),
     Taken(WithGpu(Host(8192), "nvidia", 1), {.gpus = 1}), "HasRoom", "Insufficient gpus", false},
    {"HttpPorts", Wish(), Changed(Host(8192), [](NodeView& v) { v.free_http_ports = 0; }),
     "HasRoom", "Insufficient ports", false},
    {"MediaPorts", Wish(), Changed(Host(8192), [](NodeView& v) { v.free_media_ports = 0; }),
     "HasRoom", "Insufficient ports", false},
};

INSTANTIATE_TEST_SUITE_P(Texts, RefusalTest, ::testing::ValuesIn(kCases),
                         [](const auto& i) { return i.param.name; });

TEST(RefusalTextTest, CountsCausesInTheOrderOfTheirText) {
  const Placement got =
      Place(Wish(), {Host(4096), Taken(Node("a", 8192, 8), {.memory_bytes = 8000 * kMiB}),
                     Taken(Node("b", 8192, 8), {.memory_bytes = 8000 * kMiB})});
  EXPECT_EQ(got.message,
            "0/3 nodes are available: 1 host below the 6144 MB floor, 2 Insufficient memory.");
}

TEST(RefusalTextTest, NoNodes) {
  EXPECT_EQ(Place(Wish(), {}).message, "0/0 nodes are available: no node is registered.");
}

TEST(RefusalTextTest, EveryFilterIsCovered) {
  for (const Filter& filter : Filters()) {
    bool covered = false;
    for (const Case& c : kCases) covered = covered || filter.name == c.filter;
    EXPECT_TRUE(covered) << filter.name << " has no row in the table";
  }
}

}  // namespace
}  // namespace nekoplane::scheduler
