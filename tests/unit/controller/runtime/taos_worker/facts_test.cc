#include "controller/runtime/taos_worker/facts.h"

#include <gtest/gtest.h>

namespace nekoplane::runtime::taos {
namespace {

constexpr MonoTime kNow{std::chrono::hours(1)};

WorkerReport Good() {
  return {.at = kNow,
          .ram_mb = 7900,
          .cores = 8,
          .arch = "arm64",
          .soc = "rk3588",
          .gpu = GpuFacts{.vendor = "nvidia", .model = "RTX", .count = 1},
          .load = 0.256};
}

TEST(TaosFactsTest, ReportBecomesFacts) {
  const auto facts = FactsOf(Good(), kNow);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->memory_bytes, std::int64_t{7900} << 20);
  EXPECT_EQ(facts->cores, 8);
  EXPECT_EQ(facts->arch, "arm64");
  EXPECT_EQ(facts->soc, "rk3588");
  EXPECT_EQ(facts->gpu->vendor, "nvidia");
  EXPECT_EQ(facts->load_percent, 26);
  EXPECT_EQ(facts->engine_name, "taos-worker");
}

TEST(TaosFactsTest, SilentAfterThirtySeconds) {
  EXPECT_TRUE(FactsOf(Good(), kNow + std::chrono::seconds(30)));
  WorkerReport report = Good();
  report.wall = WallTime(std::chrono::seconds(1767225600));
  const auto late = FactsOf(report, kNow + std::chrono::milliseconds(30001));
  ASSERT_TRUE(late.is(Code::kUnavailable));
  EXPECT_EQ(late.error().message, "no heartbeat since 2026-01-01T00:00:00Z");
}

TEST(TaosFactsTest, DrainingOrWithoutBrowsersIsNotReady) {
  WorkerReport report = Good();
  report.online = false;
  report.status = "draining";
  EXPECT_EQ(FactsOf(report, kNow).error().message, "the worker says that it is draining");
  report = Good();
  report.browsers = false;
  EXPECT_EQ(FactsOf(report, kNow).error().reason, "NoBrowserCapability");
}

TEST(TaosFactsTest, LoadStaysWithinBounds) {
  WorkerReport report = Good();
  report.load = 7.5;
  EXPECT_EQ(FactsOf(report, kNow)->load_percent, 100);
  report.load = -1;
  EXPECT_EQ(FactsOf(report, kNow)->load_percent, 0);
}

}  // namespace
}  // namespace nekoplane::runtime::taos
