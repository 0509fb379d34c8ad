#include "api/server/options.h"

#include <gtest/gtest.h>

#include "tests/unit/api/server/fixture.h"

namespace nekoplane::server {
namespace {

using testing::MakeRequest;

struct ListCase {
  const char* name;
  const char* query;
  bool watch;
  int code;  // 0: fine; 400 or 422
};

class ListOptionsTable : public ::testing::TestWithParam<ListCase> {};

TEST_P(ListOptionsTable, AcceptsWhatMakesSenseTogether) {
  const ListCase& c = GetParam();
  const auto options = ParseListOptions(*MakeRequest("GET", std::string("/x?") + c.query), c.watch);
  if (c.code == 0) {
    EXPECT_TRUE(options.has_value()) << options.error().ToString();
  } else {
    ASSERT_FALSE(options.has_value());
    EXPECT_EQ(options.error().code, Code::kInvalid);
    EXPECT_EQ(options.error().causes.empty() ? 400 : 422, c.code);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Options, ListOptionsTable,
    ::testing::Values(
        ListCase{"Nothing", "", false, 0}, ListCase{"Unknown", "timeout=32s&foo=bar", false, 0},
        ListCase{"Limit", "limit=500", false, 0}, ListCase{"NegativeLimit", "limit=-1", false, 400},
        ListCase{"WordLimit", "limit=many", false, 400},
        ListCase{"HugeLimit", "limit=99999999999999999999", false, 400},
        ListCase{"Version", "resourceVersion=12", false, 0},
        ListCase{"Zero", "resourceVersion=0", false, 0},
        ListCase{"WordVersion", "resourceVersion=abc", false, 400},
        ListCase{"NegativeVersion", "resourceVersion=-5", false, 400},
        ListCase{"MatchAlone", "resourceVersionMatch=Exact", false, 422},
        ListCase{"ExactZero", "resourceVersionMatch=Exact&resourceVersion=0", false, 422},
        ListCase{"Exact", "resourceVersionMatch=Exact&resourceVersion=3", false, 0},
        ListCase{"NotOlderThanZero", "resourceVersionMatch=NotOlderThan&resourceVersion=0", false,
                 0},
        ListCase{"UnknownMatch", "resourceVersionMatch=Maybe&resourceVersion=3", false, 422},
        ListCase{"MatchAndContinue", "resourceVersionMatch=Exact&resourceVersion=3&continue=x",
                 false, 422},
        ListCase{"VersionAndContinue", "resourceVersion=3&continue=x", false, 400},
        ListCase{"InitialEventsOnList", "sendInitialEvents=true", false, 422},
        ListCase{"WatchPlain", "watch=1", true, 0},
        ListCase{"WatchMatchAlone", "resourceVersion=1&resourceVersionMatch=NotOlderThan", true,
                 422},
        ListCase{"WatchInitialAlone", "sendInitialEvents=true", true, 422},
        ListCase{"WatchInitial", "sendInitialEvents=true&resourceVersionMatch=NotOlderThan", true,
                 0},
        ListCase{"WatchInitialFalse", "sendInitialEvents=false&resourceVersionMatch=NotOlderThan",
                 true, 0},
        ListCase{"WatchInitialExact", "sendInitialEvents=true&resourceVersionMatch=Exact", true,
                 422},
        ListCase{"BadLabels", "labelSelector=a b", false, 400},
        ListCase{"BadFields", "fieldSelector=a", false, 400},
        ListCase{"BadTimeout", "timeoutSeconds=x", true, 400}),
    [](const auto& row) { return row.param.name; });

TEST(OptionsTest, ContinueTokensSurviveTheRoundTrip) {
  for (const ContinueToken& token :
       {ContinueToken{7, "default", "a"}, ContinueToken{1, "", "node-1"},
        ContinueToken{-1, "n", "x.y-z"}}) {
    const auto back = DecodeContinue(EncodeContinue(token));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->version, token.version);
    EXPECT_EQ(back->ns, token.ns);
    EXPECT_EQ(back->name, token.name);
  }
}

TEST(OptionsTest, ForgedContinueTokensAreRefused) {
  const std::string good = EncodeContinue({7, "default", "a"});
  for (const std::string& bad :
       {std::string("x"), std::string("!!!"), good.substr(0, good.size() / 2), good + "AAAA",
        EncodeContinue({0, "n", "a"}), EncodeContinue({-2, "n", "a"})}) {
    const auto token = DecodeContinue(bad);
    ASSERT_FALSE(token) << bad;
    EXPECT_EQ(token.error().message, "invalid continue token");
  }
}

TEST(OptionsTest, DryRunKnowsOnlyAll) {
  EXPECT_FALSE(ParseWriteOptions(*MakeRequest("POST", "/x"))->dry_run);
  EXPECT_TRUE(ParseWriteOptions(*MakeRequest("POST", "/x?dryRun=All"))->dry_run);
  const auto some = ParseWriteOptions(*MakeRequest("POST", "/x?dryRun=Some"));
  ASSERT_FALSE(some);
  EXPECT_EQ(some.error().causes.front().message,
            "Unsupported value: \"Some\": supported values: \"All\"");
}

TEST(OptionsTest, FieldValidationDefaultsToWarn) {
  using registry::FieldValidation;
  EXPECT_EQ(ParseWriteOptions(*MakeRequest("POST", "/x"))->field_validation,
            FieldValidation::kWarn);
  EXPECT_EQ(ParseWriteOptions(*MakeRequest("POST", "/x?fieldValidation=Strict"))->field_validation,
            FieldValidation::kStrict);
  EXPECT_EQ(ParseWriteOptions(*MakeRequest("POST", "/x?fieldValidation=Ignore"))->field_validation,
            FieldValidation::kIgnore);
  EXPECT_FALSE(ParseWriteOptions(*MakeRequest("POST", "/x?fieldValidation=strict")));
}

}  // namespace
}  // namespace nekoplane::server
