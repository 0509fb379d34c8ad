#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/base/random.h"
#include "api/codec/json_parse.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

struct GoodCase {
  const char* name;
  std::string text;
  const char* want;  // the documents as a JSON list
};

class GoodYamlTest : public ::testing::TestWithParam<GoodCase> {};

TEST_P(GoodYamlTest, BecomesJson) {
  const auto documents = ParseYaml(GetParam().text, "f.yaml");
  ASSERT_TRUE(documents) << documents.error().ToString();
  json all = json::array();
  for (const auto& document : *documents) all.push_back(*document.value);
  EXPECT_EQ(all.dump(), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodYamlTest,
    ::testing::Values(
        GoodCase{"Nothing", "", "[]"}, GoodCase{"OnlyComments", "# a\n---\n# b\n---\n", "[]"},
        GoodCase{"Map", "a: 1\nb: {c: [x, 'y']}\n", R"([{"a":1,"b":{"c":["x","y"]}}])"},
        GoodCase{"Documents", "a: 1\n---\nb: 2\n---\n---\nc: 3\n", R"([{"a":1},{"b":2},{"c":3}])"},
        GoodCase{"DocumentEnd", "a: 1\n...\nb: 2\n", R"([{"a":1},{"b":2}])"},
        GoodCase{"FirstMarker", "---\na: 1\n", R"([{"a":1}])"},
        GoodCase{"ByteOrderMark",
                 "\xEF\xBB\xBF"
                 "a: 'x'\n",
                 R"([{"a":"x"}])"},
        GoodCase{"Windows", "a: \"x\"\r\nb: 'y'\r\n---\r\nc: 1\r\n",
                 R"([{"a":"x","b":"y"},{"c":1}])"},
        GoodCase{"CoreSchema", "[null, ~, Null, true, False, TRUE, 12, -3, +4, 1.5, .5, 1e3, 2.]",
                 "[[null,null,null,true,false,true,12,-3,4,1.5,0.5,1000.0,2.0]]"},
        GoodCase{"TextThatOldReadersMistake",
                 "[yes, No, on, off, y, 0x10, 0o17, 1_000, 12:30, 2026-01-02]",
                 R"([["yes","No","on","off","y","0x10","0o17","1_000","12:30","2026-01-02"]])"},
        GoodCase{"Quoted", "['1', \"true\", '', \"~\"]", R"([["1","true","","~"]])"},
        GoodCase{"TextTag", "a: !!str 12\nb: !!str\nc: ! 5\n", R"([{"a":"12","b":"","c":"5"}])"},
        GoodCase{"KnownTags", "[!!int 5, !!bool true, !!float 1, !!map {a: !!seq [1]}]",
                 R"([[5,true,1,{"a":[1]}]])"},
        GoodCase{"TaggedQuotes", "a: !!str \"it's\"\nb: &x 'don''t'\n",
                 R"([{"a":"it's","b":"don't"}])"},
        GoodCase{"Blocks", "a: |\n  x\n  y\nb: >-\n  p\n  q\n", R"([{"a":"x\ny\n","b":"p q"}])"},
        GoodCase{"KeysAreText", "1: a\ntrue: b\n'<<': c\n", R"([{"1":"a","<<":"c","true":"b"}])"},
        GoodCase{"EmptyValue", "a:\nb: \n", R"([{"a":null,"b":null}])"},
        GoodCase{"Json", "  {\"a\": [1, \"x\"]}\n", R"([{"a":[1,"x"]}])"},
        GoodCase{"JsonDocuments", "{\"a\":1}\n---\n{\"b\":2}\n", R"([{"a":1},{"b":2}])"},
        GoodCase{"FlowMap", "{a: 1, b: x}\n", R"([{"a":1,"b":"x"}])"},
        GoodCase{"EscapesOfLatin1", "a: \"\\N\\_\\Né\"\n", "[{\"a\":\"\u0085\u00a0\u0085é\"}]"},
        GoodCase{"QuoteInPlainText", "a: it's \"fine\"\nb: 1\n",
                 R"([{"a":"it's \"fine\"","b":1}])"}),
    [](const auto& row) { return row.param.name; });

struct BadCase {
  const char* name;
  std::string text;
  const char* reason;
  const char* message;
};

class BadYamlTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadYamlTest, IsRefusedWithItsPlace) {
  const auto documents = ParseYaml(GetParam().text, "f.yaml");
  ASSERT_FALSE(documents) << "accepted as " << documents->size() << " documents";
  EXPECT_EQ(documents.error().code, Code::kInvalid);
  EXPECT_EQ(documents.error().reason, GetParam().reason);
  EXPECT_EQ(documents.error().message.substr(0, std::string(GetParam().message).size()),
            GetParam().message);
}

std::string Bomb() {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = std::to_string(i - 1), now = std::to_string(i);
    text += "a" + now + ": &a" + now + " [*a" + before + ", *a" + before + "]\n";
  }
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadYamlTest,
    ::testing::Values(
        BadCase{"Indentation", "a: 1\n b: 2\n", "MalformedYaml", "f.yaml:2:"},
        BadCase{"Tab", "a:\n\tb: 1\n", "MalformedYaml", "f.yaml:2:"},
        BadCase{"Unclosed", "a: [1, 2\n", "MalformedYaml", "f.yaml:2:"},
        BadCase{"CutOffInDoubleQuotes", "b: 1\na: \"x\n", "MalformedYaml",
                "f.yaml:2:4: the quote that starts here is never closed"},
        BadCase{"CutOffInSingleQuotes", "a: 'it''s\n", "MalformedYaml", "f.yaml:1:4: the quote"},
        BadCase{"CutOffAfterTag", "a: !!str \"x\n", "MalformedYaml", "f.yaml:1:4: the quote"},
        BadCase{"CutOffAfterEscape", "a: \"x\\\"\n", "MalformedYaml", "f.yaml:1:4: the quote"},
        BadCase{"CutOffAtOnce", "a: \"x", "MalformedYaml", "f.yaml:1:"},
        BadCase{"Repeated", "a: 1\nb:\n  c: 1\n  c: 2\n", "DuplicateField",
                "f.yaml:4:3: the key \"c\" is already on line 3"},
        BadCase{"RepeatedInJson", "{\"a\": 1,\n \"a\": 2}\n", "DuplicateField",
                "f.yaml:2:2: the key \"a\" is already on line 1"},
        BadCase{"Alias", "a: &x 1\nb: *x\n", "Alias", "f.yaml:2:4: aliases"},
        BadCase{"SelfAlias", "a: &x [*x]\n", "Alias", "f.yaml:1:8: aliases"},
        BadCase{"Bomb", Bomb(), "Alias", "f.yaml:2:"},
        BadCase{"MergeKey", "a:\n  <<: {b: 1}\n", "MergeKey", "f.yaml:2:3: merge keys"},
        BadCase{"UnknownTag", "a: !secret x\n", "UnknownTag", "f.yaml:1:4: the tag !secret"},
        BadCase{"BinaryTag", "a: !!binary aGk=\n", "UnknownTag", "f.yaml:1:4: the tag"},
        BadCase{"TagOnList", "a: !!set [x]\n", "UnknownTag", "f.yaml:1:4: the tag"},
        BadCase{"TagThatDoesNotFit", "a: !!int x\n", "UnknownTag", "f.yaml:1:4: the value"},
        BadCase{"ListAsKey", "? [a]\n: 1\n", "MalformedYaml", "f.yaml:1:3: a key must be text"},
        BadCase{"NoKey", ": 1\n", "MalformedYaml", "f.yaml:1:1: the key is missing"},
        BadCase{"Octal", "mode: 0644\n", "BadScalar", "f.yaml:1:7: 0644 has leading zeros"},
        BadCase{"Huge", "a: 1e999\n", "BadScalar", "f.yaml:1:4: 1e999 is out of range"},
        BadCase{"HugeInteger", "a: 99999999999999999999\n", "BadScalar", "f.yaml:1:4: 9999"},
        BadCase{"Infinity", "a: .inf\n", "BadScalar", "f.yaml:1:4: .inf is not a number"},
        BadCase{"TrailingText", "{a: 1} junk\n", "MalformedYaml", "f.yaml:1:8: unexpected text"},
        BadCase{"TwoJsonValues", "{\"a\": 1}\n{\"b\": 2}\n", "MalformedJson",
                "f.yaml:2:1: syntax error"},
        BadCase{"BrokenJson", "{\"a\": 1,\n  \"b\": }}\n", "MalformedJson", "f.yaml:2:8: "},
        BadCase{"NotUtf8", "a: 1\nb: \xFF\n", "InvalidUtf8", "f.yaml:2:4: not UTF-8"},
        BadCase{"Utf16",
                std::string("\xFF\xFE"
                            "a\0:\0",
                            6),
                "InvalidUtf8", "f.yaml:1:1: "},
        BadCase{"Nul", std::string("a: 1\nb\0", 7), "MalformedYaml", "f.yaml:2:2: a NUL byte"},
        BadCase{"TooDeep", "a: " + std::string(64, '[') + std::string(64, ']'), "TooDeep",
                "f.yaml:1:67: nested"},
        BadCase{"VeryDeep", "a: " + std::string(200000, '[') + std::string(200000, ']'), "TooDeep",
                "f.yaml:1:67: nested"},
        BadCase{"TooLong", std::string(3 * 1024 * 1024 + 1, ' '), "TooLarge", "f.yaml: longer"}),
    [](const auto& row) { return row.param.name; });

TEST(ParseYamlTest, SaysWhereEachDocumentStarts) {
  const auto documents = ParseYaml("# c\na: 1\n---\n# d\n\nb: 1\n", "f");
  ASSERT_TRUE(documents);
  ASSERT_EQ(documents->size(), 2u);
  EXPECT_EQ((*documents)[0].line, 2);
  EXPECT_EQ((*documents)[1].line, 6);
}

TEST(ParseYamlTest, LimitsTheNumberOfValuesOverAllDocuments) {
  EXPECT_TRUE(ParseYaml("[1, 2]\n---\n[3]\n", "f", {.max_nodes = 5}));
  EXPECT_EQ(ParseYaml("[1, 2]\n---\n[3]\n", "f", {.max_nodes = 4}).error().reason, "TooLarge");
}

// ---- writing ------------------------------------------------------------------------------------

TEST(ToYamlTest, LooksLikeKubectls) {
  const json object = {
      {"status", {{"phase", "Running"}}},
      {"kind", "K"},
      {"apiVersion", "v1"},
      {"extra", json::array()},
      {"metadata", {{"name", "n"}, {"labels", json::object()}}},
      {"spec",
       {{"env", {{{"name", "A"}, {"value", "1"}}, {{"name", "B"}}}}, {"deep", {{1, 2}, {"x"}}}}}};
  EXPECT_EQ(ToYaml(object),
            "apiVersion: v1\n"
            "kind: K\n"
            "metadata:\n"
            "  labels: {}\n"
            "  name: \"n\"\n"
            "spec:\n"
            "  deep:\n"
            "  - - 1\n"
            "    - 2\n"
            "  - - x\n"
            "  env:\n"
            "  - name: A\n"
            "    value: \"1\"\n"
            "  - name: B\n"
            "status:\n"
            "  phase: Running\n"
            "extra: []\n");
}

TEST(ToYamlTest, ShowsSeveralLinesAsABlock) {
  EXPECT_EQ(ToYaml({{"a", "x\n  y\n\nz\n"}, {"b", "p\nq"}}),
            "a: |\n  x\n    y\n\n  z\nb: |-\n  p\n  q\n");
}

TEST(ToYamlTest, QuotesWhatAnyReaderCouldMistake) {
  for (const char* text : {"",           "yes",  "No",    "null",     "~",   "12",
                           "0x1F",       "1e5",  "1_000", "12:30:45", "-",   "2026-01-02T03:04:05Z",
                           "2026-01-02", "a: b", "a #b",  "#a",       "- a", "*a",
                           "a:",         " a",   "a ",    "\t",       "---", "<<",
                           "=",          ".5",   "+1",    "\xC3\xA9"}) {
    EXPECT_EQ(ToYaml(text), json(text).dump() + "\n");
  }
  for (const char* text : {"abc", "10m", "1536Mi", "a:b", "a#b", "http://x/?a=b",
                           "nekoplane.dev/v1alpha1", "/dev/dri", "a - b", "a, b", "x'y"}) {
    EXPECT_EQ(ToYaml(text), std::string(text) + "\n");
  }
}

json Anything(Random& random, int depth) {
  static const char* const kTexts[] = {"",
                                       "a",
                                       "yes",
                                       "1",
                                       "a\nb",
                                       "a\n",
                                       "\n",
                                       "\na",
                                       " a\nb",
                                       "a \nb",
                                       "a\n\n",
                                       "a\tb",
                                       "\x7F",
                                       "a\nb: c\n#d",
                                       "\xC2\x85",
                                       "\xE2\x80\xA8",
                                       "\xEF\xBB\xBF",
                                       "\xC3\xA9",
                                       "a\r\nb",
                                       "'",
                                       "\"",
                                       "\\",
                                       "a: b",
                                       "---\na",
                                       "1.5"};
  switch (random.Below(depth > 3 ? 6 : 8)) {
    case 0:
      return nullptr;
    case 1:
      return random.Below(2) == 1;
    case 2:
      return static_cast<std::int64_t>(random.Next64());
    case 3:
      return random.Next64();
    case 4:
      return (random.Unit() - 0.5) * 1e20;
    case 5:
      return kTexts[random.Below(std::size(kTexts))];
    case 6: {
      json list = json::array();
      for (auto n = random.Below(4); n > 0; --n) list.push_back(Anything(random, depth + 1));
      return list;
    }
    default: {
      json map = json::object();
      for (auto n = random.Below(4); n > 0; --n) {
        map[kTexts[random.Below(std::size(kTexts))]] = Anything(random, depth + 1);
      }
      return map;
    }
  }
}

TEST(ToYamlTest, MarksKeysThatAreTooLongForReaders) {
  const std::string key(1100, 'k');
  EXPECT_EQ(ToYaml({{key, {{"a", {1}}}}}), "? " + key + "\n:\n  a:\n  - 1\n");
  for (const json& value : {json(1), json("x\ny\n"), json{1, {2}}, json{{key, {1}}}}) {
    const json object = {{"list", {{{key, value}, {"z", 1}}}}};
    const auto back = ParseYaml(ToYaml(object), "f");
    ASSERT_TRUE(back) << back.error().ToString();
    EXPECT_EQ(*back->front().value, object);
  }
}

TEST(ToYamlTest, ReadsBackAsTheSameValue) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SeededRandom random(seed);
    const json value = {{"v", Anything(random, 0)}};
    const std::string text = ToYaml(value);
    const auto back = ParseYaml(text, "f");
    ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().ToString() << "\n" << text;
    ASSERT_EQ(back->size(), 1u) << text;
    EXPECT_EQ(back->front().value->dump(), value.dump()) << "seed " << seed << "\n" << text;
  }
}

}  // namespace
}  // namespace nekoplane::codec
