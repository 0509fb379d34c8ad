#include "api/codec/selector.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nekoplane::codec {
namespace {

using nlohmann::json;
using v1alpha1::StringMap;

struct MatchCase {
  const char* name;
  const char* selector;
  StringMap labels;
  bool matches;
};

class LabelSelectorTest : public ::testing::TestWithParam<MatchCase> {};

TEST_P(LabelSelectorTest, Matches) {
  const auto selector = LabelSelector::Parse(GetParam().selector);
  ASSERT_TRUE(selector) << selector.error().message;
  EXPECT_EQ(selector->Matches(GetParam().labels), GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    Table, LabelSelectorTest,
    ::testing::Values(
        MatchCase{"EmptySelectsAll", "", {{"a", "1"}}, true}, MatchCase{"Blank", "  ", {}, true},
        MatchCase{"Exists", "a", {{"a", ""}}, true}, MatchCase{"ExistsNot", "a", {}, false},
        MatchCase{"NotExists", "!a", {}, true},
        MatchCase{"NotExistsSpaced", "! a", {{"a", ""}}, false},
        MatchCase{"Equal", "a=1", {{"a", "1"}}, true},
        MatchCase{"DoubleEqual", "a == 1", {{"a", "1"}}, true},
        MatchCase{"EqualAbsent", "a=1", {}, false},
        MatchCase{"EqualEmpty", "a=", {{"a", ""}}, true},
        MatchCase{"EmptyValueThenMore", "a=,b", {{"a", ""}, {"b", ""}}, true},
        MatchCase{"NotEqual", "a!=1", {{"a", "2"}}, true},
        MatchCase{"NotEqualAbsent", "a!=1", {}, true},
        MatchCase{"NotEqualSame", "a!=1", {{"a", "1"}}, false},
        MatchCase{"In", "a in (1,2)", {{"a", "2"}}, true},
        MatchCase{"InNone", "a in (1,2)", {{"a", "3"}}, false},
        MatchCase{"InAbsent", "a in (1)", {}, false},
        MatchCase{"InWithEmpty", "a in (1,)", {{"a", ""}}, true},
        MatchCase{"NotIn", "a notin (1, 2)", {{"a", "3"}}, true},
        MatchCase{"NotInAbsent", "a notin (1)", {}, true},
        MatchCase{"NotInListed", "a notin (1)", {{"a", "1"}}, false},
        MatchCase{"Greater", "a>5", {{"a", "6"}}, true},
        MatchCase{"GreaterEqual", "a>5", {{"a", "5"}}, false},
        MatchCase{"GreaterText", "a>5", {{"a", "x"}}, false},
        MatchCase{"Less", "a<5", {{"a", "4"}}, true}, MatchCase{"LessAbsent", "a<5", {}, false},
        MatchCase{"And", "a=1,b!=2,!c", {{"a", "1"}, {"b", "1"}}, true},
        MatchCase{"AndFails", "a=1,b!=2", {{"a", "1"}, {"b", "2"}}, false},
        MatchCase{"Prefixed", "nekoplane.dev/a=x.y-z_1", {{"nekoplane.dev/a", "x.y-z_1"}}, true},
        MatchCase{"KeyNamedIn", "in in (in)", {{"in", "in"}}, true},
        MatchCase{"KeyNamedNotin", "notin=1", {{"notin", "1"}}, true},
        MatchCase{"Spaces", " a = 1 , b in ( x , y ) ", {{"a", "1"}, {"b", "y"}}, true}),
    [](const auto& row) { return row.param.name; });

TEST(LabelSelectorTest, RefusesWhatItCannotRead) {
  for (const std::string& text : {std::string(","),
                                  std::string("a,"),
                                  std::string(",a"),
                                  std::string("a,,b"),
                                  std::string("a b"),
                                  std::string("a=1=2"),
                                  std::string("a in"),
                                  std::string("a in ()"),
                                  std::string("a in (1"),
                                  std::string("a in 1"),
                                  std::string("a>x"),
                                  std::string("a>"),
                                  std::string("!"),
                                  std::string("!a=1"),
                                  std::string("=1"),
                                  std::string("-a=1"),
                                  std::string("a=-1"),
                                  std::string("a/b/c"),
                                  std::string("UPPER.example/a"),
                                  std::string("/a"),
                                  std::string("a/"),
                                  std::string(64, 'a'),
                                  "a=" + std::string(64, 'v'),
                                  std::string("a==="),
                                  std::string("a=b)"),
                                  std::string("\xC3\xA9")}) {
    const auto selector = LabelSelector::Parse(text);
    ASSERT_FALSE(selector) << text;
    EXPECT_EQ(selector.error().code, Code::kInvalid);
    EXPECT_EQ(selector.error().message.find("unable to parse requirement: "), 0u)
        << selector.error().message;
  }
}

TEST(LabelSelectorTest, OnlyTheEmptyOneIsEmpty) {
  EXPECT_TRUE(LabelSelector::Parse("")->empty());
  EXPECT_FALSE(LabelSelector::Parse("a")->empty());
}

struct FieldCase {
  const char* name;
  const char* selector;
  bool matches;
};

class FieldSelectorTest : public ::testing::TestWithParam<FieldCase> {};

TEST_P(FieldSelectorTest, Matches) {
  const json object = {{"metadata", {{"name", "n"}, {"note", "a,b=c\\d"}}},
                       {"spec", {{"n", 3}, {"on", true}}}};
  const auto selector = FieldSelector::Parse(GetParam().selector);
  ASSERT_TRUE(selector) << selector.error().message;
  EXPECT_EQ(selector->Matches(object), GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    Table, FieldSelectorTest,
    ::testing::Values(FieldCase{"Empty", "", true}, FieldCase{"Equal", "metadata.name=n", true},
                      FieldCase{"DoubleEqual", "metadata.name==n", true},
                      FieldCase{"Other", "metadata.name=m", false},
                      FieldCase{"NotEqual", "metadata.name!=m", true},
                      FieldCase{"NotEqualSame", "metadata.name!=n", false},
                      FieldCase{"AbsentIsEmpty", "status.phase=", true},
                      FieldCase{"AbsentIsNot", "status.phase!=Running", true},
                      FieldCase{"ThroughText", "metadata.name.x=", true},
                      FieldCase{"AMapIsEmpty", "metadata=", true},
                      FieldCase{"Number", "spec.n=3", true},
                      FieldCase{"Boolean", "spec.on=true", true},
                      FieldCase{"And", "metadata.name=n,spec.n=3", true},
                      FieldCase{"AndFails", "metadata.name=n,spec.n=4", false},
                      FieldCase{"EmptyTermsAreSkipped", ",metadata.name=n,,", true},
                      FieldCase{"Escapes", "metadata.note=a\\,b\\=c\\\\d", true}),
    [](const auto& row) { return row.param.name; });

TEST(FieldSelectorTest, RefusesWhatItCannotRead) {
  for (const char* text : {"a", "=x", "!=x", "a=b=c", "a=b\\n", "a=b\\", "a===b", "a=b,c"}) {
    const auto selector = FieldSelector::Parse(text);
    EXPECT_TRUE(selector.is(Code::kInvalid)) << text;
  }
}

TEST(FieldSelectorTest, ShowsItsTerms) {
  const auto selector = FieldSelector::Parse("metadata.name=x,involvedObject.kind!=y");
  ASSERT_TRUE(selector);
  ASSERT_EQ(selector->terms().size(), 2u);
  EXPECT_EQ(selector->terms()[0].path, "metadata.name");
  EXPECT_EQ(selector->terms()[1].value, "y");
  EXPECT_FALSE(selector->terms()[1].equal);
}

}  // namespace
}  // namespace nekoplane::codec
