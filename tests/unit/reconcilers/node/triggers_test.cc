#include <gtest/gtest.h>

#include "reconcilers/node/node_reconciler.h"
#include "reconcilers/node/node_triggers.h"
#include "tests/support/builders.h"

namespace nekoplane::reconcilers::node {
namespace {

using v1alpha1::BrowserNode;

class NodeTriggersTest : public ::testing::Test {
 protected:
  int Looks(const BrowserNode* before, const BrowserNode* after) {
    looks_.clear();
    informer::Change<BrowserNode> change;
    if (before != nullptr) change.before = std::make_shared<BrowserNode>(*before);
    if (after != nullptr) change.after = std::make_shared<BrowserNode>(*after);
    triggers_.OnNode(change);
    for (const auto& key : looks_) EXPECT_EQ(key, "n");
    return static_cast<int>(looks_.size());
  }

  std::vector<std::string> looks_;
  NodeTriggers triggers_{[this](const queue::Key& key, Duration) { looks_.push_back(key.name); }};
};

TEST_F(NodeTriggersTest, LooksAtWhatPeopleChangedAndAtBeginningAndEnd) {
  const auto node = testing::MakeNode("n");
  EXPECT_EQ(Looks(nullptr, &node), 1);
  EXPECT_EQ(Looks(&node, nullptr), 1);
  auto changed = node;
  changed.status.sessions = 7;
  EXPECT_EQ(Looks(&node, &changed), 0) << "its own status brings it back";
  changed = node;
  ++changed.metadata.generation;
  EXPECT_EQ(Looks(&node, &changed), 1);
  changed = node;
  changed.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  EXPECT_EQ(Looks(&node, &changed), 1);
  changed = node;
  changed.metadata.uid = "another";
  EXPECT_EQ(Looks(&node, &changed), 1);
}

}  // namespace
}  // namespace nekoplane::reconcilers::node
