#include "reconcilers/images/images_triggers.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace nekoplane::reconcilers::images {
namespace {

using v1alpha1::BrowserClass;
using v1alpha1::BrowserNode;
using Words = std::vector<std::string>;

class ImagesTriggersTest : public ::testing::Test {
 protected:
  static std::shared_ptr<const BrowserNode> Node(
      const std::function<void(BrowserNode&)>& change = nullptr) {
    auto node = testing::MakeNode();
    if (change) change(node);
    return std::make_shared<const BrowserNode>(std::move(node));
  }

  static std::shared_ptr<const BrowserClass> Class(std::int64_t generation) {
    auto cls = testing::MakeClass();
    cls.metadata.generation = generation;
    return std::make_shared<const BrowserClass>(std::move(cls));
  }

  Words Take() { return std::exchange(enqueued_, {}); }

  Words enqueued_;
  ImagesTriggers triggers_{
      {.enqueue = [this](const queue::Key& key) { enqueued_.push_back(key.name); },
       .nodes =
           [] {
             return ImagesTriggers::Nodes{Node(),
                                          Node([](auto& node) { node.metadata.name = "attic"; })};
           }}};
};

TEST_F(ImagesTriggersTest, NodesThatComeGoOrChange) {
  triggers_.OnNode({.before = nullptr, .after = Node(), .initial = true});
  triggers_.OnNode({.before = Node(), .after = nullptr});
  EXPECT_EQ(Take(), (Words{"host", "host"}));
  const std::vector<std::function<void(BrowserNode&)>> changes = {
      [](auto& node) { node.metadata.generation = 2; },
      [](auto& node) { node.metadata.uid = "another"; },
      [](auto& node) { node.metadata.labels["room"] = "attic"; },
      [](auto& node) { node.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"; },
      [](auto& node) { node.status.hardware.arch = "arm64"; },
      [](auto& node) { node.status.conditions[0].status = "False"; },
      [](auto& node) { node.status.conditions[1].status = "False"; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    triggers_.OnNode({.before = Node(), .after = Node(changes[i])});
    EXPECT_EQ(Take(), Words{"host"}) << i;
  }
}

TEST_F(ImagesTriggersTest, HeartbeatsRoomAndOurOwnWritesDoNotMatter) {
  triggers_.OnNode({.before = Node(), .after = Node([](auto& node) {
                                        node.status.heartbeatTime = "2026-01-01T00:00:00Z";
                                        node.status.sessions = 3;
                                        node.status.images.resize(1);
                                      })});
  EXPECT_TRUE(Take().empty());
}

TEST_F(ImagesTriggersTest, AClassConcernsEveryNode) {
  triggers_.OnClass({.before = nullptr, .after = Class(1), .initial = true});
  triggers_.OnClass({.before = Class(1), .after = Class(1)});
  EXPECT_TRUE(Take().empty());
  triggers_.OnClass({.before = Class(1), .after = Class(2)});
  EXPECT_EQ(Take(), (Words{"host", "attic"}));
  triggers_.OnClass({.before = nullptr, .after = Class(1)});
  triggers_.OnClass({.before = Class(1), .after = nullptr});
  EXPECT_EQ(Take().size(), 4U);
}

TEST_F(ImagesTriggersTest, AnEngineThatComesBackIsAskedAgain) {
  triggers_.OnHint("attic", {.session_uid = "u1"});
  EXPECT_TRUE(Take().empty());
  triggers_.OnHint("attic", {});
  EXPECT_EQ(Take(), Words{"attic"});
}

}  // namespace
}  // namespace nekoplane::reconcilers::images
