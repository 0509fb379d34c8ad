#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/codec/schema.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

struct Case {
  const char* name;
  const char* path;
  const char* want;
};

class JsonPathTest : public ::testing::TestWithParam<Case> {};

TEST_P(JsonPathTest, Finds) {
  const json object = json::parse(R"({
    "kind": "BrowserSession", "metadata": {"name": "n", "labels": {"a.b/c": "x"}},
    "list": [{"v": 1}, {"v": 2}], "empty": [],
    "status": {"conditions": [{"type": "Ready", "status": "True", "n": 3}, {"type": "A]b", "status": "False"}]}})");
  EXPECT_EQ(EvalJsonPath(object, GetParam().path).dump(), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Table, JsonPathTest,
    ::testing::Values(
        Case{"Member", ".metadata.name", "\"n\""}, Case{"WithDollar", "$.metadata.name", "\"n\""},
        Case{"Absent", ".status.phase", "null"}, Case{"ThroughText", ".kind.x", "null"},
        Case{"Index", ".list[1].v", "2"}, Case{"FromTheEnd", ".list[-1].v", "2"},
        Case{"BeyondTheEnd", ".list[2].v", "null"}, Case{"FirstOfAll", ".list[*].v", "1"},
        Case{"EmptyList", ".empty[0]", "null"},
        Case{"Brackets", ".metadata.labels['a.b/c']", "\"x\""},
        Case{"Escaped", ".metadata.labels.a\\.b/c", "\"x\""},
        Case{"Filter", ".status.conditions[?(@.type==\"Ready\")].status", "\"True\""},
        Case{"FilterInSingleQuotes", ".status.conditions[?(@.type == 'Ready')].status", "\"True\""},
        Case{"FilterByNumber", ".status.conditions[?(@.n==3)].status", "\"True\""},
        Case{"FilterWithBracket", ".status.conditions[?(@.type==\"A]b\")].status", "\"False\""},
        Case{"FilterWithoutMatch", ".status.conditions[?(@.type==\"X\")].status", "null"},
        Case{"Length", ".metadata.labels.length()", "1"},
        Case{"LengthOfNothing", ".data.length()", "0"},
        Case{"Template", "{.kind|lower}/{.metadata.name}", "\"browsersession/n\""},
        Case{"TemplateOfNothing", "{.a}/{.b}", "null"}, Case{"Malformed", ".list[", "null"},
        Case{"Nonsense", "kind", "null"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::codec
