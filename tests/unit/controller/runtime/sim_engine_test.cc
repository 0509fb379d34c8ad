#include "controller/runtime/sim/sim_engine.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/static_driver_set.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::runtime {
namespace {

InstanceSpec Spec(const std::string& uid, int port) {
  InstanceSpec spec;
  spec.session_uid = uid;
  spec.session_namespace = "default";
  spec.session_name = "s-" + uid;
  spec.spec_hash = "h1";
  spec.image = "nekoplane/neko-standin:dev";
  spec.http_port = port;
  spec.media_port = port + 1000;
  spec.profile = VolumeMount{PrivateVolumeName(uid), "/home/neko", ""};
  return spec;
}

class SimEngineTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  SimEngine engine_{clock_};
  SimDriver driver_{engine_, clock_, "inst"};
  const Context ctx_{};
};

TEST_F(SimEngineTest, StartedInstanceHoldsItsPortsUntilItExits) {
  ASSERT_TRUE(driver_.EnsureStarted(ctx_, Spec("a", 8800)));
  EXPECT_EQ(
      engine_.BoundPorts(),
      (std::map<std::string, std::string>{
          {"tcp/8800", "nekoplane-a"}, {"tcp/9800", "nekoplane-a"}, {"udp/9800", "nekoplane-a"}}));
  EXPECT_TRUE(engine_.Kill("a", 1));
  EXPECT_TRUE(engine_.BoundPorts().empty());
  EXPECT_EQ(driver_.Inspect(ctx_, "a")->exit_code, 1);
}

TEST_F(SimEngineTest, PortHeldByAForeignerRefusesTheStartAndLeavesTheContainer) {
  ASSERT_TRUE(engine_.OccupyPort("udp", 9800));
  const auto started = driver_.EnsureStarted(ctx_, Spec("a", 8800));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().reason, "PortInUse");
  EXPECT_EQ(driver_.Inspect(ctx_, "a")->phase, Observed::Phase::kCreated);
  EXPECT_TRUE(engine_.ReleasePort("udp", 9800));
  EXPECT_TRUE(driver_.EnsureStarted(ctx_, Spec("a", 8800)));
}

TEST_F(SimEngineTest, HealthAnswersOnlyAfterTheDelayOfVirtualTime) {
  engine_.SetHealthDelay(std::chrono::seconds(3));
  const auto started = driver_.EnsureStarted(ctx_, Spec("a", 8800));
  ASSERT_TRUE(started);
  EXPECT_TRUE(driver_.ProbeHealth(ctx_, *started).is(Code::kUnavailable));
  clock_.Advance(std::chrono::seconds(3));
  EXPECT_TRUE(driver_.ProbeHealth(ctx_, *started));
  EXPECT_TRUE(engine_.SetSick("a", true));
  EXPECT_TRUE(driver_.ProbeHealth(ctx_, *started).is(Code::kUnavailable));
}

TEST_F(SimEngineTest, PullTakesVirtualTime) {
  SimOptions options;
  options.images.clear();
  options.registry = {"neko"};
  options.pull_delay = std::chrono::seconds(10);
  SimEngine engine(clock_, options);
  SimDriver driver(engine, clock_, "inst");
  EXPECT_TRUE(driver.ImageId(ctx_, "neko").is(Code::kNotFound));
  EXPECT_EQ(driver.PullImage(ctx_, "neko", nullptr).error().reason, "PullInProgress");
  EXPECT_TRUE(driver.ImageId(ctx_, "neko").is(Code::kNotFound));
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_TRUE(driver.PullImage(ctx_, "neko", nullptr));
  EXPECT_TRUE(driver.ImageId(ctx_, "neko"));
}

TEST_F(SimEngineTest, LostReplyHasHappenedAndTheRetryFindsIt) {
  engine_.FailNext(SimCall::kCreate, {SimFault::Kind::kLoseReply});
  EXPECT_TRUE(driver_.EnsureStarted(ctx_, Spec("a", 8800)).is(Code::kUnavailable));
  ASSERT_EQ(engine_.Containers().size(), 1u);
  const std::string id = engine_.Containers()[0].id;
  EXPECT_EQ(driver_.EnsureStarted(ctx_, Spec("a", 8800))->id, "sim://host/" + id);
  EXPECT_EQ(engine_.Containers().size(), 1u);
}

TEST_F(SimEngineTest, EveryCallThatFailsOnceIsHealedByARetry) {
  bool fired = true;
  for (std::uint64_t n = 1; fired; ++n) {
    for (const auto kind : {SimFault::Kind::kRefuse, SimFault::Kind::kLoseReply}) {
      fired = false;
      SimEngine engine(clock_);
      SimDriver driver(engine, clock_, "inst");
      engine.SetFaultPlan([&](SimCall, std::uint64_t number, std::string_view) {
        if (number != n) return SimFault{};
        fired = true;
        return SimFault{kind};
      });
      while (!driver.EnsureStarted(ctx_, Spec("a", 8800))) {
      }
      EXPECT_EQ(engine.Containers().size(), 1u);
      EXPECT_EQ(engine.Containers()[0].starts, 1);
      while (!driver.EnsureRemoved(ctx_, "a", Duration::zero())) {
      }
      EXPECT_TRUE(engine.Containers().empty());
      EXPECT_TRUE(engine.BoundPorts().empty());
    }
  }
}

TEST_F(SimEngineTest, EngineThatIsDownIsUnknownAndContainersLiveOn) {
  const auto started = driver_.EnsureStarted(ctx_, Spec("a", 8800));
  ASSERT_TRUE(started);
  engine_.SetDown(true);
  EXPECT_TRUE(driver_.Inspect(ctx_, "a").is(Code::kUnavailable));
  EXPECT_TRUE(driver_.List(ctx_).is(Code::kUnavailable));
  EXPECT_TRUE(driver_.ProbeHealth(ctx_, *started)) << "Neko answers, not the engine";
  engine_.SetDown(false);
  EXPECT_EQ(driver_.Inspect(ctx_, "a")->phase, Observed::Phase::kRunning);
  engine_.Reboot();
  EXPECT_EQ(driver_.Inspect(ctx_, "a")->phase, Observed::Phase::kExited);
}

TEST_F(SimEngineTest, WatchersHearOfTheirOwnInstallationOnly) {
  std::vector<std::string> mine, theirs;
  SimDriver other(engine_, clock_, "other");
  auto a = driver_.Watch([&](const Hint& hint) { mine.push_back(hint.session_uid); });
  auto b = other.Watch([&](const Hint& hint) { theirs.push_back(hint.session_uid); });
  ASSERT_TRUE(driver_.EnsureStarted(ctx_, Spec("a", 8800)));
  engine_.Kill("a");
  EXPECT_EQ(mine, (std::vector<std::string>{"", "a", "a", "a"}));
  EXPECT_EQ(theirs, (std::vector<std::string>{""}));
  a.reset();
  engine_.RemoveBehindBack("a");
  EXPECT_EQ(mine.size(), 4u);
}

TEST_F(SimEngineTest, HeldHintsComeLaterOrNever) {
  std::vector<std::string> heard;
  auto watch = driver_.Watch([&](const Hint& hint) { heard.push_back(hint.session_uid); });
  heard.clear();
  engine_.HoldHints(true);
  ASSERT_TRUE(driver_.EnsureStarted(ctx_, Spec("a", 8800)));
  EXPECT_TRUE(heard.empty());
  engine_.HoldHints(false);
  EXPECT_EQ(heard, (std::vector<std::string>{"a", "a"}));
  engine_.HoldHints(true);
  engine_.Kill("a");
  engine_.HoldHints(false, /*drop=*/true);
  EXPECT_EQ(heard.size(), 2u);
}

TEST_F(SimEngineTest, TwoWritersOfOneVolumeAreAViolation) {
  InstanceSpec a = Spec("a", 8800), b = Spec("b", 8801);
  a.profile = b.profile = VolumeMount{ProfileVolumeName("p"), "/home/neko", "p"};
  ASSERT_TRUE(driver_.EnsureStarted(ctx_, a));
  EXPECT_TRUE(engine_.Violations().empty());
  ASSERT_TRUE(driver_.EnsureStarted(ctx_, b));
  EXPECT_EQ(engine_.Violations().size(), 1u);
}

TEST_F(SimEngineTest, CutDriverDoesNothingMore) {
  driver_.Cut();
  EXPECT_TRUE(driver_.EnsureStarted(ctx_, Spec("a", 8800)).is(Code::kCancelled));
  EXPECT_TRUE(engine_.Containers().empty());
}

TEST(StaticDriverSetTest, FindsTheDriverOfANode) {
  testing::FakeClock clock;
  SimEngine engine(clock);
  auto driver = std::make_shared<SimDriver>(engine, clock, "inst");
  const StaticDriverSet set({{"host", driver}});
  EXPECT_EQ(set.ForNode("host"), driver);
  EXPECT_EQ(set.ForNode("elsewhere"), nullptr);
  EXPECT_EQ(set.Nodes(), std::vector<std::string>{"host"});
}

}  // namespace
}  // namespace nekoplane::runtime
