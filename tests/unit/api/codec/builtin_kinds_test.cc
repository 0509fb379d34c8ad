// The CRDs, the structs and the shipped manifests agree with one another.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <type_traits>

#include "api/codec/builtin.h"
#include "api/codec/json_codec.h"
#include "api/codec/json_parse.h"
#include "api/codec/pattern.h"
#include "api/codec/rules.h"
#include "api/codec/schema.h"
#include "api/registry/strategies/checks.h"
#include "tests/unit/api/codec/struct_walk.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;
using v1alpha1::BrowserClass;
using v1alpha1::BrowserNode;
using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;

std::string CausesOf(const Kind& kind, const json& object) {
  std::string all;
  for (const FieldCause& cause : Validate(*kind.schema, object)) {
    all += cause.field + ": " + cause.message + "\n";
  }
  return all;
}

// ---- struct and schema, field by field ----------------------------------------------------------

template <class T>
struct Inner {};

template <class T>
struct Inner<std::optional<T>> {
  using type = T;
};

template <class T>
struct Inner<std::vector<T>> {
  using type = T;
};

class Agreement {
 public:
  template <class T>
  void Check(const json& schema, const std::string& path) {
    if (schema.is_null()) return;  // reported by the caller
    if constexpr (requires { typename Inner<T>::type; } && !std::is_same_v<T, std::string>) {
      if constexpr (std::is_same_v<T, std::optional<typename Inner<T>::type>>) {
        Check<typename Inner<T>::type>(schema, path);
      } else {
        Want(schema, path, "array");
        Check<typename Inner<T>::type>(schema.value("items", json()), path + "[]");
      }
    } else if constexpr (std::is_same_v<T, v1alpha1::StringMap>) {
      Want(schema, path, "object");
      Check<std::string>(schema.value("additionalProperties", json()), path + "{}");
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (!schema.value("x-kubernetes-int-or-string", false)) Want(schema, path, "string");
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      Want(schema, path, "integer");
    } else if constexpr (std::is_same_v<T, bool>) {
      Want(schema, path, "boolean");
    } else if constexpr (std::is_enum_v<T>) {
      Want(schema, path, "string");
      json names = json::array();
      for (const auto& [value, name] : v1alpha1::EnumNames<T>::kNames)
        names.push_back(std::string(name));
      EXPECT_EQ(schema.value("enum", json()), names) << path;
    } else {
      Struct<T>(schema, path);
    }
  }

 private:
  static void Want(const json& schema, const std::string& path, const char* type) {
    EXPECT_EQ(schema.value("type", ""), type) << path;
  }

  template <class T>
  void Struct(const json& schema, const std::string& path) {
    Want(schema, path, "object");
    const json properties = schema.value("properties", json::object());
    std::set<std::string> in_struct, in_schema;
    T object;
    T::Fields(object, [&](const char* name, const auto& member) {
      in_struct.insert(name);
      if (path.empty() && std::string(name) == "metadata") return;
      Check<std::remove_cvref_t<decltype(member)>>(properties.value(name, json()),
                                                   path + "." + name);
    });
    for (const auto& [name, child] : properties.items()) {
      if (!path.empty() || (name != "apiVersion" && name != "kind")) in_schema.insert(name);
    }
    EXPECT_EQ(in_struct, in_schema) << "at " << (path.empty() ? "the top" : path);
  }
};

template <class T>
class TypedKindTest : public ::testing::Test {
 protected:
  const Kind& kind() const {
    const Kind* found = KindTable::Builtin().FindByResource(T::kResource);
    EXPECT_NE(found, nullptr);
    return *found;
  }
};

using OurKinds = ::testing::Types<BrowserSession, BrowserNode, BrowserClass, BrowserProfile>;
TYPED_TEST_SUITE(TypedKindTest, OurKinds);

TYPED_TEST(TypedKindTest, StructAndSchemaHaveTheSameFieldsAndTypes) {
  EXPECT_EQ(this->kind().kind, TypeParam::kKind);
  Agreement().Check<TypeParam>(*this->kind().schema, "");
}

TYPED_TEST(TypedKindTest, DefaultsAreTheStructsInitialValues) {
  json object = {{"spec", json::object()}};
  ApplyDefaults(*this->kind().schema, object);
  const auto decoded = Decode<TypeParam>(object);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(Encode(*decoded), Encode(TypeParam{}));
}

TYPED_TEST(TypedKindTest, WhatTheStructEncodesIsNeverPruned) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom random(seed);
    TypeParam object;
    testing::FillAny(random, object);
    json encoded = Encode(object);
    EXPECT_EQ(Prune(*this->kind().schema, encoded), std::vector<std::string>{}) << "seed " << seed;
  }
}

// ---- the schemas themselves ---------------------------------------------------------------------

class SchemaFileTest : public ::testing::TestWithParam<EmbeddedFile> {
 protected:
  json Crd() const {
    const auto documents = ParseYaml(GetParam().text, GetParam().name);
    EXPECT_TRUE(documents) << documents.error().message;
    return *documents->front().value;
  }
};

// Everything a kube-apiserver demands of a structural schema, and that we and it read alike.
void CheckNode(const json& schema, const std::string& path, bool described) {
  static const std::set<std::string> kKnown{"type",
                                            "description",
                                            "properties",
                                            "required",
                                            "items",
                                            "additionalProperties",
                                            "default",
                                            "enum",
                                            "pattern",
                                            "format",
                                            "minimum",
                                            "maximum",
                                            "minLength",
                                            "maxLength",
                                            "minItems",
                                            "maxItems",
                                            "maxProperties",
                                            "x-kubernetes-list-type",
                                            "x-kubernetes-list-map-keys",
                                            "x-kubernetes-int-or-string",
                                            "x-kubernetes-validations"};
  for (const auto& [key, value] : schema.items())
    EXPECT_TRUE(kKnown.contains(key)) << path << ": " << key;
  const bool int_or_string = schema.value("x-kubernetes-int-or-string", false);
  EXPECT_NE(schema.contains("type"), int_or_string) << path;
  if (described) {
    EXPECT_GT(schema.value("description", "").size(), 10u) << path << " has no description";
  }
  EXPECT_FALSE(schema.contains("properties") && schema.contains("additionalProperties")) << path;
  const std::string type = schema.value("type", "");
  const bool free_text = type == "string" && path != ".apiVersion" && path != ".kind" &&
                         !schema.contains("enum") && !schema.contains("format");
  if (free_text || int_or_string) {
    EXPECT_TRUE(schema.contains("maxLength")) << path << " is unlimited";
  }
  if (schema.contains("pattern")) {
    EXPECT_TRUE(Pattern::Compile(schema["pattern"].get<std::string>())) << path;
  }
  if (schema.contains("default")) {
    json value = {{"v", schema["default"]}};
    const json wrapper = {{"type", "object"}, {"properties", {{"v", schema}}}};
    ApplyDefaults(wrapper, value);
    const auto causes = Validate(wrapper, value);
    // The default of spec is {}: what else it needs is said when it is used.
    EXPECT_TRUE(causes.empty()) << path << ": " << (causes.empty() ? "" : causes[0].message);
  }
  const json rules = schema.value("x-kubernetes-validations", json::array());
  for (const json& rule : rules) {
    EXPECT_TRUE(ObeysRule(rule["rule"].get<std::string>(), json::object())) << rule["rule"];
    EXPECT_FALSE(rule.value("message", "").empty()) << rule["rule"];
  }
  const json required_names = schema.value("required", json::array());
  for (const json& name : required_names) {
    EXPECT_TRUE(schema["properties"].contains(name.get<std::string>())) << path << ": " << name;
  }
  const json properties = schema.value("properties", json::object());
  for (const auto& [name, child] : properties.items()) {
    EXPECT_NE(name, "state") << "no field of that name: say what is wanted";
    if (name != "metadata" || !path.empty()) CheckNode(child, path + "." + name, true);
  }
  if (type == "array") {
    ASSERT_TRUE(schema.contains("items")) << path;
    EXPECT_TRUE(schema.contains("maxItems")) << path << " is unlimited";
    const std::string list = schema.value("x-kubernetes-list-type", "");
    EXPECT_TRUE(list == "atomic" || list == "map") << path;
    if (list == "map") {
      const json keys = schema.value("x-kubernetes-list-map-keys", json::array({"?"}));
      for (const json& key : keys) {
        const json required = schema["items"].value("required", json::array());
        EXPECT_NE(std::find(required.begin(), required.end(), key), required.end()) << path;
      }
    }
    CheckNode(schema["items"], path + "[]", false);
  }
  if (schema.contains("additionalProperties")) {
    EXPECT_TRUE(schema.contains("maxProperties")) << path << " is unlimited";
    CheckNode(schema["additionalProperties"], path + "{}", false);
  }
}

TEST_P(SchemaFileTest, IsStructuralDescribedAndBounded) {
  const json crd = Crd();
  EXPECT_EQ(crd["apiVersion"], "apiextensions.k8s.io/v1");
  const json& names = crd["spec"]["names"];
  EXPECT_EQ(crd["metadata"]["name"], names["plural"].get<std::string>() + ".nekoplane.dev");
  EXPECT_EQ(names["plural"], std::string(GetParam().name)) << "the file has the name of its plural";
  EXPECT_EQ(names["listKind"], names["kind"].get<std::string>() + "List");
  const auto kind = KindFromCrd(crd);
  ASSERT_TRUE(kind) << kind.error().message;
  CheckNode(*kind->schema, "", true);
}

TEST_P(SchemaFileTest, ColumnsLeadToFields) {
  const auto kind = KindFromCrd(Crd());
  ASSERT_TRUE(kind);
  for (const PrinterColumn& column : kind->columns) {
    if (column.json_path == ".metadata.creationTimestamp") continue;
    json at = *kind->schema;
    std::string path = column.json_path;
    // Conditions and lists: on to their items.
    for (std::size_t open; (open = path.find('[')) != path.npos;) {
      path.replace(open, path.find(']', open) - open + 1, ".items");
    }
    std::size_t start = 1;
    while (start <= path.size()) {
      const std::size_t end = std::min(path.find('.', start), path.size());
      const std::string name = path.substr(start, end - start);
      const json next = name == "items"
                            ? at.value("items", json())
                            : at.value("properties", json::object()).value(name, json());
      ASSERT_FALSE(next.is_null()) << column.name << ": " << column.json_path << " at " << name;
      at = next;
      start = end + 1;
    }
    const bool quantity = at.value("x-kubernetes-int-or-string", false);
    EXPECT_EQ(column.type, quantity ? "string" : at.value("type", "")) << column.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Crds, SchemaFileTest, ::testing::ValuesIn(BuiltinCrds()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(KindTableTest, ServesOurKindsAndTheCoreOnes) {
  std::set<std::string> resources;
  for (const Kind& kind : KindTable::Builtin().kinds()) {
    resources.insert(kind.resource());
    ASSERT_NE(kind.schema, nullptr);
    EXPECT_FALSE(kind.singular.empty());
  }
  EXPECT_EQ(resources, (std::set<std::string>{
                           "events", "namespaces", "secrets", "leases.coordination.k8s.io",
                           "browserclasses.nekoplane.dev", "browsernodes.nekoplane.dev",
                           "browserprofiles.nekoplane.dev", "browsersessions.nekoplane.dev"}));
}

TEST(KindTableTest, FindsKindsByEachName) {
  const KindTable& table = KindTable::Builtin();
  const Kind* session = table.FindKind("nekoplane.dev/v1alpha1", "BrowserSession");
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(table.FindResource("nekoplane.dev", "v1alpha1", "browsersessions"), session);
  EXPECT_EQ(table.FindByResource("browsersessions.nekoplane.dev"), session);
  EXPECT_EQ(session->short_names, std::vector<std::string>{"bs"});
  EXPECT_TRUE(session->namespaced);
  EXPECT_TRUE(session->status_subresource);
  EXPECT_NE(table.FindKind("v1", "Secret"), nullptr);
  EXPECT_EQ(table.FindKind("v1", "BrowserSession"), nullptr);
  EXPECT_EQ(table.FindResource("", "v1", "pods"), nullptr);
}

// ---- objects ------------------------------------------------------------------------------------

struct ObjectCase {
  const char* name;
  const char* resource;
  std::string object;
  const char* causes;  // "" = valid
};

class ObjectTest : public ::testing::TestWithParam<ObjectCase> {};

TEST_P(ObjectTest, IsJudged) {
  const Kind* kind = KindTable::Builtin().FindByResource(GetParam().resource);
  ASSERT_NE(kind, nullptr);
  const auto documents = ParseYaml(GetParam().object, "test");
  ASSERT_TRUE(documents) << documents.error().message;
  json object = *documents->front().value;
  Prune(*kind->schema, object);
  ApplyDefaults(*kind->schema, object);
  EXPECT_EQ(CausesOf(*kind, object), GetParam().causes);
}

constexpr char kSession[] = "browsersessions.nekoplane.dev", kNode[] = "browsernodes.nekoplane.dev";

INSTANTIATE_TEST_SUITE_P(
    Table, ObjectTest,
    ::testing::Values(
        ObjectCase{"EmptySession", kSession, "{metadata: {name: s}}", ""},
        ObjectCase{"FullSession", kSession, R"(
metadata: {name: my-browser, namespace: default}
spec:
  owner: {kind: Agent, name: me}
  url: https://example.org/a?b=c#d
  classRef: {name: chromium}
  profileRef: {name: my-profile}
  device: Mobile
  screen: 1280x720@30
  operatingMode: Suspended
  nodeName: ""
  nodeSelector: {disk: ssd}
  resources: {requests: {memory: 1536Mi, cpu: "1"}, limits: {memory: 4Gi, cpu: 2}}
  lifecycle: {maxStartingDuration: 1h30m, maxIdleDuration: 1.5h, idleAction: None, maxAge: "", shutdownTime: "",
              ttlSecondsAfterFinished: 0}
  env: [{name: NEKO_CAPTURE_VIDEO_CODEC, value: vp8}]
)",
                   ""},
        ObjectCase{"OwnerNeedsAName", kSession, "{spec: {owner: {kind: User}}}",
                   "spec.owner.name: Required value\n"},
        ObjectCase{"OnlyWebPages", kSession, "{spec: {url: 'file:///etc/passwd'}}",
                   "spec.url: Invalid value: \"file:///etc/passwd\": spec.url in body should match "
                   "'^(about:blank|https?://[^\\x00-\\x20\\x7f]+)?$'\n"},
        ObjectCase{"NoLineBreakInUrl", kSession, "{spec: {url: \"http://x/\\ny\"}}",
                   "spec.url: Invalid value: \"http://x/\\ny\": spec.url in body should match "
                   "'^(about:blank|https?://[^\\x00-\\x20\\x7f]+)?$'\n"},
        ObjectCase{"BlankPage", kSession, "{spec: {url: 'about:blank'}}", ""},
        ObjectCase{"BadScreen", kSession, "{spec: {screen: 4k}}",
                   "spec.screen: Invalid value: \"4k\": spec.screen in body should match "
                   "'^([0-9]{3,4}x[0-9]{3,4}@[0-9]{1,3})?$'\n"},
        ObjectCase{
            "BadDuration", kSession, "{spec: {lifecycle: {maxAge: 2d}}}",
            "spec.lifecycle.maxAge: Invalid value: \"2d\": spec.lifecycle.maxAge in body should "
            "match '^(0|([0-9]+(\\.[0-9]+)?(ms|s|m|h))+)?$'\n"},
        ObjectCase{
            "MisspelledResource", kSession, "{spec: {resources: {limits: {mem: 1Gi}}}}",
            "spec.resources.limits: Invalid value: \"object\": only memory and cpu can be set\n"},
        ObjectCase{"BadQuantity", kSession, "{spec: {resources: {limits: {memory: lots}}}}",
                   "spec.resources.limits.memory: Invalid value: \"lots\": "
                   "spec.resources.limits.memory in "
                   "body should match '^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$'\n"},
        ObjectCase{"OwnedVariable", kSession, "{spec: {env: [{name: NEKO_PASSWORD, value: x}]}}",
                   "spec.env[0].name: Invalid value: \"NEKO_PASSWORD\": nekoplane sets this "
                   "variable itself\n"},
        ObjectCase{"VariableTwice", kSession, "{spec: {env: [{name: A}, {name: A, value: x}]}}",
                   "spec.env[1]: Duplicate value: {\"name\":\"A\"}\n"},
        ObjectCase{"ConditionNeedsAReason", kSession,
                   "{status: {conditions: [{type: Ready, status: Maybe, message: '', "
                   "lastTransitionTime: 2026-01-02T03:04:05Z}]}}",
                   "status.conditions[0].reason: Required value\n"
                   "status.conditions[0].status: Unsupported value: \"Maybe\": supported values: "
                   "\"True\", "
                   "\"False\", \"Unknown\"\n"},
        ObjectCase{"DockerNode", kNode,
                   "{spec: {docker: {endpoint: 'unix:///var/run/docker.sock'}, address: 10.0.0.1}}",
                   ""},
        ObjectCase{
            "NodeWithoutDriverOrAddress", kNode, "{spec: {}}",
            "spec.address: Required value\n"
            "spec: Invalid value: \"object\": exactly one of docker and taosWorker must be set\n"},
        ObjectCase{"NodeWithoutSpec", kNode, "{metadata: {name: n}}", "spec: Required value\n"},
        ObjectCase{
            "NodeWithTwoDrivers", kNode,
            "{spec: {docker: {endpoint: 'tcp://a:1'}, taosWorker: {url: 'http://a'}, address: "
            "'::1'}}",
            "spec: Invalid value: \"object\": exactly one of docker and taosWorker must be set\n"},
        ObjectCase{
            "PortsBackwards", kNode,
            "{spec: {docker: {endpoint: 'tcp://a:1'}, address: '::1', ports: {http: {from: 9, to: "
            "8}}}}",
            "spec.ports.http: Invalid value: \"object\": from must not be greater than to\n"},
        ObjectCase{"ClassWithoutVariants", "browserclasses.nekoplane.dev", "{spec: {variants: []}}",
                   "spec.variants: Invalid value: 0: spec.variants in body should have at least 1 "
                   "items\n"},
        ObjectCase{"Secret", "secrets",
                   "{metadata: {name: s}, data: {a: aGk=, b: ''}, type: Opaque}", ""},
        ObjectCase{"SecretNotBase64", "secrets", "{data: {a: 'hi!'}}",
                   "data.a: Invalid value: \"hi!\": data.a in body should match "
                   "'^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'\n"},
        ObjectCase{
            "TypedClientsEvent", "events",
            "{metadata: {name: e, creationTimestamp: null}, involvedObject: {kind: K, name: n}, "
            "eventTime: null, firstTimestamp: null, source: {}, reason: R, count: 1}",
            ""},
        ObjectCase{"Lease", "leases.coordination.k8s.io",
                   "{spec: {holderIdentity: h, leaseDurationSeconds: 15, renewTime: "
                   "'2026-01-02T03:04:05.123456Z'}}",
                   ""}),
    [](const auto& row) { return row.param.name; });

TEST(CoreKindsTest, ANewNamespaceIsActive) {
  json object = {{"metadata", {{"name", "n"}}}};
  ApplyDefaults(*KindTable::Builtin().FindByResource("namespaces")->schema, object);
  EXPECT_EQ(object["status"]["phase"], "Active");
}

TEST(CoreKindsTest, EventsShowTheColumnsOfKubectl) {
  const Kind& kind = *KindTable::Builtin().FindByResource("events");
  std::string names;
  for (const PrinterColumn& column : kind.TableColumns()) {
    if (column.priority == 0) names += column.name + ",";
  }
  EXPECT_EQ(names, "Last Seen,Type,Reason,Object,Message,");
}

// ---- shipped manifests --------------------------------------------------------------------------

TEST(BuiltinClassesTest, AreValidAndKeepEveryField) {
  const Kind& kind = *KindTable::Builtin().FindByResource(BrowserClass::kResource);
  std::vector<std::string> names;
  for (const std::string& text : BuiltinClassManifests()) {
    const auto documents = ParseYaml(text, "class");
    ASSERT_TRUE(documents) << documents.error().message;
    ASSERT_EQ(documents->size(), 1u);
    json object = *documents->front().value;
    EXPECT_EQ(Prune(*kind.schema, object), std::vector<std::string>{});
    ApplyDefaults(*kind.schema, object);
    EXPECT_EQ(CausesOf(kind, object), "");
    const auto decoded = Decode<BrowserClass>(object);
    ASSERT_TRUE(decoded) << decoded.error().message;
    names.push_back(decoded->metadata.name);
    // Whatever the node, something runs: the last variant asks for nothing.
    const auto& last = decoded->spec.variants.back();
    EXPECT_TRUE(last.match.arch.empty() && last.match.gpuVendor.empty() && last.match.soc.empty());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"chromium", "firefox"}));
}

class SampleTest : public ::testing::TestWithParam<const char*> {};

TEST_P(SampleTest, IsValidAndHasNoUnknownFields) {
  const std::string path =
      std::string(NEKO_SOURCE_DIR "/manifests/samples/") + GetParam() + ".yaml";
  std::ifstream in(path);
  ASSERT_TRUE(in) << path;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto documents = ParseYaml(text, path);
  ASSERT_TRUE(documents) << documents.error().message;
  ASSERT_FALSE(documents->empty());
  for (const YamlDocument& document : *documents) {
    json object = *document.value;
    const Kind* kind =
        KindTable::Builtin().FindKind(object.value("apiVersion", ""), object.value("kind", ""));
    ASSERT_NE(kind, nullptr);
    EXPECT_EQ(Prune(*kind->schema, object), std::vector<std::string>{});
    ApplyDefaults(*kind->schema, object);
    EXPECT_EQ(CausesOf(*kind, object), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, SampleTest,
                         ::testing::Values("session", "profile", "node", "class-standin",
                                           "class-prepull"),
                         [](const auto& row) {
                           std::string name = row.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// ---- the list of variables, which the CRDs need for clusters and api/registry for its messages
// ----

TEST(OwnedVariablesTest, WhatTheSchemasRefuseTheRegistryRefusesToo) {
  const Kind& kind = *KindTable::Builtin().FindByResource(BrowserSession::kResource);
  const json::json_pointer at(
      "/properties/spec/properties/env/items/properties/name/x-kubernetes-validations/0/rule");
  std::string rule = kind.schema->at(at).get<std::string>();
  std::size_t names = 0;
  for (std::size_t open; (open = rule.find('\'')) != std::string::npos; ++names) {
    const std::size_t close = rule.find('\'', open + 1);
    const std::string name = rule.substr(open + 1, close - open - 1);
    EXPECT_TRUE(registry::OwnedEnvReason(name, registry::EnvRules::kClass)) << name;
    rule.erase(0, close + 1);
  }
  EXPECT_GT(names, 30u);
}

}  // namespace
}  // namespace nekoplane::codec
