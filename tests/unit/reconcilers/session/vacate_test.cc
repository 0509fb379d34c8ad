// Leaving a node: lost, drained, deleted. Each row: a state, and what follows.
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/reconcilers/session/fixture.h"

namespace nekoplane::reconcilers::session {
namespace {

using v1alpha1::DrainPolicy;
using v1alpha1::NodeLossPolicy;

Inputs OnLostNode(Duration lost_for) {
  Inputs in = Running();
  in.node->status.conditions[0].status = "False";
  in.node->status.conditions[0].reason = v1alpha1::node::kReasonNodeLost;
  in.lost_for = lost_for;
  Silent(in);
  return in;
}

void HasProfile(Inputs& in) {
  in.session.spec.profileRef = v1alpha1::LocalRef{"work"};
  in.profile = testing::MakeProfile("work", "p1");
  in.profile->status.nodeName = "host";
  in.session.status.volume = runtime::ProfileVolumeName("p1");
}

void ExpectLetGo(const Inputs& in, const Plan& plan) {
  ASSERT_EQ(plan.claims.size(), 1U);
  EXPECT_EQ(plan.claims[0].op, store::ClaimChange::Op::kReleaseOwner);
  EXPECT_EQ(plan.claims[0].claim.owner, in.session.metadata.uid);
  EXPECT_EQ(plan.action, Action::kNone);
  EXPECT_EQ(plan.status.nodeName, "");
  EXPECT_EQ(plan.status.volume, "");
  EXPECT_FALSE(plan.status.ports);
  EXPECT_FALSE(plan.status.instance);
  EXPECT_EQ(plan.look_again, Duration::zero());
}

void ExpectWaits(const Plan& plan, const char* why) {
  EXPECT_TRUE(plan.claims.empty());
  EXPECT_EQ(plan.action, Action::kNone);
  EXPECT_EQ(plan.status.nodeName, "host");
  EXPECT_EQ(Saying(plan.status, cond::kStarted), "Unknown/NodeLost");
  EXPECT_EQ(Saying(plan.status, cond::kReady), "Unknown/NodeLost");
  EXPECT_NE(FindCondition(plan.status.conditions, cond::kReady)->message.find(why),
            std::string::npos);
}

TEST(SessionNodeLossTest, APrivateProfileStartsElsewhereAfterTheGraceTime) {
  Inputs in = OnLostNode(seconds(59));
  Plan plan = Decide(in);
  ExpectWaits(plan, "unless it returns");
  EXPECT_EQ(plan.look_again, seconds(1));
  in.lost_for = minutes(1);
  plan = Decide(in);
  ExpectLetGo(in, plan);
  EXPECT_EQ(Saying(plan.status, cond::kScheduled), "False/NodeLost");
  EXPECT_EQ(plan.status.phase, "Pending");
  EXPECT_EQ(plan.events.at(0).reason, "NodeLost");
}

TEST(SessionNodeLossTest, SilenceAloneIsNoLoss) {
  Inputs in = Running();
  in.node->status.conditions[0].status = "Unknown";
  in.node->status.conditions[0].reason = v1alpha1::node::kReasonTooManyLost;
  in.lost_for = minutes(10);
  Silent(in);
  const Plan plan = Decide(in);
  EXPECT_TRUE(plan.claims.empty());
  EXPECT_EQ(Saying(plan.status, cond::kStarted), "Unknown/EngineUnavailable");
}

TEST(SessionNodeLossTest, ABrowserProfileWaitsForItsNode) {
  Inputs in = OnLostNode(minutes(10));
  HasProfile(in);
  ExpectWaits(Decide(in), "its profile lies there");
}

TEST(SessionNodeLossTest, UnlessTheSpecAllowsAnEmptyOne) {
  Inputs in = OnLostNode(minutes(10));
  HasProfile(in);
  in.session.spec.nodeLossPolicy = NodeLossPolicy::kStartEmpty;
  ExpectLetGo(in, Decide(in));
  // Then it is placed without regard to where the data lay.
  in.session.status = Decide(in).status;
  in.node.reset();
  in.profile_node_given_up = true;
  in.observation = {};
  in.ledger = testing::MakeLedger();
  auto other = testing::MakeNode();
  other.metadata.name = "other";
  in.nodes = NodeSet().With(other, *in.ledger);
  in.profile->metadata.finalizers = {v1alpha1::BrowserProfile::kFinalizer};
  const Plan plan = Decide(in);
  EXPECT_EQ(plan.status.nodeName, "other");
  EXPECT_EQ(Saying(plan.status, cond::kProfileBound), "False/Pending");
}

TEST(SessionNodeLossTest, WaitWaitsAndSoDoesWhoNamesTheNode) {
  Inputs in = OnLostNode(minutes(10));
  in.session.spec.nodeLossPolicy = NodeLossPolicy::kWait;
  ExpectWaits(Decide(in), "spec.nodeLossPolicy is Wait");
  in.session.spec.nodeLossPolicy = NodeLossPolicy::kStartEmpty;
  in.session.spec.nodeName = "host";
  ExpectWaits(Decide(in), "spec.nodeName names it");
}

TEST(SessionNodeLossTest, NobodyWaitsForAProfileThatIsGone) {
  Inputs in = OnLostNode(seconds(10));
  HasProfile(in);
  in.profile.reset();
  ExpectWaits(Decide(in), "unless it returns");
  in.lost_for = minutes(10);
  ExpectLetGo(in, Decide(in));
  in.profile = testing::MakeProfile("work", "p2");  // made again, under the same name
  ExpectLetGo(in, Decide(in));
}

TEST(SessionNodeLossTest, ANodeThatWasForcedAwayIsLostAtOnce) {
  Inputs in = Running();
  in.node.reset();
  in.node_gone = true;
  Silent(in);
  ExpectLetGo(in, Decide(in));
  in.node_gone = false;  // it could not be read: nothing follows from that
  EXPECT_TRUE(Decide(in).claims.empty());
}

TEST(SessionNodeLossTest, TheReturnOfTheNodeHeals) {
  Inputs in = OnLostNode(seconds(10));
  in.session.status = Decide(in).status;
  in.node = testing::MakeNode();
  in.lost_for = {};
  Found(in, Phase::kRunning);
  in.probe = {.kind = Probe::Kind::kAnswered};
  EXPECT_EQ(Saying(Decide(in).status, cond::kReady), "True/Ready");
}

Inputs OnDrainedNode(DrainPolicy policy) {
  Inputs in = Running();
  in.node->spec.drain = v1alpha1::NodeDrain{.policy = policy, .deadline = "30m"};
  in.node->status.drainStartedTime = FormatTime(in.now - minutes(1));
  Found(in, Phase::kRunning);
  return in;
}

bool Leaves(const Inputs& in) {
  const Plan plan = Decide(in);
  return plan.action == Action::kRemove &&
         Saying(plan.status, cond::kReady) == "False/NodeDraining";
}

TEST(SessionDrainTest, EvictStopsTheContainerThenGivesBackTheRoomAndKeepsTheProfile) {
  Inputs in = OnDrainedNode(DrainPolicy::kEvict);
  EXPECT_TRUE(Leaves(in));
  Gone(in);
  const Plan plan = Decide(in);
  EXPECT_EQ(plan.action, Action::kNone);
  EXPECT_FALSE(plan.status.ports);
  EXPECT_EQ(plan.status.nodeName, "host");
  EXPECT_EQ(plan.status.volume, in.session.status.volume);
  EXPECT_EQ(Saying(plan.status, cond::kScheduled), "False/NodeDraining");
  EXPECT_EQ(plan.claims.size(), 4U);  // room and three ports, and not the profile
  for (const auto& change : plan.claims) EXPECT_NE(change.claim.kind, store::kClaimProfile);
}

TEST(SessionDrainTest, AnEngineThatDoesNotAnswerStopsIt) {
  Inputs in = OnDrainedNode(DrainPolicy::kEvict);
  Silent(in);
  const Plan plan = Decide(in);
  EXPECT_EQ(plan.action, Action::kNone);
  EXPECT_TRUE(plan.claims.empty());
  EXPECT_TRUE(plan.retry);
}

TEST(SessionDrainTest, WaitForUsersWaitsForUsers) {
  Inputs in = OnDrainedNode(DrainPolicy::kWaitForUsers);
  in.probe = {.kind = Probe::Kind::kAnswered};
  EXPECT_FALSE(Leaves(in));  // nobody knows how many watch
  in.viewers = 2;
  EXPECT_FALSE(Leaves(in));
  in.viewers = 0;
  EXPECT_TRUE(Leaves(in));
  in.viewers = 2;
  EXPECT_EQ(Decide(in).status.viewers, 2);
  // A moment without an answer is no leave to stop what is watched.
  auto& conditions = in.session.status.conditions;
  for (auto& c : conditions) {
    if (c.type == cond::kReady) c.status = kUnknown;
  }
  EXPECT_FALSE(Leaves(in));
  in.viewers.reset();
  EXPECT_FALSE(Leaves(in));
  for (auto& c : conditions) {
    if (c.type == cond::kReady) c.status = kFalse;
  }
  EXPECT_TRUE(Leaves(in));
  in.viewers = 2;
  EXPECT_FALSE(Leaves(in));
  in.node->status.drainStartedTime = FormatTime(in.now - minutes(30));
  EXPECT_TRUE(Leaves(in));
  in.node->spec.drain->deadline = "";
  EXPECT_FALSE(Leaves(in));
}

TEST(SessionDrainTest, MigrateMovesNobodyYet) {
  EXPECT_FALSE(Leaves(OnDrainedNode(DrainPolicy::kMigrate)));
}

TEST(SessionDrainTest, RestsUntilTheNodeIsInUseAgainAndWaitsForNoRoom) {
  Inputs in = OnDrainedNode(DrainPolicy::kEvict);
  Gone(in);
  in.session.status = Decide(in).status;
  in.session.spec.lifecycle.maxPendingDuration = "5m";
  in.now += minutes(30);
  const Plan plan = Decide(in);
  EXPECT_EQ(Saying(plan.status, cond::kScheduled), "False/NodeDraining");
  EXPECT_FALSE(plan.status.queue);
  in.node->spec.drain.reset();
  in.nodes = NodeSet().With(*in.node, *testing::MakeLedger());
  EXPECT_EQ(Saying(Decide(in).status, cond::kScheduled), "True/Scheduled");
}

TEST(SessionDrainTest, WhoseProfileIsGoneDoesNotRestThere) {
  Inputs in = OnDrainedNode(DrainPolicy::kEvict);
  HasProfile(in);
  in.profile.reset();
  EXPECT_TRUE(Leaves(in));
  Gone(in);
  ExpectLetGo(in, Decide(in));
  in.session.status = Decide(in).status;
  in.node.reset();
  in.observation = {};
  EXPECT_EQ(Saying(Decide(in).status, cond::kProfileBound), "False/ProfileNotFound");
}

TEST(SessionDrainTest, ADeletedNodeIsLeftForGood) {
  Inputs in = Running();
  in.node->metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  Found(in, Phase::kRunning);
  EXPECT_TRUE(Leaves(in));
  Gone(in);
  EXPECT_EQ(Decide(in).action, Action::kLeaveVolume);
  EXPECT_EQ(Decide(in).status.nodeName, "host");
  in.left_volume = true;
  ExpectLetGo(in, Decide(in));
}

TEST(SessionDrainTest, ADeletedNodeHoldsWhoseProfileLiesThere) {
  Inputs in = Running();
  in.node->metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  Gone(in);
  HasProfile(in);
  Plan plan = Decide(in);
  EXPECT_EQ(plan.status.nodeName, "host");
  EXPECT_FALSE(plan.status.ports);
  EXPECT_EQ(Saying(plan.status, cond::kScheduled), "False/NodeDraining");
  in.session.spec.nodeLossPolicy = NodeLossPolicy::kStartEmpty;
  ExpectLetGo(in, Decide(in));  // its profile's volume stays
}

TEST(SessionDrainTest, ASuspendedSessionOutlivesItsNode) {
  Inputs in = Running();
  in.session.spec.operatingMode = v1alpha1::OperatingMode::kSuspended;
  in.node.reset();
  in.node_gone = true;
  in.observation = {};
  EXPECT_EQ(Saying(Decide(in).status, cond::kSuspended), "True/Suspended");
}

}  // namespace
}  // namespace nekoplane::reconcilers::session
