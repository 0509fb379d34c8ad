#include "controller/queue/rate_limiter.h"

#include <gtest/gtest.h>

#include "api/base/random.h"

namespace nekoplane::queue {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Key kA{"default", "a"};
const Key kB{"default", "b"};

TEST(RateLimiterTest, DelayDoublesUpToTheCap) {
  SeededRandom random(1);
  RateLimiter limiter({.base = milliseconds(5), .cap = milliseconds(60), .jitter = 0}, random);
  for (int ms : {5, 10, 20, 40, 60, 60}) EXPECT_EQ(limiter.When(kA), milliseconds(ms));
}

TEST(RateLimiterTest, KeysAreCountedApart) {
  SeededRandom random(1);
  RateLimiter limiter({.base = seconds(1), .cap = seconds(60), .jitter = 0}, random);
  limiter.When(kA);
  EXPECT_EQ(limiter.When(kA), seconds(2));
  EXPECT_EQ(limiter.When(kB), seconds(1));
}

TEST(RateLimiterTest, ForgetStartsOver) {
  SeededRandom random(1);
  RateLimiter limiter({.base = seconds(1), .cap = seconds(60), .jitter = 0}, random);
  limiter.When(kA);
  limiter.When(kA);
  limiter.Forget(kA);
  EXPECT_EQ(limiter.When(kA), seconds(1));
}

TEST(RateLimiterTest, BaseAboveTheCapIsCapped) {
  SeededRandom random(1);
  RateLimiter limiter({.base = seconds(9), .cap = seconds(3), .jitter = 0}, random);
  EXPECT_EQ(limiter.When(kA), seconds(3));
}

TEST(RateLimiterTest, ManyFailuresWithAHugeCapDoNotOverflow) {
  SeededRandom random(1);
  RateLimiter limiter({.base = seconds(1), .cap = Duration::max() / 2, .jitter = 0}, random);
  Duration last{};
  for (int i = 0; i < 200; ++i) {
    const Duration next = limiter.When(kA);
    ASSERT_GE(next, last);
    last = next;
  }
  EXPECT_EQ(last, Duration::max() / 2);
}

TEST(RateLimiterTest, JitterStaysWithinItsShareAndIsReproducible) {
  const BackoffOptions options{.base = seconds(10), .cap = seconds(10), .jitter = 0.1};
  SeededRandom random(7), same(7);
  RateLimiter limiter(options, random), twin(options, same);
  bool varies = false;
  for (int i = 0; i < 100; ++i) {
    const Duration delay = limiter.When(kA);
    EXPECT_EQ(delay, twin.When(kA));
    EXPECT_GE(delay, seconds(9));
    EXPECT_LE(delay, seconds(11));
    varies = varies || delay != seconds(10);
  }
  EXPECT_TRUE(varies);
}

}  // namespace
}  // namespace nekoplane::queue
