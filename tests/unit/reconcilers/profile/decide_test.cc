#include <gtest/gtest.h>

#include "reconcilers/common/claims.h"
#include "reconcilers/common/conditions.h"
#include "reconcilers/profile/profile_reconciler.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::profile {
namespace {

class ProfileDecideTest : public ::testing::Test {
 protected:
  Inputs Given() {
    return {.profile = testing::MakeProfile("work", "p1"),
            .ledger = testing::MakeLedger(),
            .holder = std::nullopt,
            .holder_uid = "",
            .node_exists = true,
            .node_connected = true,
            .now = clock_.WallNow()};
  }

  Inputs Held() {
    Inputs in = Given();
    in.holder = testing::MakeSession("s", "u1");
    in.holder->status.nodeName = "host";
    in.holder_uid = "u1";
    return in;
  }

  Inputs Deleted(v1alpha1::RetentionPolicy policy) {
    Inputs in = Given();
    in.profile.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    in.profile.spec.retentionPolicy = policy;
    in.profile.status.nodeName = "host";
    in.profile.status.volume = "nekoplane-profile-p1";
    in.ledger = testing::MakeLedger({ProfileClaim("p1", "p1")});
    return in;
  }

  testing::FakeClock clock_;
};

TEST_F(ProfileDecideTest, NewProfileGetsItsFinalizerFirst) {
  auto in = Given();
  in.profile.metadata.finalizers.clear();
  const auto plan = Decide(in);
  EXPECT_EQ(plan.action, Action::kAddFinalizer);
  EXPECT_EQ(plan.status, in.profile.status);
}

// The session's placement looked whether the node with the data is lost.
TEST_F(ProfileDecideTest, WhoMayStartEmptyTakesItAlong) {
  auto in = Held();
  in.profile.status.nodeName = "lost";
  in.profile.status.volume = "nekoplane-profile-p1";
  EXPECT_EQ(Decide(in).status.nodeName, "lost");
  in.holder->spec.nodeLossPolicy = v1alpha1::NodeLossPolicy::kStartEmpty;
  EXPECT_EQ(Decide(in).status.nodeName, "host");
  in.holder->status.nodeName.clear();
  EXPECT_EQ(Decide(in).status.nodeName, "lost");
}

TEST_F(ProfileDecideTest, FirstHolderDecidesWhereTheDataLies) {
  const auto plan = Decide(Held());
  EXPECT_EQ(plan.status.nodeName, "host");
  EXPECT_EQ(plan.status.volume, "nekoplane-profile-p1");
  ASSERT_TRUE(plan.status.holder.has_value());
  EXPECT_EQ(plan.status.holder->sessionUID, "u1");
  EXPECT_EQ(ReasonOf(plan.status.conditions, kReady), kReasonInUse);
}

TEST_F(ProfileDecideTest, DataStaysWhereItLiesAfterItsHolderLeft) {
  auto in = Held();
  in.profile.status = Decide(in).status;
  in.holder.reset();
  in.holder_uid.clear();
  const auto plan = Decide(in);
  EXPECT_EQ(plan.status.nodeName, "host");
  EXPECT_FALSE(plan.status.holder.has_value());
  EXPECT_EQ(ReasonOf(plan.status.conditions, kReady), kReasonAvailable);
}

TEST_F(ProfileDecideTest, LooksAgainWhileAHolderThatIsGoneStillHoldsIt) {
  auto in = Held();
  EXPECT_FALSE(Decide(in).look_again.has_value());
  in.holder.reset();
  EXPECT_TRUE(Decide(in).look_again.has_value());
}

TEST_F(ProfileDecideTest, HolderSinceDoesNotMoveWhileItHolds) {
  auto in = Held();
  in.profile.status = Decide(in).status;
  clock_.Advance(std::chrono::hours(1));
  in.now = clock_.WallNow();
  EXPECT_EQ(Decide(in).status, in.profile.status);
}

TEST_F(ProfileDecideTest, DeletionWaitsForTheHolderAndNamesIt) {
  auto in = Held();
  in.profile.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  const auto plan = Decide(in);
  EXPECT_EQ(plan.action, Action::kNone);
  const auto* ready = FindCondition(plan.status.conditions, kReady);
  EXPECT_EQ(ready->reason, kReasonWaitsForHolder);
  EXPECT_NE(ready->message.find("default/s"), std::string::npos);
}

TEST_F(ProfileDecideTest, DeletionTakesTheClaimBeforeItTouchesData) {
  auto in = Deleted(v1alpha1::RetentionPolicy::kDelete);
  in.ledger = testing::MakeLedger();
  EXPECT_EQ(Decide(in).action, Action::kClaim);
}

TEST_F(ProfileDecideTest, RetainKeepsTheVolumeAndSaysSo) {
  const auto plan = Decide(Deleted(v1alpha1::RetentionPolicy::kRetain));
  EXPECT_EQ(plan.action, Action::kFinish);
  EXPECT_NE(plan.kept.find("nekoplane-profile-p1"), std::string::npos);
}

TEST_F(ProfileDecideTest, DeleteRemovesTheVolume) {
  EXPECT_EQ(Decide(Deleted(v1alpha1::RetentionPolicy::kDelete)).action, Action::kRemoveVolume);
}

TEST_F(ProfileDecideTest, DeleteWaitsForANodeThatIsNotConnected) {
  auto in = Deleted(v1alpha1::RetentionPolicy::kDelete);
  in.node_connected = false;
  const auto plan = Decide(in);
  EXPECT_EQ(plan.action, Action::kNone);
  EXPECT_EQ(ReasonOf(plan.status.conditions, kReady), kReasonEngineUnavailable);
  EXPECT_TRUE(plan.look_again.has_value());
}

TEST_F(ProfileDecideTest, DeleteCompletesWhenTheNodeIsNoMore) {
  auto in = Deleted(v1alpha1::RetentionPolicy::kDelete);
  in.node_connected = in.node_exists = false;
  EXPECT_EQ(Decide(in).action, Action::kFinish);
}

TEST_F(ProfileDecideTest, NeverUsedProfileJustGoes) {
  auto in = Deleted(v1alpha1::RetentionPolicy::kDelete);
  in.profile.status = {};
  const auto plan = Decide(in);
  EXPECT_EQ(plan.action, Action::kFinish);
  EXPECT_EQ(plan.kept, "");
}

}  // namespace
}  // namespace nekoplane::reconcilers::profile
