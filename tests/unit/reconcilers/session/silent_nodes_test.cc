#include "reconcilers/session/silent_nodes.h"

#include <gtest/gtest.h>

namespace nekoplane::reconcilers::session {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Status kNoAnswer = MakeStatus(Code::kTimeout, "Timeout", "no answer");

TEST(SilentNodesTest, EverybodyAsksWhoAnswers) {
  SilentNodes nodes;
  EXPECT_FALSE(nodes.Spare("a"));
  EXPECT_FALSE(nodes.Spare("a"));
  nodes.Asked("a", nullptr, seconds(5));
  EXPECT_FALSE(nodes.Spare("a"));
}

TEST(SilentNodesTest, OneAsksWhoIsSilentAndTheOthersHearWhy) {
  SilentNodes nodes;
  EXPECT_FALSE(nodes.Spare("a"));
  nodes.Asked("a", &kNoAnswer, seconds(10));
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(nodes.Spare("a"));
    const auto why = nodes.Spare("a");
    ASSERT_TRUE(why);
    EXPECT_EQ(why->message, "no answer");
    EXPECT_FALSE(nodes.Spare("b")) << "another node";
    nodes.Asked("a", &kNoAnswer, seconds(10));
  }
  EXPECT_FALSE(nodes.Spare("a"));
  nodes.Asked("a", nullptr, milliseconds(2));
  EXPECT_FALSE(nodes.Spare("a"));
  EXPECT_FALSE(nodes.Spare("a"));
}

TEST(SilentNodesTest, WhatFailsAtOnceOrSaysNothingOfTheNodeIsNoSilence) {
  const struct {
    Status failure;
    Duration took;
  } cases[] = {
      {MakeStatus(Code::kUnavailable, "ConnectionRefused", "refused"), milliseconds(1)},
      {MakeStatus(Code::kNotFound, "NoSuchContainer", "none"), seconds(5)},
      {MakeStatus(Code::kCancelled, "Cancelled", "we stop"), seconds(5)},
  };

  for (const auto& c : cases) {
    SilentNodes nodes;
    nodes.Asked("a", &c.failure, c.took);
    EXPECT_FALSE(nodes.Spare("a")) << c.failure.reason;
    EXPECT_FALSE(nodes.Spare("a")) << c.failure.reason;
  }
}

TEST(SilentNodesTest, WhoGivesUpAskingLetsTheNextAsk) {
  SilentNodes nodes;
  nodes.Asked("a", &kNoAnswer, seconds(10));
  EXPECT_FALSE(nodes.Spare("a"));
  const Status cancelled = MakeStatus(Code::kCancelled, "Cancelled", "we stop");
  nodes.Asked("a", &cancelled, seconds(3));
  EXPECT_FALSE(nodes.Spare("a"));
  EXPECT_TRUE(nodes.Spare("a")) << "it is still silent";
}

}  // namespace
}  // namespace nekoplane::reconcilers::session
