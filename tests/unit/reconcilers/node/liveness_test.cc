#include "reconcilers/node/liveness.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::node {
namespace {

using std::chrono::seconds;

struct Row {
  const char* name;
  OwnSilence own;
  Census all;
  Silence want;
};

void PrintTo(const Row& row, std::ostream* os) { *os << row.name; }

class JudgeTest : public ::testing::TestWithParam<Row> {};

TEST_P(JudgeTest, Rows) {
  EXPECT_EQ(Judge(GetParam().own, GetParam().all, seconds(40)), GetParam().want);
}

constexpr OwnSilence kLong{.heard_before = true, .failed_looks = 5, .lasts = seconds(40)};
constexpr OwnSilence kNeverHeard{.heard_before = false, .failed_looks = 5, .lasts = seconds(40)};

INSTANTIATE_TEST_SUITE_P(
    Cases, JudgeTest,
    ::testing::Values(
        Row{"LongSilence", kLong, {.known = 3, .heard = 3, .silent = 1}, Silence::kLost},
        Row{"ShortSilence",
            {.heard_before = true, .failed_looks = 5, .lasts = seconds(39)},
            {.known = 3, .heard = 3, .silent = 1},
            Silence::kSuspected},
        Row{"FirstFailedLookIsOnlyASuspicion",
            {.heard_before = true, .failed_looks = 1, .lasts = seconds(400)},
            {.known = 3, .heard = 3, .silent = 1},
            Silence::kSuspected},
        Row{"OneOfTwo", kLong, {.known = 2, .heard = 2, .silent = 1}, Silence::kLost},
        Row{"BothOfTwo", kLong, {.known = 2, .heard = 2, .silent = 2}, Silence::kTooMany},
        Row{"TwoOfThree", kLong, {.known = 3, .heard = 3, .silent = 2}, Silence::kTooMany},
        Row{"ElevenOfTwenty", kLong, {.known = 20, .heard = 20, .silent = 11}, Silence::kLost},
        Row{"TwelveOfTwenty", kLong, {.known = 20, .heard = 20, .silent = 12}, Silence::kTooMany},
        Row{"TooManyCountsAtOnce",
            {.heard_before = true, .failed_looks = 1, .lasts = seconds(1)},
            {.known = 3, .heard = 3, .silent = 3},
            Silence::kTooMany},
        Row{"TheOnlyNode", kLong, {.known = 1, .heard = 1, .silent = 1}, Silence::kSuspected},
        Row{"TheOnlyNodeNeverHeard",
            kNeverHeard,
            {.known = 1, .heard = 0, .silent = 0},
            Silence::kSuspected},
        Row{"TheOnlyOneThatEverAnswered",
            kLong,
            {.known = 3, .heard = 1, .silent = 1},
            Silence::kSuspected},
        Row{"NeverHeardBesideAHealthyHost",
            kNeverHeard,
            {.known = 2, .heard = 1, .silent = 0},
            Silence::kLost},
        Row{"NeverHeardDoesNotMakeTooMany",
            kLong,
            {.known = 9, .heard = 4, .silent = 1},
            Silence::kLost}),
    [](const auto& row) { return row.param.name; });

class LivenessTest : public ::testing::Test {
 protected:
  Silence Silent(const std::string& node, bool heard_before = true) {
    return liveness_.Silent(node, "uid-" + node, heard_before, clock_.Now());
  }

  void Answered(const std::string& node) { liveness_.Answered(node, "uid-" + node, clock_.Now()); }

  testing::FakeClock clock_;
  Liveness liveness_{seconds(40)};
};

TEST_F(LivenessTest, SilenceCountsFromTheLastAnswer) {
  for (const char* node : {"a", "b", "c"}) Answered(node);
  clock_.Advance(seconds(30));
  Answered("b");
  Answered("c");
  EXPECT_EQ(Silent("a"), Silence::kSuspected);
  clock_.Advance(seconds(10));
  EXPECT_EQ(Silent("a"), Silence::kLost);
  Answered("a");
  EXPECT_EQ(Silent("a"), Silence::kSuspected);
}

TEST_F(LivenessTest, TimeBeforeOurStartIsNobodysSilence) {
  Answered("b");
  EXPECT_EQ(Silent("a"), Silence::kSuspected);  // last heard of in the life before, who knows when
  clock_.Advance(seconds(39));
  Answered("b");
  EXPECT_EQ(Silent("a"), Silence::kSuspected);
  clock_.Advance(seconds(1));
  EXPECT_EQ(Silent("a"), Silence::kLost);
}

TEST_F(LivenessTest, AfterTooManyEachGetsItsFullTimeAgain) {
  for (const char* node : {"a", "b", "c"}) Answered(node);
  clock_.Advance(seconds(300));
  for (const char* node : {"a", "b"}) Silent(node);
  EXPECT_EQ(Silent("c"), Silence::kTooMany);
  EXPECT_EQ(Silent("a"), Silence::kTooMany);
  Answered("b");
  Answered("c");
  EXPECT_EQ(Silent("a"), Silence::kSuspected);
  clock_.Advance(seconds(39));
  Answered("b");
  Answered("c");
  EXPECT_EQ(Silent("a"), Silence::kSuspected);
  clock_.Advance(seconds(1));
  EXPECT_EQ(Silent("a"), Silence::kLost);
}

TEST_F(LivenessTest, NodesThatWeWereTooSlowToLookAtCountAsSilent) {
  for (const char* node : {"a", "b", "c"}) Answered(node);
  clock_.Advance(seconds(40));
  Silent("a");
  EXPECT_EQ(Silent("a"), Silence::kTooMany);
}

TEST_F(LivenessTest, ForgottenAndReplacedNodesBeginAnew) {
  for (const char* node : {"a", "b", "c"}) Answered(node);
  Silent("a");
  clock_.Advance(seconds(40));
  Answered("b");
  Answered("c");
  liveness_.Silent("a", "another uid", false, clock_.Now());
  EXPECT_EQ(liveness_.Silent("a", "another uid", false, clock_.Now()), Silence::kSuspected);
  liveness_.Forget("b");
  liveness_.Forget("c");
  clock_.Advance(seconds(40));
  EXPECT_EQ(liveness_.Silent("a", "another uid", true, clock_.Now()), Silence::kSuspected)
      << "it is the only one now";
}

}  // namespace
}  // namespace nekoplane::reconcilers::node
