#include "controller/cmd/nekoplane/object_collector.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/controller/metrics/samples.h"

namespace nekoplane {
namespace {

// How many more sessions fit on a machine with this much, by what is asked of machines.
double FreeSlots(const char* name, std::int64_t ram_mb, std::int64_t cores,
                 PlacementQuestions::Floors floors) {
  const testing::FakeClock clock;
  auto node = std::make_shared<v1alpha1::BrowserNode>(testing::MakeNode(name));
  node->status.hardware.ramMB = ram_mb;
  node->status.hardware.cores = cores;
  node->status.allocatable.cpu = std::to_string(cores);
  const ObjectCollector collector(
      clock, floors,
      {.sessions = [] { return metrics::Sessions(); },
       .nodes = [&] { return metrics::Nodes{node}; },
       .classes = [] { return std::vector{testing::MakeClass("chromium")}; }});
  return metrics::Value(collector, "nekoplane_node_free_slots",
                        {{"class", "chromium"}, {"node", name}});
}

TEST(ObjectCollectorTest, SlotsAreThoseAboveTheFloorsThatWereSet) {
  EXPECT_EQ(FreeSlots("worker", 8192, 2, {.host_min_ram_mb = 6144, .worker_min_cores = 4}), 0);
  EXPECT_EQ(FreeSlots("worker", 8192, 2, {.host_min_ram_mb = 6144, .worker_min_cores = 2}), 2);
  EXPECT_EQ(FreeSlots("host", 4096, 2, {.host_min_ram_mb = 6144, .worker_min_cores = 4}), 0);
  EXPECT_EQ(FreeSlots("host", 4096, 2, {.host_min_ram_mb = 4096, .worker_min_cores = 4}), 2);
}

}  // namespace
}  // namespace nekoplane
