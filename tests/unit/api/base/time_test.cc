#include <gtest/gtest.h>

#include "api/base/clock.h"

namespace nekoplane {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(TimeTest, FormatsAndParsesBack) {
  const WallTime t = *ParseTime("2026-11-22T18:20:45Z");
  EXPECT_EQ(FormatTime(t), "2026-11-22T18:20:45Z");
  EXPECT_EQ(FormatMicroTime(t + milliseconds(7)), "2026-11-22T18:20:45.007000Z");
  EXPECT_EQ(FormatTime(*ParseTime("2026-11-22T20:20:45.999+02:00")), "2026-11-22T18:20:45Z");
  EXPECT_EQ(FormatTime(*ParseTime("1969-12-31T23:59:59Z")), "1969-12-31T23:59:59Z");
}

TEST(TimeTest, GoesAsFarAsNanosecondsIn64Bits) {
  EXPECT_EQ(FormatMicroTime(WallTime::min()), "1677-09-21T00:12:43.145224Z");
  EXPECT_EQ(FormatMicroTime(WallTime::max()), "2262-04-11T23:47:16.854775Z");
  EXPECT_EQ(FormatTime(*ParseTime("1678-01-01T00:00:00+23:59")), "1677-12-31T00:01:00Z");
  for (const char* text :
       {"1677-09-21T00:12:44Z", "1677-12-31T00:01:00Z", "2262-04-11T23:47:15Z"}) {
    const auto time = ParseTime(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(FormatTime(*time), text);
  }
  for (const char* text : {"1677-09-21T00:12:43Z", "2262-04-11T23:47:16.9Z",
                           "2262-04-11T23:47:15-00:01", "0000-01-01T00:00:00Z"}) {
    EXPECT_TRUE(ParseTime(text).is(Code::kInvalid)) << text;
  }
}

TEST(TimeTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00Zx", "9999-01-01T00:00:00Z"}) {
    EXPECT_TRUE(ParseTime(text).is(Code::kInvalid)) << text;
  }
}

TEST(DurationTest, ParsesGoSyntax) {
  EXPECT_EQ(*ParseDuration("1h30m"), Duration(minutes(90)));
  EXPECT_EQ(*ParseDuration("250ms"), Duration(milliseconds(250)));
  EXPECT_EQ(*ParseDuration("1.5s"), Duration(milliseconds(1500)));
  EXPECT_EQ(*ParseDuration(""), Duration::zero());
  EXPECT_EQ(*ParseDuration("-2m"), -Duration(minutes(2)));
  for (const char* text :
       {"10", "m", "1d", "1h 2m", "-", "99999999999h", "1..5s", "999999999999999999999s"}) {
    EXPECT_TRUE(ParseDuration(text).is(Code::kInvalid)) << text;
  }
}

TEST(DurationTest, FormatsReadably) {
  EXPECT_EQ(FormatDuration(minutes(90)), "1h30m");
  EXPECT_EQ(FormatDuration(milliseconds(1500)), "1s500ms");
  EXPECT_EQ(FormatDuration(Duration::zero()), "0s");
}

TEST(DurationTest, HumanFormIsKubectls) {
  EXPECT_EQ(HumanDuration(seconds(119)), "119s");
  EXPECT_EQ(HumanDuration(seconds(312)), "5m12s");
  EXPECT_EQ(HumanDuration(minutes(45)), "45m");
  EXPECT_EQ(HumanDuration(minutes(184)), "3h4m");
  EXPECT_EQ(HumanDuration(hours(30)), "30h");
  EXPECT_EQ(HumanDuration(hours(50)), "2d2h");
  EXPECT_EQ(HumanDuration(hours(24 * 30)), "30d");
  EXPECT_EQ(HumanDuration(-seconds(5)), "<invalid>");
}

}  // namespace
}  // namespace nekoplane
