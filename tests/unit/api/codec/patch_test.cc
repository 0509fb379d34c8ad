#include "api/codec/patch.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

json Yaml(const std::string& text) {
  const auto documents = ParseYaml(text, "test");
  EXPECT_TRUE(documents) << documents.error().message << " in " << text;
  return documents && !documents->empty() ? *documents->front().value : json();
}

struct Case {
  const char* name;
  const char* target;
  const char* patch;
  const char* want;  // or the beginning of "reason: message" when the patch is refused
};

std::string Outcome(const Result<json>& result) {
  return result ? result->dump() : result.error().reason + ": " + result.error().message;
}

void Expect(const Case& row, const Result<json>& result) {
  const bool refused = std::string(row.want).starts_with("MalformedPatch") ||
                       std::string(row.want).starts_with("PatchFailed");
  const std::string want = refused ? row.want : Yaml(row.want).dump();
  EXPECT_EQ(Outcome(result).substr(0, refused ? want.size() : std::string::npos), want);
  if (!result) {
    EXPECT_EQ(result.error().code, Code::kInvalid);
  }
}

// ---- merge patch --------------------------------------------------------------------------------

class MergePatchTest : public ::testing::TestWithParam<Case> {};

TEST_P(MergePatchTest, FollowsTheRfc) {
  EXPECT_EQ(MergePatch(Yaml(GetParam().target), Yaml(GetParam().patch)), Yaml(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    Table, MergePatchTest,
    ::testing::Values(Case{"Replace", "{a: b}", "{a: c}", "{a: c}"},
                      Case{"Add", "{a: b}", "{b: c}", "{a: b, b: c}"},
                      Case{"Delete", "{a: b, b: c}", "{a: null}", "{b: c}"},
                      Case{"DeleteAbsent", "{a: b}", "{c: null}", "{a: b}"},
                      Case{"ListsAreReplaced", "{a: [b]}", "{a: [c, d]}", "{a: [c, d]}"},
                      Case{"Nested", "{a: {b: c, d: e}}", "{a: {b: d, c: null}}",
                           "{a: {b: d, d: e}}"},
                      Case{"TextBecomesMap", "{a: text}", "{a: {b: c}}", "{a: {b: c}}"},
                      Case{"NullsInNewMapsVanish", "{}", "{a: {bb: {ccc: null}}}", "{a: {bb: {}}}"},
                      Case{"NullInsideListStays", "{}", "{a: [null]}", "{a: [null]}"},
                      Case{"NotAnObject", "{a: b}", "[c]", "{a: b}"}),
    [](const auto& row) { return row.param.name; });

// ---- JSON patch ---------------------------------------------------------------------------------

class JsonPatchTest : public ::testing::TestWithParam<Case> {};

TEST_P(JsonPatchTest, FollowsTheRfc) {
  Expect(GetParam(), JsonPatch(Yaml(GetParam().target), Yaml(GetParam().patch)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, JsonPatchTest,
    ::testing::Values(
        Case{"Nothing", "{a: 1}", "[]", "{a: 1}"},
        Case{"AddMember", "{a: 1}", "[{op: add, path: /b, value: 2}]", "{a: 1, b: 2}"},
        Case{"AddReplaces", "{a: 1}", "[{op: add, path: /a, value: 2}]", "{a: 2}"},
        Case{"AddNull", "{}", "[{op: add, path: /a, value: null}]", "{a: null}"},
        Case{"AddInTheMiddle", "{a: [1, 3]}", "[{op: add, path: /a/1, value: 2}]",
             "{a: [1, 2, 3]}"},
        Case{"AddAtTheEnd", "{a: [1]}", "[{op: add, path: /a/-, value: 2}]", "{a: [1, 2]}"},
        Case{"AddJustBehindTheEnd", "{a: [1]}", "[{op: add, path: /a/1, value: 2}]", "{a: [1, 2]}"},
        Case{"AddTooFar", "{a: [1]}", "[{op: add, path: /a/2, value: 2}]",
             "PatchFailed: operation 0: the path /a/2 does not exist"},
        Case{"AddWithoutParent", "{}", "[{op: add, path: /a/b, value: 2}]",
             "PatchFailed: operation 0: the path /a/b does not exist"},
        Case{"AddIntoText", "{a: x}", "[{op: add, path: /a/b, value: 2}]", "PatchFailed"},
        Case{"ReplaceRoot", "{a: 1}", "[{op: replace, path: '', value: {b: 2}}]", "{b: 2}"},
        Case{"RootMustStayAnObject", "{a: 1}", "[{op: add, path: '', value: [1]}]",
             "PatchFailed: the result of the patch is not an object"},
        Case{"Escapes", "{a/b: 1, m~n: 2, ~1: 3}",
             "[{op: replace, path: /a~1b, value: 4}, {op: replace, path: /m~0n, value: 5}, "
             "{op: replace, path: /~01, value: 6}]",
             "{a/b: 4, m~n: 5, ~1: 6}"},
        Case{"EmptyKey", "{'': 1}", "[{op: replace, path: /, value: 2}]", "{'': 2}"},
        Case{"Remove", "{a: 1, b: [1, 2, 3]}", "[{op: remove, path: /a}, {op: remove, path: /b/1}]",
             "{b: [1, 3]}"},
        Case{"RemoveMissing", "{}", "[{op: remove, path: /a}]",
             "PatchFailed: operation 0: the path /a does not exist"},
        Case{"RemoveEndMarker", "{a: [1]}", "[{op: remove, path: /a/-}]", "PatchFailed"},
        Case{"RemoveRoot", "{}", "[{op: remove, path: ''}]", "PatchFailed"},
        Case{"ReplaceMissing", "{}", "[{op: replace, path: /a, value: 1}]", "PatchFailed"},
        Case{"LeadingZeroIsNoIndex", "{a: [1, 2]}", "[{op: remove, path: /a/01}]", "PatchFailed"},
        Case{"Move", "{a: {b: 1}, c: {}}", "[{op: move, from: /a/b, path: /c/d}]",
             "{a: {}, c: {d: 1}}"},
        Case{"MoveInList", "{a: [1, 2, 3]}", "[{op: move, from: /a/0, path: /a/2}]",
             "{a: [2, 3, 1]}"},
        Case{"MoveOntoItself", "{a: 1}", "[{op: move, from: /a, path: /a}]", "{a: 1}"},
        Case{"MoveIntoItself", "{a: {b: 1}}", "[{op: move, from: /a, path: /a/b}]",
             "PatchFailed: operation 0: a value cannot be moved into itself"},
        Case{"Copy", "{a: {b: 1}}", "[{op: copy, from: /a, path: /c}]", "{a: {b: 1}, c: {b: 1}}"},
        Case{"CopyMissing", "{}", "[{op: copy, from: /a, path: /c}]", "PatchFailed"},
        Case{"TestHolds", "{a: {b: [1, x]}}", "[{op: test, path: /a, value: {b: [1, x]}}]",
             "{a: {b: [1, x]}}"},
        Case{"TestFails", "{a: 1}",
             "[{op: replace, path: /a, value: 2}, {op: test, path: /a, value: 1}]",
             "PatchFailed: operation 1: the value is not"},
        Case{"TestMissing", "{}", "[{op: test, path: /a, value: null}]", "PatchFailed"},
        Case{"NotAList", "{}", "{op: remove}", "MalformedPatch: a JSON patch must be a list"},
        Case{"OperationIsText", "{}", "[remove]", "MalformedPatch: operation 0: must be an object"},
        Case{"NoOp", "{}", "[{path: /a}]", "MalformedPatch: operation 0: needs a text op"},
        Case{"NoPath", "{}", "[{op: remove}]", "MalformedPatch: operation 0: needs a text path"},
        Case{"NoValue", "{}", "[{op: add, path: /a}]",
             "MalformedPatch: operation 0: needs a value"},
        Case{"NoFrom", "{}", "[{op: copy, path: /a}]",
             "MalformedPatch: operation 0: needs a text from"},
        Case{"UnknownOp", "{}", "[{op: swap, path: /a}]",
             "MalformedPatch: operation 0: has an unknown op"},
        Case{"PathWithoutSlash", "{}", "[{op: remove, path: a}]", "MalformedPatch"},
        Case{"BadEscape", "{}", "[{op: remove, path: /~2}]", "MalformedPatch"}),
    [](const auto& row) { return row.param.name; });

TEST(JsonPatchTest, BoundsTheNumberOfOperations) {
  const json test = {{"op", "test"}, {"path", "/a"}, {"value", 1}};
  EXPECT_TRUE(JsonPatch({{"a", 1}}, json(10000, test)));
  EXPECT_EQ(JsonPatch({{"a", 1}}, json(10001, test)).error().reason, "MalformedPatch");
}

TEST(JsonPatchTest, RefusesToDoubleAnObjectForEver) {
  json patch = json::array();
  for (int i = 0; i < 64; ++i) {
    patch.push_back({{"op", "copy"}, {"from", "/a"}, {"path", "/a/" + std::to_string(i)}});
  }
  const auto result = JsonPatch({{"a", json::object()}}, patch);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "PatchFailed");
}

TEST(JsonPatchTest, RefusesToNestWithoutEnd) {
  json patch = json::array();
  std::string path;
  for (int i = 0; i < 200; ++i) {
    path += "/a";
    patch.push_back({{"op", "add"}, {"path", path}, {"value", json::object()}});
  }
  EXPECT_EQ(JsonPatch(json::object(), patch).error().reason, "PatchFailed");
}

TEST(JsonPatchTest, BoundsHowMuchIsMovedToMakeRoom) {
  const json insert = {{"op", "add"}, {"path", "/a/0"}, {"value", 1}};
  const auto result = JsonPatch({{"a", json(50000, 1)}}, json(10000, insert));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("too much work"), std::string::npos);
}

// ---- strategic merge patch ----------------------------------------------------------------------

class StrategicMergePatchTest : public ::testing::TestWithParam<Case> {};

TEST_P(StrategicMergePatchTest, DoesWhatKubectlMeans) {
  Expect(GetParam(), StrategicMergePatch(Yaml(GetParam().target), Yaml(GetParam().patch)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, StrategicMergePatchTest,
    ::testing::Values(
        Case{"Merge", "{data: {a: x, b: y}}", "{data: {b: z}, type: t}",
             "{data: {a: x, b: z}, type: t}"},
        Case{"NullDeletes", "{data: {a: x, b: y}}", "{data: {a: null}}", "{data: {b: y}}"},
        Case{"NullsInNewMapsVanish", "{}", "{a: {b: {c: null, d: 1}}}", "{a: {b: {d: 1}}}"},
        Case{"OtherListsAreReplaced", "{a: [1, 2]}", "{a: [3]}", "{a: [3]}"},
        Case{"ReplaceMap", "{data: {a: x}}", "{data: {$patch: replace, b: y}}", "{data: {b: y}}"},
        Case{"DeleteMap", "{data: {a: x}, type: t}", "{data: {$patch: delete}}", "{type: t}"},
        Case{"RetainKeys", "{s: {a: 1, b: 2}}", "{s: {$retainKeys: [b, c], c: 3}}",
             "{s: {b: 2, c: 3}}"},
        Case{"OrderIsIgnored", "{metadata: {finalizers: [a]}}",
             "{metadata: {$setElementOrder/finalizers: [b, a], finalizers: [b]}}",
             "{metadata: {finalizers: [a, b]}}"},
        Case{"FinalizersAreAUnion", "{metadata: {finalizers: [a, b]}}",
             "{metadata: {finalizers: [b, c]}}", "{metadata: {finalizers: [a, b, c]}}"},
        Case{"NewFinalizers", "{metadata: {}}", "{metadata: {finalizers: [a]}}",
             "{metadata: {finalizers: [a]}}"},
        Case{"DeleteFinalizer", "{metadata: {finalizers: [a, b]}}",
             "{metadata: {$deleteFromPrimitiveList/finalizers: [a]}}",
             "{metadata: {finalizers: [b]}}"},
        Case{"DeleteAndAddFinalizer", "{metadata: {finalizers: [a]}}",
             "{metadata: {$deleteFromPrimitiveList/finalizers: [a], finalizers: [a]}}",
             "{metadata: {finalizers: [a]}}"},
        Case{"DeleteFromAbsentList", "{metadata: {}}",
             "{metadata: {$deleteFromPrimitiveList/finalizers: [a]}}", "{metadata: {}}"},
        Case{"OwnersByUid", "{metadata: {ownerReferences: [{uid: u, name: a}, {uid: v}]}}",
             "{metadata: {ownerReferences: [{uid: u, name: b}, {uid: w}]}}",
             "{metadata: {ownerReferences: [{uid: u, name: b}, {uid: v}, {uid: w}]}}"},
        Case{"DeleteOwner", "{metadata: {ownerReferences: [{uid: u}, {uid: v}]}}",
             "{metadata: {ownerReferences: [{$patch: delete, uid: u}, {$patch: delete, uid: x}]}}",
             "{metadata: {ownerReferences: [{uid: v}]}}"},
        Case{"ReplaceOwners", "{metadata: {ownerReferences: [{uid: u}, {uid: v}]}}",
             "{metadata: {ownerReferences: [{$patch: replace}, {uid: w}]}}",
             "{metadata: {ownerReferences: [{uid: w}]}}"},
        Case{"ConditionsByType", "{status: {conditions: [{type: A, status: x}, {type: B}]}}",
             "{status: {conditions: [{type: A, status: y}]}}",
             "{status: {conditions: [{type: A, status: y}, {type: B}]}}"},
        Case{"ItemWithoutKey", "{}", "{status: {conditions: [{status: y}]}}",
             "MalformedPatch: an item of conditions lacks type"},
        Case{"ItemIsText", "{}", "{status: {conditions: [x]}}",
             "MalformedPatch: the items of conditions"},
        Case{"UnknownDirective", "{}", "{$frobnicate: 1}",
             "MalformedPatch: unknown directive $frobnicate"},
        Case{"UnknownPatchValue", "{}", "{a: {$patch: upend}}", "MalformedPatch: $patch must be"},
        Case{"NotAnObject", "{}", "[a]",
             "MalformedPatch: a strategic merge patch must be an object"}),
    [](const auto& row) { return row.param.name; });

TEST(StrategicMergePatchTest, BoundsItsWork) {
  json conditions = json::array();
  for (int i = 0; i < 2000; ++i) conditions.push_back({{"type", "x" + std::to_string(i)}});
  const auto patched = StrategicMergePatch(json::object(), {{"conditions", conditions}});
  ASSERT_FALSE(patched);
  EXPECT_EQ(patched.error().message, "too many items of conditions");

  // As many finalizers as a body can hold take a moment, not a minute.
  json finalizers = json::array();
  for (int i = 0; i < 90000; ++i) finalizers.push_back("x/" + std::to_string(i));
  const auto many =
      StrategicMergePatch({{"finalizers", {"x/1", "a"}}}, {{"finalizers", finalizers}});
  ASSERT_TRUE(many);
  EXPECT_EQ((*many)["finalizers"].size(), 90001u);
}

TEST(JsonPatchTest, MovingMuchToAndFroIsTooMuchWork) {
  json patch = json::array();
  for (int i = 0; i < 1000; ++i) {
    patch.push_back({{"op", "move"}, {"from", i % 2 ? "/b" : "/a"}, {"path", i % 2 ? "/a" : "/b"}});
  }
  EXPECT_TRUE(JsonPatch({{"a", {1}}}, patch));
  const auto patched = JsonPatch({{"a", json(10000, 1)}}, patch);
  ASSERT_FALSE(patched);
  EXPECT_EQ(patched.error().reason, "PatchFailed");
}

}  // namespace
}  // namespace nekoplane::codec
