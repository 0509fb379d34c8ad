#include <gtest/gtest.h>

#include <functional>

#include "reconcilers/session/session_triggers.h"
#include "tests/unit/reconcilers/session/fixture.h"

namespace nekoplane::reconcilers::session {
namespace {

using v1alpha1::BrowserSession;

class TriggersTest : public ::testing::Test {
 protected:
  using Ptr = std::shared_ptr<const BrowserSession>;

  static Ptr Pending(const std::string& name, const std::string& created) {
    auto session = testing::MakeSession(name);
    session.metadata.creationTimestamp = created;
    return std::make_shared<const BrowserSession>(std::move(session));
  }

  static Ptr Placed(const std::string& name) {
    auto session = testing::MakeSession(name);
    session.status.nodeName = "host";
    session.status.ports = v1alpha1::SessionPorts{8800, 59000};
    return std::make_shared<const BrowserSession>(std::move(session));
  }

  std::vector<std::string> Take() { return std::exchange(enqueued_, {}); }

  static Ptr Waiting(const std::string& name, const std::string& since) {
    auto session = *Pending(name, "2026-01-01T00:00:00Z");
    session.status.queue = v1alpha1::SessionQueue{.position = 1, .since = since};
    return std::make_shared<const BrowserSession>(std::move(session));
  }

  // What the informer lists at first.
  void Known(const std::vector<Ptr>& sessions) {
    for (const Ptr& session : sessions) triggers_.OnSession({nullptr, session, true});
    enqueued_.clear();
  }

  PlacementQueue waiting_;
  std::vector<std::string> enqueued_;
  std::vector<int> priorities_;
  SessionTriggers triggers_{[this](const queue::Key& key, int priority) {
                              enqueued_.push_back(key.name);
                              priorities_.push_back(priority);
                            },
                            waiting_};
};

TEST_F(TriggersTest, FreedRoomWakesTheQueueInItsOrder) {
  Known({Waiting("young", "2026-01-01T00:00:09Z"), Placed("running"), Placed("gone"),
         Waiting("old", "2026-01-01T00:00:01Z"), Waiting("middle", "2026-01-01T00:00:05Z"),
         Pending("waits for something else", "2026-01-01T00:00:00Z")});
  triggers_.OnSession({.before = Placed("gone"), .after = nullptr});
  EXPECT_EQ(Take(), (std::vector<std::string>{"old", "middle", "young"}));
}

TEST_F(TriggersTest, WhoLeavesTheQueueWakesTheRest) {
  Known({Waiting("a", "2026-01-01T00:00:01Z"), Waiting("b", "2026-01-01T00:00:02Z")});
  triggers_.OnSession({.before = Waiting("a", "2026-01-01T00:00:01Z"), .after = Placed("a")});
  EXPECT_EQ(Take(), std::vector<std::string>{"b"});
  triggers_.OnSession({.before = Waiting("b", "2026-01-01T00:00:02Z"), .after = nullptr});
  EXPECT_TRUE(Take().empty());
}

// Room may have been freed between its look and its entry.
TEST_F(TriggersTest, WhoEntersTheQueueLooksOnceMore) {
  Known({Pending("a", "2026-01-01T00:00:00Z")});
  const auto waiting = Waiting("a", "2026-01-01T00:00:01Z");
  triggers_.OnSession({.before = Pending("a", "2026-01-01T00:00:00Z"), .after = waiting});
  EXPECT_EQ(Take(), std::vector<std::string>{"a"});
  triggers_.OnSession({.before = waiting, .after = waiting});
  EXPECT_TRUE(Take().empty());
}

TEST_F(TriggersTest, OnlyTheFirstOfALongQueueLookAtOnce) {
  std::vector<Ptr> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(Waiting("s" + std::to_string(i), "2026-01-01T00:00:01Z"));
  }
  Known(many);
  triggers_.OnSession({.before = Placed("gone"), .after = nullptr});
  EXPECT_EQ(Take().size(), kWoken);
}

TEST_F(TriggersTest, ALetGoProfileWakesThoseWhoWaitForIt) {
  const auto with = [](Ptr session, const char* profile) {
    auto copy = *session;
    copy.spec.profileRef = v1alpha1::LocalRef{profile};
    return std::make_shared<const BrowserSession>(std::move(copy));
  };
  const auto holder = with(Placed("holder"), "work");
  Known({holder, with(Pending("next", ""), "work"), with(Pending("other", ""), "home")});
  triggers_.OnSession({.before = holder, .after = nullptr});
  EXPECT_EQ(Take(), std::vector<std::string>{"next"});
}

TEST_F(TriggersTest, OwnStatusWritesDoNotComeBack) {
  Known({Placed("s")});
  auto after = *Placed("s");
  after.status.phase = "Running";
  triggers_.OnSession(
      {.before = Placed("s"), .after = std::make_shared<const BrowserSession>(after)});
  EXPECT_TRUE(Take().empty());
}

TEST_F(TriggersTest, SpecDeletionAndFinalizersDo) {
  const auto before = Placed("s");
  auto changed = *before;
  changed.metadata.generation = 2;
  triggers_.OnSession({.before = before, .after = std::make_shared<const BrowserSession>(changed)});
  EXPECT_EQ(Take(), std::vector<std::string>{"s"});
  changed = *before;
  changed.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  triggers_.OnSession({.before = before, .after = std::make_shared<const BrowserSession>(changed)});
  EXPECT_EQ(Take(), std::vector<std::string>{"s"});
  changed = *before;
  changed.metadata.finalizers.clear();
  triggers_.OnSession({.before = before, .after = std::make_shared<const BrowserSession>(changed)});
  EXPECT_EQ(Take(), std::vector<std::string>{"s"});
}

TEST_F(TriggersTest, HintNamesOneSessionOrAllOfTheNode) {
  Known({Placed("a"), Placed("b"), Pending("c", "")});
  triggers_.OnHint("host", {"uid-b"});
  EXPECT_EQ(Take(), std::vector<std::string>{"b"});
  triggers_.OnHint("host", {});
  EXPECT_EQ(Take(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(TriggersTest, AllOfANodeLetWhatUsersWantGoBefore) {
  Known({Placed("a"), Placed("b")});
  priorities_.clear();
  triggers_.OnHint("host", {});
  EXPECT_EQ(priorities_, (std::vector<int>(2, queue::kPriorityLow)));
  priorities_.clear();
  triggers_.OnHint("host", {"uid-b"});
  triggers_.OnSession({.before = nullptr, .after = Pending("new", "")});
  EXPECT_EQ(priorities_, (std::vector<int>(2, queue::kPriorityNormal)));
}

TEST_F(TriggersTest, NodeThatComesBackWakesItsSessionsAndThePending) {
  Known({Placed("a"), Pending("p", "2026-01-01T00:00:00Z")});
  auto down = testing::MakeNode();
  down.status.conditions[0].status = "False";
  triggers_.OnNode({.before = std::make_shared<const v1alpha1::BrowserNode>(down),
                    .after = std::make_shared<const v1alpha1::BrowserNode>(testing::MakeNode())});
  EXPECT_EQ(Take(), (std::vector<std::string>{"p", "a"}));
}

TEST_F(TriggersTest, NodesHeartbeatWakesNobody) {
  Known({Placed("a"), Pending("p", "2026-01-01T00:00:00Z")});
  auto later = testing::MakeNode();
  later.status.heartbeatTime = "2026-01-01T00:01:00Z";
  later.status.sessions = 5;
  triggers_.OnNode({.before = std::make_shared<const v1alpha1::BrowserNode>(testing::MakeNode()),
                    .after = std::make_shared<const v1alpha1::BrowserNode>(later)});
  EXPECT_TRUE(Take().empty());
}

TEST_F(TriggersTest, ANodeThatIsLostDrainedOrDeletedWakesItsSessions) {
  Known({Placed("a"), Placed("b")});
  const auto concerns = [&](const std::function<void(v1alpha1::BrowserNode&)>& change) {
    auto after = testing::MakeNode();
    change(after);
    triggers_.OnNode({.before = std::make_shared<const v1alpha1::BrowserNode>(testing::MakeNode()),
                      .after = std::make_shared<const v1alpha1::BrowserNode>(after)});
    EXPECT_EQ(Take(), (std::vector<std::string>{"a", "b"}));
  };
  concerns([](auto& node) {
    node.status.conditions[0].status = "False";
    node.status.conditions[0].reason = v1alpha1::node::kReasonNodeLost;
  });
  concerns([](auto& node) { node.status.drainStartedTime = "2026-01-01T00:00:00Z"; });
  concerns([](auto& node) { node.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"; });
  triggers_.OnNode({.before = std::make_shared<const v1alpha1::BrowserNode>(testing::MakeNode()),
                    .after = nullptr});
  EXPECT_EQ(Take(), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace nekoplane::reconcilers::session
