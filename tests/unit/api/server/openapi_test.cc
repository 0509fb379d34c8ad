#include <map>

#include "api/server/openapi_build.h"
#include "api/server/wire_reader.h"
#include "tests/unit/api/server/fixture.h"

namespace nekoplane::server::testing {
namespace {

using OpenApiTest = ApiServerTest;

constexpr char kSessionPath[] =
    "/apis/nekoplane.dev/v1alpha1/namespaces/{namespace}/browsersessions/{name}";
constexpr char kSessionName[] = "dev.nekoplane.v1alpha1.BrowserSession";
constexpr char kMetaName[] = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const json kSessionGvk = {
    {"group", "nekoplane.dev"}, {"version", "v1alpha1"}, {"kind", "BrowserSession"}};

TEST_F(OpenApiTest, TheV3IndexLeadsToEveryGroupVersionByHash) {
  const json index = AskJson("GET", "/openapi/v3", 200);
  for (const char* path :
       {"api/v1", "apis/nekoplane.dev/v1alpha1", "apis/coordination.k8s.io/v1"}) {
    ASSERT_TRUE(index["paths"].contains(path)) << path;
    const std::string url = index["paths"][path]["serverRelativeURL"];
    EXPECT_EQ(url.find("/openapi/v3/" + std::string(path) + "?hash="), 0u);
    const http::Response document = Ask("GET", url);
    EXPECT_EQ(document.status, 200);
    EXPECT_NE(http::FindHeader(document.headers, "Cache-Control").find("immutable"),
              std::string::npos);
    EXPECT_EQ(json::parse(document.body)["openapi"], "3.0.0");
  }
}

TEST_F(OpenApiTest, ThePatchOperationSaysThatTheServerValidates) {
  const json document = AskJson("GET", "/openapi/v3/apis/nekoplane.dev/v1alpha1", 200);
  const json& patch = document["paths"][kSessionPath]["patch"];
  EXPECT_EQ(patch["x-kubernetes-group-version-kind"], kSessionGvk) << "an object on operations";
  bool field_validation = false;
  for (const json& parameter : patch["parameters"])
    field_validation |= parameter["name"] == "fieldValidation";
  EXPECT_TRUE(field_validation);
  EXPECT_FALSE(patch.contains("requestBody")) << "kubectl would compute strategic patches";
}

TEST_F(OpenApiTest, SchemasCarryTheirKindAndSharedMetadata) {
  const json document = AskJson("GET", "/openapi/v3/apis/nekoplane.dev/v1alpha1", 200);
  const json& schemas = document["components"]["schemas"];
  const json& session = schemas[kSessionName];
  EXPECT_EQ(session["x-kubernetes-group-version-kind"], json::array({kSessionGvk}))
      << "a list on schemas";
  EXPECT_EQ(session["properties"]["metadata"]["allOf"][0]["$ref"],
            "#/components/schemas/" + std::string(kMetaName));
  for (const char* key : {"apiVersion", "kind", "metadata", "spec", "status"}) {
    EXPECT_TRUE(session["properties"].contains(key)) << key;
  }
  EXPECT_TRUE(schemas[kMetaName]["properties"].contains("finalizers"));
}

TEST_F(OpenApiTest, SwaggerHasWhatOldKubectlLooksFor) {
  const json document = AskJson("GET", "/openapi/v2", 200);
  EXPECT_EQ(document["swagger"], "2.0");
  const json& patch = document["paths"][kSessionPath]["patch"];
  EXPECT_EQ(patch["x-kubernetes-group-version-kind"], kSessionGvk);
  bool dry_run = false;
  for (const json& parameter : patch["parameters"]) dry_run |= parameter["name"] == "dryRun";
  EXPECT_TRUE(dry_run);
  const json& session = document["definitions"][kSessionName];
  EXPECT_EQ(session["properties"]["metadata"]["$ref"], "#/definitions/" + std::string(kMetaName));
  EXPECT_EQ(document.dump().find("\"nullable\""), std::string::npos);
}

// Decodes one level: field number -> payloads.
std::map<std::uint32_t, std::vector<std::string>> Fields(std::string_view bytes) {
  std::map<std::uint32_t, std::vector<std::string>> out;
  WireReader reader(bytes);
  while (!reader.done()) {
    const auto field = reader.Next();
    EXPECT_TRUE(field.has_value()) << "not protobuf";
    if (!field) return {};
    out[field->number].emplace_back(field->bytes);
  }
  return out;
}

// By value: a range-for would not keep the map of Fields alive.
std::vector<std::string> FieldsNumbered(std::string_view bytes, std::uint32_t number) {
  return Fields(bytes)[number];
}

TEST_F(OpenApiTest, ProtobufIsForWhoAsksForItAndNeverJson) {
  const http::Response response =
      Ask("GET", "/openapi/v2",
          {{"Accept", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"}});
  EXPECT_EQ(http::FindHeader(response.headers, "Content-Type"),
            "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  auto document = Fields(response.body);
  EXPECT_EQ(document[1].at(0), "2.0");
  EXPECT_EQ(Fields(document[2].at(0))[1].at(0), "nekoplane");
  std::map<std::string, std::string> paths, definitions;
  for (const std::string& item : FieldsNumbered(document[8].at(0), 2)) {
    auto named = Fields(item);
    paths[named[1].at(0)] = named[2].at(0);
  }
  for (const std::string& item : FieldsNumbered(document[9].at(0), 1)) {
    auto named = Fields(item);
    definitions[named[1].at(0)] = named[2].at(0);
  }
  ASSERT_TRUE(paths.count(kSessionPath));
  ASSERT_TRUE(definitions.count(kSessionName));
  auto patch = Fields(Fields(paths[kSessionPath])[8].at(0));
  ASSERT_EQ(patch[13].size(), 1u) << "the vendor extension";
  auto extension = Fields(patch[13].at(0));
  EXPECT_EQ(extension[1].at(0), "x-kubernetes-group-version-kind");
  EXPECT_EQ(json::parse(Fields(extension[2].at(0))[2].at(0)), kSessionGvk);
  auto session = Fields(definitions[kSessionName]);
  EXPECT_EQ(Fields(session[22].at(0))[1].at(0), "object");
}

TEST(SwaggerToProtobufTest, WritesEachMemberUnderItsNumber) {
  const json swagger = {
      {"swagger", "2.0"},
      {"info", {{"title", "t"}, {"version", "v"}}},
      {"paths", json::object()},
      {"definitions",
       {{"A",
         {{"type", "object"},
          {"description", "d"},
          {"required", {"x"}},
          {"properties",
           {{"x", {{"type", "string"}, {"enum", {"a"}}, {"pattern", "p"}}},
            {"m", {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}},
            {"l", {{"type", "array"}, {"items", {{"$ref", "#/definitions/A"}}}}}}}}}}}};
  auto document = Fields(SwaggerToProtobuf(swagger.dump()));
  auto a = Fields(Fields(Fields(document[9].at(0))[1].at(0))[2].at(0));
  EXPECT_EQ(a[4].at(0), "d");
  EXPECT_EQ(a[19].at(0), "x");
  std::map<std::string, std::string> properties;
  for (const std::string& item : FieldsNumbered(a[25].at(0), 1)) {
    auto named = Fields(item);
    properties[named[1].at(0)] = named[2].at(0);
  }
  EXPECT_EQ(Fields(Fields(properties["x"])[20].at(0))[2].at(0), "\"a\"");
  EXPECT_EQ(Fields(properties["x"])[13].at(0), "p");
  EXPECT_EQ(Fields(Fields(Fields(properties["m"])[21].at(0))[1].at(0)).count(22), 1u);
  EXPECT_EQ(Fields(Fields(Fields(properties["l"])[23].at(0))[1].at(0))[1].at(0), "#/definitions/A");
}

}  // namespace
}  // namespace nekoplane::server::testing
