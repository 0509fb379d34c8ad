// Garbage collection over a real registry and a simulated engine.
#include "reconcilers/gc/gc_reconciler.h"

#include <gtest/gtest.h>

#include "api/store/memory_store.h"
#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/sim/sim_engine.h"
#include "controller/runtime/static_driver_set.h"
#include "reconcilers/common/claims.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::gc {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class GcTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(registry_.Bootstrap({}).has_value()); }

  void Start(const std::string& uid, runtime::RuntimeDriver& driver) {
    runtime::InstanceSpec spec;
    spec.session_uid = uid;
    spec.session_namespace = "default";
    spec.session_name = "s";
    spec.spec_hash = "h";
    spec.image = testing::kStandIn;
    spec.http_port = next_port_++;
    spec.media_port = next_port_++;
    spec.profile = runtime::VolumeMount{
        .volume = runtime::PrivateVolumeName(uid), .path = "/home/neko", .profile_uid = ""};
    ASSERT_TRUE(driver.EnsureStarted({}, spec).has_value());
  }

  // One look at the node; how long until the next.
  Duration LookOnce() {
    const auto outcome = gc_.Reconcile({}, {"", "host"});
    const auto* again = std::get_if<manager::RequeueAfter>(&outcome);
    return again == nullptr ? Duration::max() : again->delay;
  }

  testing::FakeClock clock_;
  SeededRandom random_{1};
  NullLogger log_;
  store::MemoryStore store_{"mine"};
  registry::Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  registry::Client client_{registry_, clock_, random_};
  runtime::SimEngine engine_{clock_};
  std::shared_ptr<runtime::SimDriver> driver_ =
      std::make_shared<runtime::SimDriver>(engine_, clock_, "mine");
  runtime::StaticDriverSet drivers_{{{"host", driver_}}};
  std::vector<std::string> removed_;
  Deps deps_{client_, drivers_, clock_, log_,
             [this](What what) { removed_.emplace_back(WhatName(what)); }};
  GcReconciler gc_{deps_};
  int next_port_ = 9000;
};

TEST_F(GcTest, OrphanGoesAfterTheGraceTimeAndASecondLook) {
  Start("dead", *driver_);
  clock_.Advance(minutes(2));
  EXPECT_EQ(LookOnce(), seconds(10));  // found: looks again soon
  EXPECT_EQ(engine_.Containers().size(), 1U);
  EXPECT_EQ(LookOnce(), seconds(10));  // too soon to count as a second look
  EXPECT_EQ(engine_.Containers().size(), 1U);
  clock_.Advance(seconds(10));
  EXPECT_EQ(LookOnce(), seconds(10));  // what it kept from going may be found now
  EXPECT_TRUE(engine_.Containers().empty());
  EXPECT_TRUE(engine_.Volumes().empty());
  EXPECT_EQ(removed_, (std::vector<std::string>{"container", "volume"}));
  EXPECT_EQ(LookOnce(), minutes(2));
}

TEST_F(GcTest, AYoungOrphanStaysUntilItIsNot) {
  Start("dead", *driver_);
  EXPECT_EQ(LookOnce(), seconds(60));
  clock_.Advance(seconds(59));
  EXPECT_EQ(LookOnce(), seconds(10));
  EXPECT_EQ(engine_.Containers().size(), 1U);
  clock_.Advance(seconds(1));
  LookOnce();
  EXPECT_TRUE(engine_.Containers().empty());
}

TEST_F(GcTest, AWallClockThatWasSetBackKeepsNoOrphan) {
  Start("dead", *driver_);
  clock_.JumpWall(-std::chrono::hours(1));
  LookOnce();
  clock_.Advance(seconds(59));
  LookOnce();
  EXPECT_EQ(engine_.Containers().size(), 1U);
  clock_.Advance(seconds(1));
  LookOnce();
  EXPECT_TRUE(engine_.Containers().empty());
}

TEST_F(GcTest, OthersAreLeftAlone) {
  runtime::SimDriver theirs(engine_, clock_, "theirs");
  Start("u2", theirs);
  engine_.AddForeignContainer("web");
  engine_.AddForeignVolume("data");
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(minutes(2));
    LookOnce();
  }
  EXPECT_EQ(engine_.Containers().size(), 2U);
  EXPECT_EQ(engine_.Volumes().size(), 2U);
}

TEST_F(GcTest, SessionBeingDeletedIsAnOwner) {
  v1alpha1::BrowserSession session;
  session.metadata.namespace_ = "default";
  session.metadata.name = "s";
  auto created = *client_.Create({}, session);
  created.status.nodeName = "host";
  created = *client_.WriteStatus({}, created);
  ASSERT_TRUE(client_.Delete({}, created).has_value());
  Start(created.metadata.uid, *driver_);
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(minutes(2));
    LookOnce();
  }
  EXPECT_EQ(engine_.Containers().size(), 1U);
}

TEST_F(GcTest, SilentEngineMeansNothingIsKnown) {
  Start("dead", *driver_);
  clock_.Advance(minutes(2));
  LookOnce();
  engine_.SetDown(true);
  clock_.Advance(minutes(2));
  EXPECT_EQ(LookOnce(), minutes(2));
  engine_.SetDown(false);
  EXPECT_EQ(engine_.Containers().size(), 1U);
}

TEST_F(GcTest, StaleClaimsAreReleased) {
  ASSERT_TRUE(client_.ChangeClaims({}, {Acquire(PortClaims("host", "dead", {8800, 59000})[0])})
                  .has_value());
  EXPECT_EQ(Look({}, deps_, "host", {})->size(), 1U);
  EXPECT_EQ(LookOnce(), minutes(2));
  clock_.Advance(minutes(5) - seconds(20));
  EXPECT_EQ(LookOnce(), seconds(20));
  EXPECT_TRUE(store_.Claims()->Find(store::kClaimPortTcp, "host", "8800").has_value());
  clock_.Advance(seconds(20));
  LookOnce();
  EXPECT_FALSE(store_.Claims()->Find(store::kClaimPortTcp, "host", "8800").has_value());
}

TEST_F(GcTest, ClaimsOutliveTheContainerThatUsesThem) {
  Start("dead", *driver_);
  ASSERT_TRUE(client_
                  .ChangeClaims({}, {Acquire(PortClaims("host", "dead", {9000, 9001})[0]),
                                     Acquire(ProfileClaim("p1", "dead"))})
                  .has_value());
  clock_.Advance(seconds(61));
  LookOnce();
  gc_.Reconcile({}, {"", ""});
  clock_.Advance(seconds(10));
  LookOnce();  // the container goes
  gc_.Reconcile({}, {"", ""});
  EXPECT_TRUE(engine_.Containers().empty());
  EXPECT_TRUE(store_.Claims()->Find(store::kClaimPortTcp, "host", "9000").has_value());
  EXPECT_TRUE(store_.Claims()->Find(store::kClaimProfile, "", "p1").has_value());
  for (int look = 0; look < 2; ++look) {
    clock_.Advance(minutes(5));
    LookOnce();
  }
  EXPECT_FALSE(store_.Claims()->Find(store::kClaimPortTcp, "host", "9000").has_value());
  for (int look = 0; look < 2; ++look) {
    gc_.Reconcile({}, {"", ""});
    clock_.Advance(seconds(10));
  }
  EXPECT_FALSE(store_.Claims()->Find(store::kClaimProfile, "", "p1").has_value());
}

// Its start was under way when its session was forced away.
TEST_F(GcTest, ClaimsWaitForAStartThatNobodyCanSeeYet) {
  ASSERT_TRUE(
      client_.ChangeClaims({}, {Acquire(PortClaims("host", "dead", {9000, 9001})[0])}).has_value());
  LookOnce();
  clock_.Advance(minutes(4));
  LookOnce();
  Start("dead", *driver_);
  for (int look = 0; look < 3; ++look) {  // the container goes first
    EXPECT_TRUE(store_.Claims()->Find(store::kClaimPortTcp, "host", "9000").has_value());
    clock_.Advance(seconds(61));
    LookOnce();
  }
  EXPECT_TRUE(engine_.Containers().empty());
  EXPECT_TRUE(store_.Claims()->Find(store::kClaimPortTcp, "host", "9000").has_value());
}

TEST_F(GcTest, ClaimsOnANodeThatIsNoMoreHoldNothing) {
  ASSERT_TRUE(
      client_.ChangeClaims({}, {Acquire(PortClaims("gone", "dead", {9000, 9001})[0])}).has_value());
  EXPECT_EQ(LookAtStore(deps_).size(), 1U);
}

TEST_F(GcTest, DryRunShowsWhatWouldGoAndChangesNothing) {
  Start("dead", *driver_);
  const auto findings = Look({}, deps_, "host", {});
  ASSERT_TRUE(findings.has_value());
  ASSERT_EQ(findings->size(), 2U);
  EXPECT_TRUE((*findings)[0].too_young);
  EXPECT_EQ((*findings)[0].why, "session default/s does not exist");
  EXPECT_EQ(engine_.Containers().size(), 1U);
  EXPECT_TRUE(Look({}, deps_, "nowhere", {}).is(Code::kNotFound));
}

// A set with one driver, or none.
struct OneNode final : runtime::DriverSet {
  std::shared_ptr<runtime::RuntimeDriver> ForNode(std::string_view) const override {
    return driver;
  }

  std::vector<std::string> Nodes() const override { return {}; }

  std::shared_ptr<runtime::RuntimeDriver> driver;
};

TEST_F(GcTest, ANodeThatWentAndCameIsLookedAtTwiceAgain) {
  Start("dead", *driver_);
  OneNode set;
  set.driver = driver_;
  GcReconciler gc({client_, set, clock_, log_, nullptr});
  clock_.Advance(minutes(2));
  gc.Reconcile({}, {"", "host"});  // the first look
  set.driver = nullptr;
  EXPECT_TRUE(std::holds_alternative<manager::Done>(gc.Reconcile({}, {"", "host"})));
  set.driver = driver_;
  clock_.Advance(minutes(1));
  gc.Reconcile({}, {"", "host"});
  EXPECT_EQ(engine_.Containers().size(), 1U) << "what was seen before it went does not count";
  clock_.Advance(seconds(10));
  gc.Reconcile({}, {"", "host"});
  EXPECT_TRUE(engine_.Containers().empty());
}

}  // namespace
}  // namespace nekoplane::reconcilers::gc
