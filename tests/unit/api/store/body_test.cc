#include "api/store/body.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nekoplane::store {
namespace {

struct GoodCase {
  const char* name;
  const char* body;
  const char* want;
};

class GoodBody : public testing::TestWithParam<GoodCase> {};

TEST_P(GoodBody, GetsItsVersionAndCanChangeIt) {
  const std::string body = GetParam().body;
  const auto at = FindInsertionPoint(body);
  ASSERT_TRUE(at.has_value()) << at.error().ToString();
  const std::string bytes = InsertVersion(body, *at, 7);
  EXPECT_EQ(bytes, GetParam().want);
  EXPECT_TRUE(EqualsWithVersion(body, *at, 7, bytes));
  EXPECT_FALSE(EqualsWithVersion(body, *at, 8, bytes));
  EXPECT_FALSE(EqualsWithVersion(body, *at, 7, bytes + " "));
  const auto replaced = ReplaceVersion(bytes, 7, 1234);
  ASSERT_TRUE(replaced.has_value()) << replaced.error().ToString();
  EXPECT_EQ(*replaced, InsertVersion(body, *at, 1234));
  EXPECT_TRUE(ReplaceVersion(bytes, 8, 9).is(Code::kInvalid));
  EXPECT_TRUE(FindInsertionPoint(bytes).is(Code::kInvalid)) << "a version twice";
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, GoodBody,
    testing::Values(
        GoodCase{"Plain", R"({"metadata":{"name":"a"}})",
                 R"({"metadata":{"resourceVersion":"7","name":"a"}})"},
        GoodCase{"Last", R"({"kind":"X","spec":{},"metadata":{"name":"a"}})",
                 R"({"kind":"X","spec":{},"metadata":{"resourceVersion":"7","name":"a"}})"},
        GoodCase{"SameTextInAString", R"({"a":"\"metadata\":{\"x\":1}","metadata":{"name":"a"}})",
                 R"({"a":"\"metadata\":{\"x\":1}","metadata":{"resourceVersion":"7","name":"a"}})"},
        GoodCase{
            "SameKeyDeeper",
            R"({"a":{"metadata":{"q":[{"metadata":{}}]}},"metadata":{"name":"a"}})",
            R"({"a":{"metadata":{"q":[{"metadata":{}}]}},"metadata":{"resourceVersion":"7","name":"a"}})"},
        GoodCase{
            "VersionElsewhere",
            R"({"metadata":{"o":{"resourceVersion":"1"},"name":"a"},"resourceVersion":2})",
            R"({"metadata":{"resourceVersion":"7","o":{"resourceVersion":"1"},"name":"a"},"resourceVersion":2})"},
        GoodCase{
            "EveryKindOfValue",
            R"({"v":[1,-0.5,1e9,2.5E-3,true,false,null,"\u00e9\\\n",[],{}],"metadata":{"n":0}})",
            R"({"v":[1,-0.5,1e9,2.5E-3,true,false,null,"\u00e9\\\n",[],{}],"metadata":{"resourceVersion":"7","n":0}})"},
        GoodCase{"Spaces", "{ \"metadata\" : { \"n\" : 0 } }\n",
                 "{ \"metadata\" : {\"resourceVersion\":\"7\", \"n\" : 0 } }\n"}),
    [](const auto& row) { return row.param.name; });

struct BadCase {
  const char* name;
  std::string body;
};

class BadBody : public testing::TestWithParam<BadCase> {};

TEST_P(BadBody, IsRefused) {
  const auto at = FindInsertionPoint(GetParam().body);
  ASSERT_FALSE(at.has_value());
  EXPECT_EQ(at.error().code, Code::kInvalid);
  EXPECT_EQ(at.error().reason, "InvalidBody");
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, BadBody,
    testing::Values(BadCase{"Empty", ""}, BadCase{"NotAnObject", "[]"}, BadCase{"NoMetadata", "{}"},
                    BadCase{"MetadataOnlyDeeper", R"({"a":{"metadata":{"n":1}}})"},
                    BadCase{"MetadataOnlyInAString", R"({"a":"\"metadata\":{\"n\":1}"})"},
                    BadCase{"MetadataNotAnObject", R"({"metadata":"x"})"},
                    BadCase{"MetadataEmpty", R"({"metadata":{}})"},
                    BadCase{"MetadataTwice", R"({"metadata":{"n":1},"metadata":{"n":2}})"},
                    BadCase{"VersionGiven", R"({"metadata":{"n":1,"resourceVersion":"3"}})"},
                    BadCase{"TextBehind", R"({"metadata":{"n":1}}x)"},
                    BadCase{"Truncated", R"({"metadata":{"n":1})"},
                    BadCase{"TrailingComma", R"({"metadata":{"n":1},})"},
                    BadCase{"MissingComma", R"({"metadata":{"n":1}"a":2})"},
                    BadCase{"MissingColon", R"({"metadata"{"n":1}})"},
                    BadCase{"BareWord", R"({"metadata":{"n":yes}})"},
                    BadCase{"LeadingZero", R"({"metadata":{"n":01}})"},
                    BadCase{"NoFraction", R"({"metadata":{"n":1.}})"},
                    BadCase{"BadEscape", R"({"metadata":{"n":"\q"}})"},
                    BadCase{"BadUnicodeEscape", R"({"metadata":{"n":"\u12g4"}})"},
                    BadCase{"ControlCharacter", "{\"metadata\":{\"n\":\"\n\"}}"},
                    BadCase{"UnterminatedString", R"({"metadata":{"n":"x)"},
                    BadCase{"EscapeAtTheEnd", R"({"metadata":{"n":"\)"},
                    BadCase{"NulByte", std::string("{\"metadata\":{\"n\":1}}\0", 21)},
                    BadCase{"TooDeep", R"({"metadata":{"n":)" + std::string(100'000, '[') +
                                           std::string(100'000, ']') + "}}"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::store
