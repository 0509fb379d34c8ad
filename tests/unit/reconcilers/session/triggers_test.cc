#include <gtest/gtest.h>

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

  SessionTriggers::Sessions sessions_;
  std::vector<std::string> enqueued_;
  SessionTriggers triggers_{
      {.enqueue = [this](const queue::Key& key, int) { enqueued_.push_back(key.name); },
       .sessions = [this] { return sessions_; }}};
};

TEST_F(TriggersTest, FreedRoomWakesThePendingOldestFirst) {
  sessions_ = {Pending("young", "2026-01-01T00:00:09Z"), Placed("running"),
               Pending("old", "2026-01-01T00:00:01Z"), Pending("middle", "2026-01-01T00:00:05Z")};
  triggers_.OnSession({.before = Placed("gone"), .after = nullptr});
  EXPECT_EQ(Take(), (std::vector<std::string>{"old", "middle", "young"}));
}

TEST_F(TriggersTest, OwnStatusWritesDoNotComeBack) {
  sessions_ = {Placed("s")};
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
  sessions_ = {Placed("a"), Placed("b"), Pending("c", "")};
  triggers_.OnHint("host", {"uid-b"});
  EXPECT_EQ(Take(), std::vector<std::string>{"b"});
  triggers_.OnHint("host", {});
  EXPECT_EQ(Take(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(TriggersTest, NodeThatComesBackWakesItsSessionsAndThePending) {
  sessions_ = {Placed("a"), Pending("p", "2026-01-01T00:00:00Z")};
  auto down = testing::MakeNode();
  down.status.conditions[0].status = "False";
  triggers_.OnNode({.before = std::make_shared<const v1alpha1::BrowserNode>(down),
                    .after = std::make_shared<const v1alpha1::BrowserNode>(testing::MakeNode())});
  EXPECT_EQ(Take(), (std::vector<std::string>{"p", "a"}));
}

TEST_F(TriggersTest, NodesHeartbeatWakesNobody) {
  sessions_ = {Placed("a"), Pending("p", "2026-01-01T00:00:00Z")};
  auto later = testing::MakeNode();
  later.status.heartbeatTime = "2026-01-01T00:01:00Z";
  later.status.sessions = 5;
  triggers_.OnNode({.before = std::make_shared<const v1alpha1::BrowserNode>(testing::MakeNode()),
                    .after = std::make_shared<const v1alpha1::BrowserNode>(later)});
  EXPECT_TRUE(Take().empty());
}

}  // namespace
}  // namespace nekoplane::reconcilers::session
