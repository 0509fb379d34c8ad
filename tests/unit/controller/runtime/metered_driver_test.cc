#include "controller/runtime/metered_driver.h"

#include <gtest/gtest.h>

#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/sim/sim_engine.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/controller/metrics/samples.h"

namespace nekoplane::runtime {
namespace {

TEST(MeteredDriverTest, CountsByResultAndTimesWhatPasses) {
  testing::FakeClock clock;
  SimEngine engine(clock);
  engine.SetFaultPlan([&](SimCall, std::uint64_t, std::string_view) {
    clock.Advance(std::chrono::milliseconds(250));
    return SimFault{};
  });
  prometheus::Registry registry;
  metrics::EngineMetrics metrics(registry);
  MeteredDriver driver("host", std::make_shared<SimDriver>(engine, clock, "inst"), metrics, clock);
  const Context ctx;
  EXPECT_TRUE(driver.List(ctx));
  EXPECT_TRUE(driver.Inspect(ctx, "a").is(Code::kNotFound));
  engine.SetDown(true);
  EXPECT_TRUE(driver.List(ctx).is(Code::kUnavailable));
  const auto families = registry.Collect();
  const auto calls = [&](const char* call, const char* result) {
    return metrics::Value(families, "nekoplane_engine_calls_total",
                          {{"node", "host"}, {"call", call}, {"result", result}});
  };
  EXPECT_EQ(calls("List", "ok"), 1);
  EXPECT_EQ(calls("List", "Unavailable"), 1);
  EXPECT_EQ(calls("Inspect", "NotFound"), 1);
  const auto* seen =
      metrics::FindSample(families, "nekoplane_engine_call_duration_seconds", {{"call", "List"}});
  ASSERT_NE(seen, nullptr);
  EXPECT_EQ(seen->histogram.sample_count, 2u);
  EXPECT_DOUBLE_EQ(seen->histogram.sample_sum, 0.5);
  EXPECT_DOUBLE_EQ(metrics::Value(families, "nekoplane_engine_call_seconds_total",
                                  {{"node", "host"}, {"call", "List"}}),
                   0.5);
}

}  // namespace
}  // namespace nekoplane::runtime
