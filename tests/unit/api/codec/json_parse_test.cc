#include "api/codec/json_parse.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nekoplane::codec {
namespace {

using nlohmann::json;

std::string Nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(ParseJsonTest, ReadsEveryType) {
  const auto value = ParseJson(R"({"a":[1,-2,2.5,"x",true,null,{}],"b":18446744073709551615})");
  ASSERT_TRUE(value) << value.error().ToString();
  EXPECT_EQ(value->dump(), R"({"a":[1,-2,2.5,"x",true,null,{}],"b":18446744073709551615})");
}

struct Case {
  const char* name;
  std::string text;
  const char* reason;
  const char* message;
};

class BadJsonTest : public ::testing::TestWithParam<Case> {};

TEST_P(BadJsonTest, IsRefused) {
  const auto value = ParseJson(GetParam().text);
  ASSERT_FALSE(value) << value->dump();
  EXPECT_EQ(value.error().code, Code::kInvalid);
  EXPECT_EQ(value.error().reason, GetParam().reason);
  EXPECT_NE(value.error().message.find(GetParam().message), std::string::npos)
      << value.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadJsonTest,
    ::testing::Values(Case{"Empty", "", "MalformedJson", "line 1, column 1"},
                      Case{"Truncated", "{\"a\":\n [1,", "MalformedJson", "line 2, column 5"},
                      Case{"TrailingText", "{} x", "MalformedJson", "line 1, column 4"},
                      Case{"LeadingZero", "01", "MalformedJson", "column 2"},
                      Case{"OutOfRange", "[1e999]", "MalformedJson", "1e999"},
                      Case{"NotANumber", "NaN", "MalformedJson", "column 1"},
                      Case{"LoneSurrogate", R"(["\ud800"])", "MalformedJson", "surrogate"},
                      Case{"NulByte", std::string("{\"a\":\"\0\"}", 9), "MalformedJson",
                           "control character"},
                      Case{"BadUtf8", "[\"\xC3(\"]", "InvalidUtf8", "byte 2 is not UTF-8"},
                      Case{"OverlongUtf8", "[\"\xC0\xAF\"]", "InvalidUtf8", "byte 2"},
                      Case{"SurrogateInUtf8", "[\"\xED\xA0\x80\"]", "InvalidUtf8", "byte 2"},
                      Case{"TooDeep", Nested(65), "TooDeep", "64 levels"},
                      Case{"VeryDeep", std::string(1000000, '['), "TooDeep", "64 levels"},
                      Case{"Repeated", R"({"spec":{"env":[{},{"name":1,"name":2}]}})",
                           "DuplicateField", "duplicate field \"spec.env[1].name\""}),
    [](const auto& row) { return row.param.name; });

TEST(ParseJsonTest, SixtyFourLevelsAreFine) { EXPECT_TRUE(ParseJson(Nested(64))); }

TEST(ParseJsonTest, LimitsBytesAndValues) {
  EXPECT_EQ(ParseJson("[1,2,3]", {.max_bytes = 6}).error().reason, "TooLarge");
  EXPECT_EQ(ParseJson("[1,2,3]", {.max_nodes = 3}).error().reason, "TooLarge");
  EXPECT_TRUE(ParseJson("[1,2,3]", {.max_bytes = 7, .max_nodes = 4}));
}

TEST(ParseJsonTest, NamesRepeatedFieldsWhenAskedAndTheLastOneWins) {
  std::vector<std::string> duplicates;
  const auto value = ParseJson(R"({"a":1,"b":{"c":1,"c":2},"a":3})", {}, &duplicates);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->dump(), R"({"a":3,"b":{"c":2}})");
  EXPECT_EQ(duplicates, (std::vector<std::string>{"b.c", "a"}));
}

}  // namespace
}  // namespace nekoplane::codec
