// Makes the n-th call to the engine go wrong, for every n and in every way, once or for good, and
// checks what must hold anyway: no answer is never taken for "gone", nothing is started twice, and
// when the engine is well again so is everything else.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/unit/controller/runtime/docker/harness.h"

namespace nekoplane::runtime {
namespace {

using testing::FakeEngine;
using Fault = FakeEngine::Fault;

InstanceSpec SpecWithFiles() {
  InstanceSpec spec = TestSpec();
  spec.files = {{"/etc/neko/x.conf", "x", 0644}};
  return spec;
}

// Repeats a step until it succeeds, as a reconciler would; every failure must leave the outcome
// open.
template <class Step>
void Insist(const char* name, const Step& step, int most = 4) {
  for (int i = 0; i < most; ++i) {
    const auto result = step();
    if (result) return;
    EXPECT_TRUE(OutcomeUnknown(result.error().code)) << name << ": " << result.error().ToString();
  }
  ADD_FAILURE() << name << " never succeeds";
}

class FaultLoopTest : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultLoopTest, OneFaultAtAnyCallIsHealedByRepeating) {
  std::uint64_t n = 0;
  for (bool fired = true; fired && n < 200;) {
    SCOPED_TRACE("fault at call " + std::to_string(++n));
    fired = false;
    Harness h;
    h.engine.SetPlan([&](std::uint64_t number, const http::ClientRequest&) {
      if (number != n) return Fault::kNone;
      fired = true;
      return GetParam();
    });
    const InstanceSpec spec = SpecWithFiles();
    Insist("Facts", [&] { return h.driver.Facts(h.ctx); });
    Insist("EnsureStarted", [&] { return h.driver.EnsureStarted(h.ctx, spec); });
    ASSERT_EQ(h.engine.containers().size(), 1u);
    EXPECT_EQ(h.engine.containers().begin()->second.starts, 1);
    Insist("Inspect", [&] { return h.driver.Inspect(h.ctx, "1b2c"); });
    Insist("List", [&] { return h.driver.List(h.ctx); });
    Insist("ListVolumes", [&] { return h.driver.ListVolumes(h.ctx); });
    Insist("EnsureStopped",
           [&] { return h.driver.EnsureStopped(h.ctx, "1b2c", std::chrono::seconds(1)); });
    Insist("EnsureStarted again", [&] { return h.driver.EnsureStarted(h.ctx, spec); });
    EXPECT_EQ(h.engine.containers().begin()->second.starts, 2);
    Insist("EnsureRemoved",
           [&] { return h.driver.EnsureRemoved(h.ctx, "1b2c", std::chrono::seconds(1)); });
    EXPECT_TRUE(h.engine.containers().empty());
    Insist("EnsureVolumeRemoved",
           [&] { return h.driver.EnsureVolumeRemoved(h.ctx, "nekoplane-session-1b2c"); });
    EXPECT_TRUE(h.engine.volumes().empty());
  }
  EXPECT_GT(n, 15u) << "the loop ended too early to have met every call";
  EXPECT_LT(n, 200u);
}

TEST_P(FaultLoopTest, EngineThatStaysBrokenIsUnknownForEver) {
  for (std::uint64_t n = 1; n <= 8; ++n) {
    SCOPED_TRACE("broken from call " + std::to_string(n));
    Harness h;
    h.engine.PutVolume("nekoplane-session-1b2c", {{"nekoplane.dev/installation", "inst"},
                                                  {"nekoplane.dev/session-uid", "1b2c"}});
    h.engine.SetPlan([&](std::uint64_t number, const http::ClientRequest&) {
      return number >= n ? GetParam() : Fault::kNone;
    });
    for (int i = 0; i < 3; ++i) {
      const auto started = h.driver.EnsureStarted(h.ctx, SpecWithFiles());
      if (!started) {
        EXPECT_TRUE(OutcomeUnknown(started.error().code)) << started.error().ToString();
      }
    }
    // A start whose reply is lost has happened, but only once.
    if (!h.engine.containers().empty()) {
      EXPECT_LE(h.engine.containers().begin()->second.starts, 1);
    }
    const auto seen = h.driver.Inspect(h.ctx, "1b2c");
    ASSERT_FALSE(seen);
    EXPECT_TRUE(OutcomeUnknown(seen.error().code)) << seen.error().ToString();
    const auto list = h.driver.List(h.ctx);
    ASSERT_FALSE(list);
    EXPECT_TRUE(OutcomeUnknown(list.error().code)) << list.error().ToString();
    const auto volumes = h.driver.ListVolumes(h.ctx);
    ASSERT_FALSE(volumes);
    const auto removed = h.driver.EnsureRemoved(h.ctx, "1b2c", Duration::zero());
    ASSERT_FALSE(removed) << "nobody knows whether it is gone";
    EXPECT_TRUE(OutcomeUnknown(removed.error().code)) << removed.error().ToString();
    const auto image = h.driver.ImageId(h.ctx, "neko:1");
    ASSERT_FALSE(image);
    EXPECT_TRUE(OutcomeUnknown(image.error().code)) << image.error().ToString();
  }
}

INSTANTIATE_TEST_SUITE_P(Every, FaultLoopTest, ::testing::ValuesIn(FakeEngine::AllFaults()),
                         [](const auto& row) {
                           return std::string(FakeEngine::FaultName(row.param));
                         });

}  // namespace
}  // namespace nekoplane::runtime
