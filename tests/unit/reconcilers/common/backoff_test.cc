#include "reconcilers/common/backoff.h"

#include <gtest/gtest.h>

namespace nekoplane::reconcilers {
namespace {

using std::chrono::seconds;

struct Row {
  const char* name;
  std::int64_t failures;
  seconds backoff, crash;
};

class BackoffTest : public ::testing::TestWithParam<Row> {};

TEST_P(BackoffTest, DoublesToTheCap) {
  const FailureBackoff options;
  EXPECT_EQ(BackoffDelay(options, GetParam().failures), GetParam().backoff);
  EXPECT_EQ(CrashDelay(options, GetParam().failures), GetParam().crash);
}

INSTANTIATE_TEST_SUITE_P(
    Delays, BackoffTest,
    ::testing::Values(Row{"None", 0, seconds(0), seconds(0)},
                      Row{"FirstCrashRestartsAtOnce", 1, seconds(10), seconds(0)},
                      Row{"Second", 2, seconds(20), seconds(10)},
                      Row{"Third", 3, seconds(40), seconds(20)},
                      Row{"Sixth", 6, seconds(300), seconds(160)},
                      Row{"Capped", 7, seconds(300), seconds(300)},
                      Row{"HugeDoesNotOverflow", 1'000'000, seconds(300), seconds(300)},
                      Row{"NegativeIsNone", -1, seconds(0), seconds(0)}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::reconcilers
