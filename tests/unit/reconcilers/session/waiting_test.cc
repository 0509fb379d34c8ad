// Waiting for room: the queue's place in status, patience, and what is kept for whom.
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/session/fixture.h"

namespace nekoplane::reconcilers::session {
namespace {

// With so much of its memory, in GiB, in the hands of others.
NodeSet WithNode(const NodeSet& nodes, v1alpha1::BrowserNode node, std::int64_t taken) {
  const auto ledger = testing::MakeLedger(
      {InstanceClaim(node.metadata.name, "other", {.memory_bytes = taken << 30})});
  return nodes.With(std::move(node), *ledger);
}

Inputs Full() {
  Inputs in = Fresh();
  in.nodes = WithNode(NodeSet(), testing::MakeNode(), 16);
  return in;
}

void Empty(Inputs& in) { in.nodes = WithNode(NodeSet(), testing::MakeNode(), 0); }

// As its own status says after a first refusal.
Inputs WaitingFor(Duration since) {
  Inputs in = Full();
  in.session.status = Decide(in).status;
  in.now += since;
  return in;
}

std::string Message(const Plan& plan) {
  return FindCondition(plan.status.conditions, cond::kScheduled)->message;
}

TEST(WaitTest, SaysWhereItStandsAndForWhatItWaits) {
  Inputs in = Full();
  in.queue.position = 3;
  const Plan plan = Decide(in);
  ASSERT_TRUE(plan.status.queue);
  EXPECT_EQ(plan.status.queue->position, 3);
  EXPECT_EQ(plan.status.queue->nominatedNode, "host");
  EXPECT_EQ(ParseTime(plan.status.queue->since).value(), in.now);
  EXPECT_EQ(Message(plan),
            "0/1 nodes are available: 1 Insufficient memory. It is number 3 in the queue.");
  EXPECT_EQ(plan.status.phase, "Pending");
}

TEST(WaitTest, SinceStaysAndTheSameCauseIsToldOnce) {
  Inputs in = WaitingFor(seconds(40));
  in.queue.position = 2;
  const Plan plan = Decide(in);
  EXPECT_EQ(ParseTime(plan.status.queue->since).value(), in.now - seconds(40));
  EXPECT_EQ(plan.status.queue->position, 2);
  EXPECT_TRUE(plan.events.empty());
  auto drained = testing::MakeNode();
  drained.spec.drain.emplace();
  in.nodes = WithNode(NodeSet(), drained, 0);
  EXPECT_EQ(Decide(in).events.size(), 1U);
}

TEST(WaitTest, RoomThatIsKeptForOthersIsNotTaken) {
  Inputs in = Fresh();
  in.queue = {.position = 2, .closed_nodes = {"host"}};
  const Plan plan = Decide(in);
  EXPECT_EQ(Saying(plan.status, cond::kScheduled), "False/Unschedulable");
  EXPECT_TRUE(plan.claims.empty());
  ASSERT_TRUE(plan.status.queue);
  EXPECT_EQ(plan.status.queue->nominatedNode, "");
  in.queue.closed_nodes = {"another"};
  EXPECT_EQ(Saying(Decide(in).status, cond::kScheduled), "True/Scheduled");
}

TEST(WaitTest, NominatesTheRoomiestThatIsNotKeptForOthers) {
  Inputs in = WaitingFor(seconds(1));
  in.nodes = WithNode(in.nodes, testing::MakeNode("a"), 15);
  EXPECT_EQ(Decide(in).status.queue->nominatedNode, "a");
  in.queue.closed_nodes = {"a"};
  EXPECT_EQ(Decide(in).status.queue->nominatedNode, "host");
  auto cordoned = testing::MakeNode();
  cordoned.spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
  in.nodes = WithNode(in.nodes, cordoned, 16);
  EXPECT_EQ(Decide(in).status.queue->nominatedNode, "");
}

TEST(WaitTest, LeavesTheQueueWhenItIsPlaced) {
  Inputs in = WaitingFor(seconds(1));
  Empty(in);
  const Plan plan = Decide(in);
  EXPECT_EQ(Saying(plan.status, cond::kScheduled), "True/Scheduled");
  EXPECT_FALSE(plan.status.queue);
}

TEST(WaitTest, NoCapableNodeIsNoQueue) {
  Inputs in = Full();
  in.nodes = NodeSet();
  EXPECT_FALSE(Decide(in).status.queue);
}

// As when the only node that could run it is started anew.
TEST(WaitTest, ItsTurnOutlivesAMomentWithoutACapableNode) {
  Inputs in = WaitingFor(seconds(40));
  in.nodes = NodeSet();
  in.queue.position = 2;
  const auto queue = Decide(in).status.queue;
  ASSERT_TRUE(queue);
  EXPECT_EQ(queue->since, in.session.status.queue->since);
  EXPECT_EQ(queue->position, 2);
  EXPECT_EQ(queue->nominatedNode, "");
}

TEST(WaitTest, PatienceEnds) {
  Inputs in = WaitingFor(minutes(4));
  in.session.spec.lifecycle.maxPendingDuration = "5m";
  Plan plan = Decide(in);
  EXPECT_EQ(Saying(plan.status, cond::kScheduled), "False/Unschedulable");
  EXPECT_EQ(plan.look_again, seconds(30));
  in.now += seconds(45);
  EXPECT_EQ(Decide(in).look_again, seconds(15));
  in.now += seconds(15);
  plan = Decide(in);
  EXPECT_EQ(Saying(plan.status, cond::kScheduled), "False/PendingTimeout");
  EXPECT_EQ(plan.status.phase, "Failed");
  EXPECT_FALSE(plan.status.queue);
  EXPECT_EQ(plan.look_again, std::nullopt);

  // It stays so, room or not, until somebody edits it.
  in.session.status = plan.status;
  Empty(in);
  const Plan later = Decide(in);
  EXPECT_EQ(later.status, plan.status);
  EXPECT_TRUE(later.claims.empty());
  ++in.session.metadata.generation;
  EXPECT_EQ(Saying(Decide(in).status, cond::kScheduled), "True/Scheduled");
}

// An edit that comes while something else keeps it from being placed counts once that is over.
TEST(WaitTest, AnEditAfterGivingUpIsNotForgotten) {
  Inputs in = WaitingFor(minutes(5));
  in.session.spec.lifecycle.maxPendingDuration = "5m";
  in.session.status = Decide(in).status;
  ++in.session.metadata.generation;
  in.session.status.nodeName = "host";
  in.node = testing::MakeNode();
  in.node->status.conditions[0].status = "False";
  in.node->status.conditions[0].reason = v1alpha1::node::kReasonNodeLost;
  in.session.status = Decide(in).status;  // waits for the lost node
  in.node.reset();
  in.session.status.nodeName.clear();
  Empty(in);
  EXPECT_EQ(Saying(Decide(in).status, cond::kScheduled), "True/Scheduled");
}

TEST(WaitTest, TheFarEndOfTheQueueAsksSeldom) {
  Inputs in = Full();
  in.queue.position = 20'000;
  EXPECT_EQ(Decide(in).look_again, seconds(1000));
}

}  // namespace
}  // namespace nekoplane::reconcilers::session
