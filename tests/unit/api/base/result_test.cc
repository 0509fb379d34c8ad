#include "api/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace nekoplane {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return MakeStatus(Code::kInvalid, "Odd", std::to_string(n) + " is odd");
  return n / 2;
}

Result<std::string> Quarter(int n) {
  NEKO_TRY(const int half, Half(n));
  NEKO_TRY(const int quarter, Half(half));
  return std::to_string(quarter);
}

Result<void> Check(int n) {
  NEKO_RETURN_IF_ERROR(Half(n));
  return {};
}

TEST(ResultTest, TryReturnsTheFirstError) {
  EXPECT_EQ(*Quarter(8), "2");
  EXPECT_EQ(Quarter(6).error().message, "3 is odd");
  EXPECT_TRUE(Quarter(5).is(Code::kInvalid));
}

TEST(ResultTest, VoidResultCarriesTheError) {
  EXPECT_TRUE(Check(2).has_value());
  EXPECT_EQ(Check(1).error().reason, "Odd");
}

TEST(ResultTest, MovesValuesThatCannotBeCopied) {
  Result<std::unique_ptr<int>> r(std::make_unique<int>(7));
  std::unique_ptr<int> p = std::move(r).value();
  EXPECT_EQ(*p, 7);
}

TEST(StatusTest, AnnotateKeepsCodeAndReason) {
  const Status s = Annotate(MakeStatus(Code::kTimeout, "Slow", "no answer"), "start x");
  EXPECT_EQ(s.ToString(), "Timeout/Slow: start x: no answer");
  EXPECT_TRUE(OutcomeUnknown(s.code));
  EXPECT_FALSE(OutcomeUnknown(Code::kNotFound));
}

TEST(ResultDeathTest, ReadingAMissingValueAborts) {
  EXPECT_DEATH({ (void)*Half(1); }, "broken invariant");
}

}  // namespace
}  // namespace nekoplane
