#include "reconcilers/common/conditions.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers {
namespace {

TEST(ConditionsTest, TransitionTimeMovesOnlyWithTheStatus) {
  testing::FakeClock clock;
  std::vector<v1alpha1::Condition> conditions;
  SetCondition(conditions, {"Ready", kFalse, "Probing"}, 1, clock.WallNow());
  const std::string first = conditions[0].lastTransitionTime;
  EXPECT_EQ(first, "2026-01-01T00:00:00Z");

  clock.Advance(std::chrono::seconds(5));
  SetCondition(conditions, {"Ready", kFalse, "StartTimeout", "too slow"}, 2, clock.WallNow());
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_EQ(conditions[0].lastTransitionTime, first);
  EXPECT_EQ(conditions[0].reason, "StartTimeout");
  EXPECT_EQ(conditions[0].message, "too slow");
  EXPECT_EQ(conditions[0].observedGeneration, 2);

  SetCondition(conditions, {"Ready", kTrue, "Ready"}, 2, clock.WallNow());
  EXPECT_EQ(conditions[0].lastTransitionTime, "2026-01-01T00:00:05Z");
  EXPECT_EQ(conditions[0].message, "");
}

TEST(ConditionsTest, WhatComesBackInOnePassHasNotChanged) {
  std::vector<v1alpha1::Condition> before;
  SetCondition(before, {"Ready", kTrue, "Answers"}, 1, WallTime(std::chrono::seconds(100)));
  SetCondition(before, {"Healthy", kTrue, "Answers"}, 1, WallTime(std::chrono::seconds(100)));
  auto after = before;
  const WallTime later(std::chrono::seconds(200));
  SetCondition(after, {"Ready", kFalse, "Stopping"}, 2, later);
  SetCondition(after, {"Ready", kTrue, "AnswersStill"}, 2, later);
  SetCondition(after, {"Healthy", kFalse, "Silent"}, 2, later);
  KeepTransitionTimes(before, after);
  EXPECT_EQ(after[0].lastTransitionTime, before[0].lastTransitionTime);
  EXPECT_EQ(after[0].reason, "AnswersStill");
  EXPECT_EQ(after[1].lastTransitionTime, FormatTime(later));
}

TEST(ConditionsTest, AbsentConditionIsNeitherTrueNorReasoned) {
  const std::vector<v1alpha1::Condition> none;
  EXPECT_EQ(FindCondition(none, "Ready"), nullptr);
  EXPECT_FALSE(IsTrue(none, "Ready"));
  EXPECT_EQ(ReasonOf(none, "Ready"), "");
}

}  // namespace
}  // namespace nekoplane::reconcilers
