#include "controller/metrics/process_metrics.h"

#include <gtest/gtest.h>

#include "tests/unit/controller/metrics/samples.h"

namespace nekoplane::metrics {
namespace {

constexpr char kStat[] =
    "4711 (neko) plane) S 1 4711 4711 0 -1 4194560 2000 0 0 0 150 50 0 0 20 0 7 0 "
    "123456 104857600 2560 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0\n";

TEST(ProcessStatTest, ReadsWhatProcSays) {
  const auto stat = ParseProcessStat(kStat);
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->cpu_ticks, 200);
  EXPECT_EQ(stat->threads, 7);
  EXPECT_EQ(stat->start_ticks, 123456);
  EXPECT_EQ(stat->virtual_bytes, 104857600);
  EXPECT_EQ(stat->resident_pages, 2560);
}

TEST(ProcessStatTest, RefusesWhatIsNotThatFormat) {
  for (const char* text : {"", "4711", "4711 (x", "4711 (x) S 1 2",
                           "1 (x) S a b c d e f g h i j k l "
                           "m n o p q r s t u v w"}) {
    EXPECT_FALSE(ParseProcessStat(text).has_value()) << text;
  }
}

TEST(ProcessStatTest, FindsTheBootTime) {
  EXPECT_EQ(ParseBootTime("cpu 1 2 3\nbtime 1767225600\nprocesses 5\n"), 1767225600);
  EXPECT_EQ(ParseBootTime("btime 7"), 7);
  EXPECT_EQ(ParseBootTime("cpu 1\n"), std::nullopt);
  EXPECT_EQ(ParseBootTime(""), std::nullopt);
}

TEST(ProcessCollectorTest, MeasuresThisProcess) {
  const ProcessCollector collector;
  EXPECT_GT(Value(collector, "process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(Value(collector, "process_virtual_memory_bytes"),
            Value(collector, "process_resident_memory_bytes"));
  EXPECT_GE(Value(collector, "process_cpu_seconds_total"), 0);
  EXPECT_GE(Value(collector, "process_open_fds"), 3);
  EXPECT_GE(Value(collector, "process_max_fds"), Value(collector, "process_open_fds"));
  EXPECT_GE(Value(collector, "process_threads"), 1);
  EXPECT_GT(Value(collector, "process_start_time_seconds"), 1577836800) << "after 2020";
}

TEST(ProcessCollectorTest, WhatCannotBeReadIsLeftOut) {
  const ProcessCollector collector("/nonexistent");
  const auto families = collector.Collect();
  ASSERT_EQ(families.size(), 1u);
  EXPECT_EQ(families[0].name, "process_max_fds");
}

}  // namespace
}  // namespace nekoplane::metrics
