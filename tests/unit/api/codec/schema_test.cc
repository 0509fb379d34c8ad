#include "api/codec/schema.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

json Yaml(const std::string& text) {
  const auto documents = ParseYaml(text, "test");
  EXPECT_TRUE(documents) << documents.error().message;
  return documents && !documents->empty() ? *documents->front().value : json();
}

// ---- defaults -----------------------------------------------------------------------------------

struct DefaultsCase {
  const char* name;
  const char* schema;
  const char* object;
  const char* want;
};

class ApplyDefaultsTest : public ::testing::TestWithParam<DefaultsCase> {};

TEST_P(ApplyDefaultsTest, FillsIn) {
  json object = Yaml(GetParam().object);
  ApplyDefaults(Yaml(GetParam().schema), object);
  EXPECT_EQ(object, Yaml(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ApplyDefaultsTest,
    ::testing::Values(
        DefaultsCase{"Absent", "{properties: {a: {default: 1}}}", "{}", "{a: 1}"},
        DefaultsCase{"PresentStays", "{properties: {a: {default: 1}}}", "{a: ''}", "{a: ''}"},
        DefaultsCase{"NullIsAbsent", "{properties: {a: {default: 1}}}", "{a: null}", "{a: 1}"},
        DefaultsCase{"NullWithoutDefaultGoes", "{properties: {a: {}}}", "{a: null}", "{}"},
        DefaultsCase{"NullableStays", "{properties: {a: {default: 1, nullable: true}}}",
                     "{a: null}", "{a: null}"},
        DefaultsCase{"FromTheOutsideIn",
                     "{properties: {a: {default: {}, properties: {b: {default: 2}}}}}", "{}",
                     "{a: {b: 2}}"},
        DefaultsCase{"NotInsideAnAbsentObject",
                     "{properties: {a: {properties: {b: {default: 2}}}}}", "{}", "{}"},
        DefaultsCase{"InLists", "{properties: {a: {items: {properties: {b: {default: 2}}}}}}",
                     "{a: [{}, {b: 3}]}", "{a: [{b: 2}, {b: 3}]}"},
        DefaultsCase{"InMaps",
                     "{properties: {a: {additionalProperties: {properties: {b: {default: 2}}}}}}",
                     "{a: {x: {}}}", "{a: {x: {b: 2}}}"},
        DefaultsCase{"WrongTypeIsLeftAlone", "{properties: {a: {properties: {b: {default: 2}}}}}",
                     "{a: text}", "{a: text}"}),
    [](const auto& row) { return row.param.name; });

// ---- pruning ------------------------------------------------------------------------------------

struct PruneCase {
  const char* name;
  const char* schema;
  const char* object;
  const char* want;
  std::vector<std::string> removed;
};

class PruneTest : public ::testing::TestWithParam<PruneCase> {};

TEST_P(PruneTest, RemovesWhatTheSchemaDoesNotName) {
  json object = Yaml(GetParam().object);
  EXPECT_EQ(Prune(Yaml(GetParam().schema), object), GetParam().removed);
  EXPECT_EQ(object, Yaml(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    Table, PruneTest,
    ::testing::Values(
        PruneCase{"Unknown",
                  "{properties: {spec: {properties: {a: {}}}}}",
                  "{spec: {a: 1, b: 2}, z: 1}",
                  "{spec: {a: 1}}",
                  {"spec.b", "z"}},
        PruneCase{"MetadataIsLeftAlone",
                  "{properties: {}}",
                  "{apiVersion: v1, kind: K, metadata: {bogus: 1}}",
                  "{apiVersion: v1, kind: K, metadata: {bogus: 1}}",
                  {}},
        PruneCase{"InLists",
                  "{properties: {a: {items: {properties: {b: {}}}}}}",
                  "{a: [{b: 1}, {b: 1, c: 1}]}",
                  "{a: [{b: 1}, {b: 1}]}",
                  {"a[1].c"}},
        PruneCase{"MapsKeepTheirKeys",
                  "{properties: {a: {additionalProperties: {properties: {b: {}}}}}}",
                  "{a: {x: {b: 1, c: 1}}}",
                  "{a: {x: {b: 1}}}",
                  {"a.x.c"}},
        PruneCase{"PreserveKeepsUnknownButPrunesKnown",
                  "{properties: {a: {x-kubernetes-preserve-unknown-fields: true, properties: {b: "
                  "{properties: {c: {}}}}}}}",
                  "{a: {u: {v: 1}, b: {c: 1, d: 1}}}",
                  "{a: {u: {v: 1}, b: {c: 1}}}",
                  {"a.b.d"}},
        PruneCase{"ObjectWithoutPropertiesLosesAll",
                  "{properties: {a: {type: object}}}",
                  "{a: {b: 1}}",
                  "{a: {}}",
                  {"a.b"}}),
    [](const auto& row) { return row.param.name; });

// ---- validation ---------------------------------------------------------------------------------

struct ValidateCase {
  const char* name;
  const char* schema;  // of field f
  const char* value;
  const char* want;  // "reason field: message" of each cause, one a line
};

class ValidateTest : public ::testing::TestWithParam<ValidateCase> {};

TEST_P(ValidateTest, NamesWhatIsWrong) {
  const json schema = {{"type", "object"}, {"properties", {{"f", Yaml(GetParam().schema)}}}};
  const json object = {{"f", Yaml(std::string("v: ") + GetParam().value)["v"]}};
  std::string all;
  for (const FieldCause& cause : Validate(schema, object)) {
    all += cause.reason + " " + cause.field + ": " + cause.message + "\n";
  }
  EXPECT_EQ(all, GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ValidateTest,
    ::testing::Values(
        ValidateCase{"Fine", "{type: string}", "x", ""},
        ValidateCase{"NullIsAbsent", "{type: string, minLength: 1}", "null", ""},
        ValidateCase{
            "Type", "{type: string}", "7",
            "FieldValueTypeInvalid f: Invalid value: \"integer\": f in body must be of type "
            "string: \"integer\"\n"},
        ValidateCase{
            "TypeInteger", "{type: integer}", "1.5",
            "FieldValueTypeInvalid f: Invalid value: \"number\": f in body must be of type "
            "integer: \"number\"\n"},
        ValidateCase{"WholeNumberIsAnInteger", "{type: integer}", "2.0", ""},
        ValidateCase{
            "TypeList", "{type: array}", "{}",
            "FieldValueTypeInvalid f: Invalid value: \"object\": f in body must be of type "
            "array: \"object\"\n"},
        ValidateCase{
            "IntOrString", "{x-kubernetes-int-or-string: true}", "true",
            "FieldValueTypeInvalid f: Invalid value: \"boolean\": f in body must be of type "
            "integer or string: \"boolean\"\n"},
        ValidateCase{"IntOrStringInt", "{x-kubernetes-int-or-string: true, pattern: '^[a-z]$'}",
                     "3", ""},
        ValidateCase{"Enum", "{type: string, enum: [a, b]}", "c",
                     "FieldValueNotSupported f: Unsupported value: \"c\": supported values: \"a\", "
                     "\"b\"\n"},
        ValidateCase{"Pattern", "{type: string, pattern: '^a+$'}", "b",
                     "FieldValueInvalid f: Invalid value: \"b\": f in body should match '^a+$'\n"},
        ValidateCase{"BadPatternLetsNothingThrough", "{type: string, pattern: '('}", "b",
                     "FieldValueInvalid f: Invalid value: \"b\": f in body should match '('\n"},
        ValidateCase{"MaxLength", "{type: string, maxLength: 2, pattern: '^a$'}", "abc",
                     "FieldValueTooLong f: Too long: may not be more than 2 bytes\n"},
        ValidateCase{"MaxLengthCountsCharacters", "{type: string, maxLength: 2}",
                     "\xC3\xA9\xC3\xA9", ""},
        ValidateCase{
            "MinLength", "{type: string, minLength: 1}", "''",
            "FieldValueInvalid f: Invalid value: \"\": f in body should be at least 1 chars "
            "long\n"},
        ValidateCase{"Minimum", "{type: integer, minimum: 1}", "0",
                     "FieldValueInvalid f: Invalid value: 0: f in body should be greater than or "
                     "equal to 1\n"},
        ValidateCase{
            "Maximum", "{type: integer, maximum: 1}", "2",
            "FieldValueInvalid f: Invalid value: 2: f in body should be less than or equal "
            "to 1\n"},
        ValidateCase{
            "Int32", "{type: integer, format: int32}", "3000000000",
            "FieldValueInvalid f: Invalid value: 3000000000: f in body must be of type int32: "
            "3000000000\n"},
        ValidateCase{
            "Int64", "{type: integer, format: int64}", "9223372036854775808",
            "FieldValueInvalid f: Invalid value: 9223372036854775808: f in body must be of "
            "type int64: 9223372036854775808\n"},
        ValidateCase{"DateTime", "{type: string, format: date-time}", "yesterday",
                     "FieldValueInvalid f: Invalid value: \"yesterday\": f in body must be of type "
                     "date-time: \"yesterday\"\n"},
        ValidateCase{"DateTimeFine", "{type: string, format: date-time}",
                     "2026-01-02T03:04:05.678+01:00", ""},
        ValidateCase{"MaxItems", "{type: array, maxItems: 1}", "[1, 2]",
                     "FieldValueTooMany f: Too many: 2: must have at most 1 items\n"},
        ValidateCase{
            "MinItems", "{type: array, minItems: 1}", "[]",
            "FieldValueInvalid f: Invalid value: 0: f in body should have at least 1 items\n"},
        ValidateCase{
            "Items", "{type: array, items: {type: string}}", "[a, 1, null]",
            "FieldValueTypeInvalid f[1]: Invalid value: \"integer\": f[1] in body must be of "
            "type string: \"integer\"\n"
            "FieldValueTypeInvalid f[2]: Invalid value: \"null\": f[2] in body must be of "
            "type string: \"null\"\n"},
        ValidateCase{"MaxProperties", "{type: object, maxProperties: 1}", "{a: 1, b: 2}",
                     "FieldValueTooMany f: Too many: 2: must have at most 1 items\n"},
        ValidateCase{
            "Required", "{type: object, required: [a, b]}", "{a: null}",
            "FieldValueRequired f.a: Required value\nFieldValueRequired f.b: Required value\n"},
        ValidateCase{
            "MapValues", "{type: object, additionalProperties: {type: string}}", "{a.b: 1}",
            "FieldValueTypeInvalid f.a.b: Invalid value: \"integer\": f.a.b in body must be of "
            "type string: \"integer\"\n"},
        ValidateCase{"DuplicateKeys",
                     "{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k]}",
                     "[{k: a, v: 1}, {k: b}, {k: a, v: 2}]",
                     "FieldValueDuplicate f[2]: Duplicate value: {\"k\":\"a\"}\n"},
        ValidateCase{"DuplicateItems", "{type: array, x-kubernetes-list-type: set}", "[a, b, a]",
                     "FieldValueDuplicate f[2]: Duplicate value: \"a\"\n"},
        ValidateCase{"RuleOneOf",
                     "{type: object, x-kubernetes-validations: [{rule: has(self.a) != has(self.b), "
                     "message: one of a and b}]}",
                     "{a: 1, b: 1}",
                     "FieldValueInvalid f: Invalid value: \"object\": one of a and b\n"},
        ValidateCase{
            "RuleOneOfFine",
            "{type: object, x-kubernetes-validations: [{rule: has(self.a) != has(self.b)}]}",
            "{a: 1, b: null}", ""},
        ValidateCase{
            "RuleOrder",
            "{type: object, x-kubernetes-validations: [{rule: self.a <= self.b, message: order}]}",
            "{a: 2, b: 1}", "FieldValueInvalid f: Invalid value: \"object\": order\n"},
        ValidateCase{"RuleNotIn",
                     "{type: string, x-kubernetes-validations: [{rule: \"!(self in ['X', 'YZ'])\", "
                     "message: taken}]}",
                     "YZ", "FieldValueInvalid f: Invalid value: \"YZ\": taken\n"},
        ValidateCase{"RuleNotInIsExact",
                     "{type: string, x-kubernetes-validations: [{rule: \"!(self in ['X', 'YZ'])\", "
                     "message: taken}]}",
                     "Y", ""},
        ValidateCase{"RuleKeys",
                     "{type: object, x-kubernetes-validations: [{rule: \"self.all(key, key in "
                     "['a'])\", message: only a}]}",
                     "{a: 1, b: 1}", "FieldValueInvalid f: Invalid value: \"object\": only a\n"}),
    [](const auto& row) { return row.param.name; });

TEST(ValidateTest, ChecksTheTypesOfMetadataThatCrdsLeaveOut) {
  const json schema = Yaml("{type: object, properties: {metadata: {type: object}}}");
  const auto causes = Validate(
      schema, Yaml("{metadata: {name: n, labels: {a: 1}, creationTimestamp: null, x: 1}}"));
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_EQ(causes[0].field, "metadata.labels.a");
}

TEST(ValidateTest, StopsCountingAtAHundred) {
  const json schema = Yaml("{properties: {a: {type: array, items: {type: string}}}}");
  EXPECT_EQ(Validate(schema, {{"a", json(1000, 1)}}).size(), 100u);
}

// ---- CRDs ---------------------------------------------------------------------------------------

constexpr char kCrd[] = R"(
kind: CustomResourceDefinition
spec:
  group: g.io
  scope: Cluster
  names: {kind: Thing, plural: things, singular: thing, shortNames: [t], categories: [all]}
  versions:
  - {name: v1, served: false, storage: false, schema: {openAPIV3Schema: {type: object}}}
  - name: v2
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: A, type: integer, jsonPath: .spec.a, priority: 1}
    schema: {openAPIV3Schema: {type: object, description: d}}
)";

TEST(KindFromCrdTest, ReadsTheStoredVersion) {
  const auto kind = KindFromCrd(Yaml(kCrd));
  ASSERT_TRUE(kind) << kind.error().message;
  EXPECT_EQ(kind->api_version(), "g.io/v2");
  EXPECT_EQ(kind->resource(), "things.g.io");
  EXPECT_EQ(kind->list_kind(), "ThingList");
  EXPECT_FALSE(kind->namespaced);
  EXPECT_TRUE(kind->status_subresource);
  EXPECT_EQ(kind->short_names, std::vector<std::string>{"t"});
  EXPECT_EQ((*kind->schema)["description"], "d");
  const auto columns = kind->TableColumns();
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0].name, "Name");
  EXPECT_EQ(columns[1].json_path, ".spec.a");
  EXPECT_EQ(columns[1].priority, 1);
}

TEST(KindFromCrdTest, RefusesWhatIsIncomplete) {
  for (const char* path : {"/kind", "/spec", "/spec/names", "/spec/names/plural", "/spec/scope",
                           "/spec/versions", "/spec/versions/1/schema", "/spec/versions/1/served",
                           "/spec/versions/1/additionalPrinterColumns/0/jsonPath"}) {
    json crd = Yaml(kCrd);
    crd[json::json_pointer(path)] = nullptr;
    const auto kind = KindFromCrd(crd);
    EXPECT_TRUE(kind.is(Code::kInvalid)) << path;
  }
  EXPECT_FALSE(KindFromCrd(json("text")));
}

TEST(KindTest, AKindWithoutColumnsShowsNameAndAge) {
  const auto columns = Kind{}.TableColumns();
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0].format, "name");
  EXPECT_EQ(columns[1].type, "date");
}

}  // namespace
}  // namespace nekoplane::codec
