#include "api/server/frame_cache.h"

#include <gtest/gtest.h>

namespace nekoplane::server {
namespace {

TEST(FrameCacheTest, EncodesOncePerVersionTypeAndEncoding) {
  FrameCache cache;
  int encoded = 0;
  const auto encode = [&] { return "frame " + std::to_string(++encoded); };
  const Frame first = cache.Get({1, 0, 0}, encode);
  EXPECT_EQ(cache.Get({1, 0, 0}, encode), first);
  EXPECT_NE(cache.Get({1, 0, 1}, encode), first);
  EXPECT_NE(cache.Get({1, 1, 0}, encode), first);
  EXPECT_NE(cache.Get({2, 0, 0}, encode), first);
  EXPECT_EQ(encoded, 4);
}

TEST(FrameCacheTest, ForgetsTheOldestWhenFull) {
  FrameCache cache(25);
  const auto encode = [] { return std::string(10, 'x'); };
  const Frame first = cache.Get({1, 0, 0}, encode);
  cache.Get({2, 0, 0}, encode);
  cache.Get({3, 0, 0}, encode);
  EXPECT_EQ(cache.bytes(), 20u);
  EXPECT_NE(cache.Get({1, 0, 0}, encode), first);
  EXPECT_EQ(first->size(), 10u) << "who has it keeps it";
}

TEST(FrameCacheTest, AFrameLargerThanTheCacheIsStillServed) {
  FrameCache cache(5);
  EXPECT_EQ(cache.Get({1, 0, 0}, [] { return std::string(100, 'x'); })->size(), 100u);
}

}  // namespace
}  // namespace nekoplane::server
