#include "controller/scheduler/capacity.h"

#include <gtest/gtest.h>

#include "tests/unit/controller/scheduler/builders.h"

namespace nekoplane::scheduler {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1024} * 1024;

// A wish for so much of each.
Request Wants(const char* memory, const char* cpu) {
  Request request = Wish();
  request.browser_class.spec.variants[0].resources.requests = {{"memory", memory}, {"cpu", cpu}};
  return request;
}

// On one node; -1 if the class has no variant for it.
std::int64_t Slots(const Request& request, const NodeView& node) {
  const auto slots = FreeSlots(request, {node});
  EXPECT_EQ(slots.size(), 1u);
  return slots.at(0).value_or(-1);
}

TEST(FreeSlotsTest, TheScarcestResourceDecides) {
  EXPECT_EQ(Slots(Wants("1Gi", "100m"), Host(8192)), 8);
  EXPECT_EQ(Slots(Wants("64Mi", "1500m"), Host(8192)), 2);
  NodeView few_ports = Host(8192);
  few_ports.free_media_ports = 3;
  EXPECT_EQ(Slots(Wants("64Mi", "100m"), few_ports), 3);
}

TEST(FreeSlotsTest, WhatIsTakenIsNotFree) {
  const Demand taken{.memory_bytes = 7500 * kMiB};
  EXPECT_EQ(Slots(Wants("300Mi", "100m"), Taken(Host(8192), taken)), 2);
  EXPECT_EQ(Slots(Wants("1Gi", "100m"), Taken(Host(8192), taken)), 0);
}

TEST(FreeSlotsTest, AnOvercommittedNodeHasNone) {
  EXPECT_EQ(Slots(Wants("1Gi", "100m"), Taken(Host(8192), {.memory_bytes = 9000 * kMiB})), 0);
}

TEST(FreeSlotsTest, GpusAreCounted) {
  Request request = Wants("64Mi", "100m");
  request.browser_class.spec.variants[0].gpus = 1;
  NodeView node = WithGpu(Host(8192), "nvidia", 2);
  EXPECT_EQ(Slots(request, node), 2);
  EXPECT_EQ(Slots(request, Taken(node, {.gpus = 1})), 1);
  EXPECT_EQ(Slots(request, Host(8192)), 0);
}

TEST(FreeSlotsTest, ANodeThatRefusesOneHasNoSlots) {
  EXPECT_EQ(Slots(Wish(), Offline(Host(8192))), 0);
  EXPECT_EQ(Slots(Wish(), Host(1024)), 0) << "below the floor";
  NodeView cordoned = Host(8192);
  cordoned.node.spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
  EXPECT_EQ(Slots(Wish(), cordoned), 0);
  Request other_arch = Wish();
  other_arch.browser_class.spec.variants[0].match.arch = {"arm64"};
  EXPECT_EQ(Slots(other_arch, Host(8192)), -1) << "not now and not later";
}

TEST(FreeSlotsTest, EachNodeIsCountedForItselfInTheOrderGiven) {
  const auto slots = FreeSlots(Wants("1Gi", "100m"),
                               {Node("w2", 8192, 8), Offline(Host(8192)), Node("w1", 4096, 8)});
  EXPECT_EQ(slots, (std::vector<std::optional<std::int64_t>>{8, 0, 4}));
}

// The promise itself: so many are placed one after the other, and not one more.
TEST(FreeSlotsTest, AgreesWithPlacement) {
  for (const char* memory : {"100Mi", "700Mi", "1Gi", "3Gi", "8Gi", "9Gi"}) {
    for (const char* cpu : {"50m", "300m", "1", "4"}) {
      const Request request = Wants(memory, cpu);
      NodeView node = Taken(Host(8192), {.memory_bytes = 333 * kMiB, .milli_cpu = 250});
      node.free_http_ports = 20;
      const std::int64_t slots = Slots(request, node);
      std::int64_t placed = 0;
      while (placed <= 20) {
        const Placement placement = Place(request, {node});
        if (placement.node.empty()) break;
        ++placed;
        node.allocated.memory_bytes += placement.demand.memory_bytes;
        node.allocated.milli_cpu += placement.demand.milli_cpu;
        --node.free_http_ports;
        --node.free_media_ports;
      }
      EXPECT_EQ(slots, placed) << memory << " " << cpu;
    }
  }
}

TEST(ViewFromStatusTest, ReadsWhatTheNodeSaysIsTaken) {
  v1alpha1::BrowserNode node = Host(8192).node;
  node.spec.ports = {.http = {8800, 8809}, .media = {59000, 59004}};
  node.status.allocated = {.memory = "1Gi", .cpu = "1500m", .gpus = 1, .ports = 2};
  const NodeView view = ViewFromStatus(node);
  EXPECT_EQ(view.node.metadata.name, "host");
  EXPECT_EQ(view.allocated, (Demand{.memory_bytes = 1024 * kMiB, .milli_cpu = 1500, .gpus = 1}));
  EXPECT_EQ(view.free_http_ports, 8);
  EXPECT_EQ(view.free_media_ports, 3);
}

TEST(ViewFromStatusTest, ANodeThatSaysNothingHasNothingTaken) {
  const NodeView view = ViewFromStatus(Host(8192).node);
  EXPECT_EQ(view.allocated, Demand{});
  EXPECT_EQ(view.free_http_ports, 1000);
}

}  // namespace
}  // namespace nekoplane::scheduler
