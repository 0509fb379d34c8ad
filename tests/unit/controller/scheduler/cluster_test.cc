// The search that stops early answers as the plain one, whatever the cluster looks like.
#include "controller/scheduler/cluster.h"

#include <gtest/gtest.h>

#include <map>

#include "api/base/random.h"
#include "tests/unit/controller/scheduler/builders.h"

namespace nekoplane::scheduler {
namespace {

using v1alpha1::TaintEffect;
using v1alpha1::TolerationOperator;

constexpr std::int64_t kMiB = 1024 * 1024;

// Worlds small enough that ties, exact fits and full nodes are common.
class Worlds {
 public:
  explicit Worlds(std::uint64_t seed) : random_(seed) {}

  bool Chance(std::uint64_t in) { return random_.Below(in) == 0; }

  std::string Name() { return Chance(12) ? "host" : "n" + std::to_string(random_.Below(30)); }

  NodeView ANode(std::string name) {
    static constexpr const char* kVendors[] = {"nvidia", "amd", "intel", ""};
    const auto ram = static_cast<std::int64_t>(4096 * (1 + random_.Below(4)));
    NodeView view = Node(std::move(name), Chance(10) ? 3000 : ram,
                         static_cast<std::int64_t>(Chance(10) ? 2 : 4 + random_.Below(3)),
                         static_cast<double>(random_.Below(4)) / 4);
    view.allocated = {.memory_bytes = static_cast<std::int64_t>(random_.Below(10)) * 1024 * kMiB,
                      .milli_cpu = static_cast<std::int64_t>(random_.Below(8)) * 500,
                      .gpus = static_cast<std::int64_t>(random_.Below(2))};
    if (Chance(4)) view = WithGpu(std::move(view), kVendors[random_.Below(4)], 1);
    if (Chance(5)) view.node.status.hardware.arch = "arm64";
    if (Chance(8)) view = Offline(std::move(view));
    view.node.metadata.creationTimestamp = std::to_string(random_.Below(3));
    if (Chance(12)) view.node.spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
    if (Chance(20)) view.node.spec.drain = v1alpha1::NodeDrain{};
    if (Chance(20)) view.free_media_ports = 0;
    if (Chance(20)) view.node.status.allocatable.memory = "";
    if (Chance(3)) view.node.metadata.labels["room"] = Chance(2) ? "attic" : "cellar";
    if (Chance(6)) {
      view = Tainted(std::move(view),
                     {"k", Chance(2) ? "a" : "b",
                      Chance(2) ? TaintEffect::kNoSchedule : TaintEffect::kPreferNoSchedule});
    }
    return view;
  }

  Request ARequest(const Policy& policy) {
    Request request = Wish();
    request.policy = &policy;
    auto cuda = Variant("cuda", {.gpuVendor = {"nvidia"}});
    cuda.gpus = 1;
    cuda.resources.requests["memory"] = "2Gi";
    request.browser_class.spec.variants = {cuda, Variant("amd64", {.arch = {"amd64"}})};
    if (Chance(2)) request.browser_class.spec.variants.push_back(Variant("any"));
    auto& spec = request.session.spec;
    spec.resources.requests["memory"] = std::to_string(1 + random_.Below(9)) + "Gi";
    if (Chance(10)) spec.nodeName = Name();
    if (Chance(10)) request.profile_node = Name();
    if (Chance(6)) spec.nodeSelector["room"] = "attic";
    if (Chance(3)) spec.tolerations = {{"k", TolerationOperator::kEqual, "a", ""}};
    if (Chance(10)) request.host_min_ram_mb = 1;
    for (std::uint64_t i = random_.Below(3); i > 0; --i) request.closed_nodes.insert(Name());
    return request;
  }

 private:
  SeededRandom random_;
};

void ExpectSame(const Placement& fast, const Placement& plain) {
  EXPECT_EQ(fast.node, plain.node);
  EXPECT_EQ(fast.variant, plain.variant);
  EXPECT_EQ(fast.demand, plain.demand);
  EXPECT_EQ(fast.message, plain.message);
  EXPECT_EQ(fast.no_capable_node, plain.no_capable_node);
  EXPECT_EQ(fast.nominee, plain.nominee);
}

TEST(ClusterTest, AnswersAsThePlainSearch) {
  int placed = 0, nominated = 0, incapable = 0;
  for (const char* name : {"default", "pack", "spread"}) {
    const Policy& policy = *PolicyByName(name);
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      Worlds worlds(seed);
      std::map<std::string, NodeView> nodes;
      Cluster cluster(policy);
      for (int step = 0; step < 60; ++step) {
        const std::string at = worlds.Name();
        if (worlds.Chance(4)) {
          nodes.erase(at);
          cluster = cluster.Without(at);
        } else {
          nodes[at] = worlds.ANode(at);
          cluster = cluster.With(Prepare(nodes[at]));
        }
        std::vector<NodeView> views;
        for (const auto& [unused, view] : nodes) views.push_back(view);
        const Request request = worlds.ARequest(policy);
        const Placement plain = Place(request, views);
        ExpectSame(Place(request, cluster), plain);
        ASSERT_EQ(cluster.size(), nodes.size());
        ASSERT_FALSE(HasFailure()) << name << ", seed " << seed << ", step " << step;
        placed += plain.node.empty() ? 0 : 1;
        nominated += plain.nominee.empty() ? 0 : 1;
        incapable += plain.no_capable_node ? 1 : 0;
      }
    }
  }
  // The worlds are no one-sided ones.
  EXPECT_GT(placed, 300);
  EXPECT_GT(nominated, 100);
  EXPECT_GT(incapable, 30);
}

TEST(ClusterTest, AnOlderOneStaysAsItWas) {
  const Cluster before = Cluster().With(Prepare(Node("a", 8192, 8)));
  const Cluster after = before.With(Prepare(Host(8192))).Without("a");
  EXPECT_EQ(Place(Wish(), before).node, "a");
  EXPECT_EQ(Place(Wish(), after).node, "host");
  EXPECT_EQ(before.Find("host"), nullptr);
  ASSERT_NE(after.Find("host"), nullptr);
  EXPECT_EQ(after.Find("a"), nullptr);
}

TEST(ClusterTest, EmptyOneRefuses) {
  EXPECT_EQ(Place(Wish(), Cluster()).message, "0/0 nodes are available: no node is registered.");
  EXPECT_TRUE(Place(Wish(), Cluster()).no_capable_node);
}

}  // namespace
}  // namespace nekoplane::scheduler
