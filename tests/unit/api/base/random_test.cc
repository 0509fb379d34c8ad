#include "api/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace nekoplane {
namespace {

TEST(RandomTest, OneSeedIsOneSequence) {
  SeededRandom a(42), b(42);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.Below(1000), b.Below(1000));
}

TEST(RandomTest, BelowStaysBelowAndReachesEverything) {
  SeededRandom random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.Below(7));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(RandomTest, UidsAreVersion4) {
  SystemRandom random;
  const std::string uid = NewUid(random);
  ASSERT_EQ(uid.size(), 36u);
  EXPECT_EQ(uid[14], '4');
  EXPECT_NE(std::string("89ab").find(uid[19]), std::string::npos);
  EXPECT_NE(uid, NewUid(random));
}

TEST(RandomTest, SecretsAreBase64UrlOfTheAskedStrength) {
  SystemRandom random;
  const std::string secret = NewSecret(random, 16);
  EXPECT_EQ(secret.size(), 22u);
  EXPECT_TRUE(std::all_of(secret.begin(), secret.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  }));
}

TEST(RandomTest, NameSuffixesHaveNoVowels) {
  SeededRandom random(3);
  const std::string suffix = NewNameSuffix(random, 200);
  EXPECT_EQ(suffix.find_first_of("aeiou013"), std::string::npos);
}

}  // namespace
}  // namespace nekoplane
