#include "controller/config/logger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>
#include <vector>

namespace nekoplane::config {
namespace {

using ::testing::MatchesRegex;

constexpr char kTime[] = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z";

TEST(TextLineTest, FieldsFollowTheMessage) {
  EXPECT_EQ(TextLine("session is ready", {{"namespace", "default"}, {"name", "a"}}),
            "session is ready namespace=default name=a");
}

TEST(TextLineTest, ValuesAreQuotedWhenTheyNeedIt) {
  EXPECT_EQ(TextLine("m", {{"a", "two words"}, {"b", ""}, {"c", "x=y"}, {"d", "q\"b\\"}}),
            R"(m a="two words" b="" c="x=y" d="q\"b\\")");
}

TEST(TextLineTest, NothingFromOutsideBreaksTheLineOrTheTerminal) {
  EXPECT_EQ(TextLine("a\nb", {{"k", "x\ny\tz\x1b[31m\x7f"}}), R"(a\nb k="x\ny\tz\x1b[31m\x7f")");
}

TEST(JsonMembersTest, ValuesAreEscaped) {
  EXPECT_EQ(JsonMembers(LogLevel::kWarning, "say \"hi\"\n", {{"k", "\x01"}}),
            R"("level":"warning","message":"say \"hi\"\n","k":"\u0001")");
}

TEST(JsonMembersTest, WhatIsNoUtf8IsReplaced) {
  EXPECT_EQ(JsonMembers(LogLevel::kInfo, "a\xff", {}),
            "\"level\":\"info\",\"message\":\"a\xEF\xBF\xBD\"");
}

TEST(LoggerTest, TextHasTimeAndLevelInFront) {
  std::ostringstream out;
  const auto log = MakeLogger(LogFormat::kText, LogLevel::kDebug, &out);
  log->Debug("hello", {{"k", "v"}});
  EXPECT_THAT(out.str(), MatchesRegex(std::string(kTime) + " debug hello k=v\n"));
}

TEST(LoggerTest, JsonIsOneObjectPerLine) {
  std::ostringstream out;
  const auto log = MakeLogger(LogFormat::kJson, LogLevel::kInfo, &out);
  log->Error("it broke", {{"percent", "100%v %n {}"}});
  EXPECT_THAT(out.str(),
              MatchesRegex(".\"time\":\"[^\"]*Z\",\"level\":\"error\",\"message\":\"it broke\","
                           "\"percent\":\"100%v %n \\{\\}\"\\}\n"));
}

TEST(LoggerTest, LowerLevelsAreDropped) {
  std::ostringstream out;
  const auto log = MakeLogger(LogFormat::kText, LogLevel::kWarning, &out);
  log->Debug("no");
  log->Info("no");
  EXPECT_EQ(out.str(), "");
  log->Warning("yes");
  log->Error("yes");
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(LoggerTest, LinesOfManyThreadsDoNotMix) {
  std::ostringstream out;
  const auto log = MakeLogger(LogFormat::kText, LogLevel::kInfo, &out);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) log->Info("message", {{"k", "v"}});
      });
    }
  }
  std::istringstream lines(out.str());
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    ++count;
    EXPECT_TRUE(line.ends_with("Z info message k=v")) << line;
  }
  EXPECT_EQ(count, 400);
}

}  // namespace
}  // namespace nekoplane::config
