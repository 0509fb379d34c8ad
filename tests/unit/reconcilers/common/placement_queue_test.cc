// The order in which sessions that wait get room, and what is kept for those ahead.
#include "reconcilers/common/placement_queue.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>

namespace nekoplane::reconcilers {
namespace {

using Names = std::vector<std::string>;

v1alpha1::BrowserSession Waits(const std::string& ns, const std::string& name, int since,
                               std::int64_t priority = 0, const std::string& nominated = "") {
  v1alpha1::BrowserSession session;
  session.metadata.namespace_ = ns;
  session.metadata.name = name;
  session.metadata.uid = "uid-" + name;
  session.spec.priority = priority;
  session.status.queue = v1alpha1::SessionQueue{
      .position = 1,
      .since = FormatTime(WallTime(std::chrono::seconds(1'760'000'000 + since))),
      .nominatedNode = nominated};
  return session;
}

class PlacementQueueTest : public ::testing::Test {
 protected:
  Names Order(std::size_t count = 100) const {
    Names names;
    for (const auto& key : queue_.First(count)) names.push_back(key.name);
    return names;
  }

  PlacementQueue::View Look(const v1alpha1::BrowserSession& session) const {
    return queue_.Look(AsWaiting(session, WallTime(std::chrono::seconds(1'770'000'000))));
  }

  PlacementQueue queue_;
};

TEST_F(PlacementQueueTest, PriorityThenAge) {
  queue_.Update(Waits("a", "young", 9));
  queue_.Update(Waits("a", "old", 1));
  queue_.Update(Waits("a", "urgent", 20, 5));
  queue_.Update(Waits("a", "idle", 0, -5));
  EXPECT_EQ(Order(), (Names{"urgent", "old", "young", "idle"}));
  EXPECT_EQ(Order(2), (Names{"urgent", "old"}));
  EXPECT_EQ(Look(Waits("a", "urgent", 20, 5)).position, 1);
  EXPECT_EQ(Look(Waits("a", "young", 9)).position, 3);
  EXPECT_EQ(Look(Waits("a", "idle", 0, -5)).position, 4);
}

TEST_F(PlacementQueueTest, NamespacesTakeTurns) {
  for (int i = 0; i < 3; ++i) queue_.Update(Waits("many", "m" + std::to_string(i), i));
  queue_.Update(Waits("few", "f0", 10));
  queue_.Update(Waits("few", "f1", 11));
  EXPECT_EQ(Order(), (Names{"m0", "f0", "m1", "f1", "m2"}));
  EXPECT_EQ(Look(Waits("many", "m2", 2)).position, 5);
  EXPECT_EQ(Look(Waits("few", "f1", 11)).position, 4);
}

TEST_F(PlacementQueueTest, ANewcomerStandsBehindItsOwnNamespace) {
  queue_.Update(Waits("a", "a0", 1));
  queue_.Update(Waits("b", "b0", 2));
  queue_.Update(Waits("a", "a1", 3));
  v1alpha1::BrowserSession newcomer;
  newcomer.metadata.uid = "new";
  newcomer.metadata.namespace_ = "b";
  EXPECT_EQ(Look(newcomer).position, 4);  // after a0, b0, a1
  newcomer.metadata.namespace_ = "c";
  EXPECT_EQ(Look(newcomer).position, 3);  // first of its own, but younger than the other firsts
  newcomer.spec.priority = 1;
  EXPECT_EQ(Look(newcomer).position, 1);
}

TEST_F(PlacementQueueTest, NominatedNodesAreClosedToThoseBehindOnly) {
  queue_.Update(Waits("a", "big", 1, 0, "n1"));
  queue_.Update(Waits("a", "small", 2, 0, "n2"));
  EXPECT_TRUE(Look(Waits("a", "big", 1)).closed_nodes.empty());
  EXPECT_EQ(Look(Waits("a", "small", 2)).closed_nodes, (std::set<std::string>{"n1"}));
  EXPECT_EQ(Look(Waits("a", "new", 3)).closed_nodes, (std::set<std::string>{"n1", "n2"}));
  EXPECT_TRUE(Look(Waits("a", "urgent", 3, 1)).closed_nodes.empty());
}

TEST_F(PlacementQueueTest, LeavesWithItsStatus) {
  auto session = Waits("a", "s", 1, 0, "n1");
  const auto others = Waits("a", "t", 2);
  queue_.Update(others);
  queue_.Update(session);
  queue_.Update(session);
  EXPECT_EQ(queue_.size(), 2U);
  const auto gone = [&](const std::function<void(v1alpha1::BrowserSession&)>& change) {
    auto after = session;
    change(after);
    queue_.Update(after);
    EXPECT_EQ(Order(), Names{"t"});
    EXPECT_TRUE(Look(others).closed_nodes.empty());
    queue_.Update(session);
  };
  gone([](auto& s) { s.status.ports = v1alpha1::SessionPorts{1, 2}; });
  gone([](auto& s) { s.status.queue.reset(); });
  gone([](auto& s) { s.spec.operatingMode = v1alpha1::OperatingMode::kSuspended; });
  gone([](auto& s) { s.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"; });
  queue_.Remove("uid-s");
  queue_.Remove("uid-s");
  EXPECT_EQ(queue_.size(), 1U);
}

TEST_F(PlacementQueueTest, AChangedPriorityMovesIt) {
  queue_.Update(Waits("a", "x", 1));
  queue_.Update(Waits("a", "y", 2));
  EXPECT_EQ(Look(Waits("a", "y", 2, 3)).position, 1);   // not stored yet
  EXPECT_EQ(Look(Waits("a", "x", 1, -3)).position, 2);  // its old place does not count
  queue_.Update(Waits("a", "y", 2, 3));
  EXPECT_EQ(Order(), (Names{"y", "x"}));
  EXPECT_EQ(Look(Waits("a", "y", 2, -3)).position, 2);
}

// Positions agree with the order, whatever comes and goes.
TEST_F(PlacementQueueTest, PositionsCountTheOrder) {
  std::mt19937 random(7);
  std::map<std::string, v1alpha1::BrowserSession> there;
  for (int step = 0; step < 400; ++step) {
    const std::string name = "s" + std::to_string(random() % 40);
    if (random() % 3 == 0) {
      queue_.Remove("uid-" + name);
      there.erase(name);
    } else {
      const auto session =
          Waits("ns" + std::to_string(std::hash<std::string>()(name) % 4), name,
                static_cast<int>(random() % 20), static_cast<std::int64_t>(random() % 3));
      queue_.Update(session);
      there[name] = session;
    }
    const Names order = Order();
    ASSERT_EQ(order.size(), there.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      ASSERT_EQ(Look(there[order[i]]).position, static_cast<std::int64_t>(i + 1));
    }
  }
}

}  // namespace
}  // namespace nekoplane::reconcilers
