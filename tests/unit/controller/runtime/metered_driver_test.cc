#include "controller/runtime/metered_driver.h"

#include <gtest/gtest.h>

#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/sim/sim_engine.h"
#include "tests/support/fake_clock.h"

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
  EXPECT_EQ(metrics.EngineCall("host", "List", "ok").Value(), 1);
  EXPECT_EQ(metrics.EngineCall("host", "List", "Unavailable").Value(), 1);
  EXPECT_EQ(metrics.EngineCall("host", "Inspect", "NotFound").Value(), 1);
  const auto seen = metrics.EngineCallDuration("List").Collect().histogram;
  EXPECT_EQ(seen.sample_count, 2u);
  EXPECT_DOUBLE_EQ(seen.sample_sum, 0.5);
  EXPECT_DOUBLE_EQ(metrics.EngineCallSeconds("host", "List").Value(), 0.5);
}

}  // namespace
}  // namespace nekoplane::runtime
