#include "api/server/negotiation.h"

#include <gtest/gtest.h>

#include "tests/unit/api/server/fixture.h"

namespace nekoplane::server {
namespace {

using testing::MakeRequest;

struct AcceptCase {
  const char* name;
  const char* accept;
  bool acceptable;
  Encoding encoding;
  Transform transform;
  const char* version;
};

class AcceptTable : public ::testing::TestWithParam<AcceptCase> {};

TEST_P(AcceptTable, ChoosesTheFirstClauseThatCanBeServed) {
  const AcceptCase& c = GetParam();
  const auto how = NegotiateObject(*MakeRequest("GET", "/x", {{"Accept", c.accept}}));
  ASSERT_EQ(how.has_value(), c.acceptable);
  if (!how) {
    EXPECT_EQ(how.error().reason, "NotAcceptable");
    return;
  }
  EXPECT_EQ(how->encoding, c.encoding);
  EXPECT_EQ(how->transform, c.transform);
  EXPECT_EQ(how->meta_version, c.version);
}

constexpr auto kJson = Encoding::kJson;
constexpr auto kNone = Transform::kNone;

INSTANTIATE_TEST_SUITE_P(
    Negotiation, AcceptTable,
    ::testing::Values(
        AcceptCase{"Absent", "", true, kJson, kNone, "v1"},
        AcceptCase{"Anything", "*/*", true, kJson, kNone, "v1"},
        AcceptCase{"Json", "application/json", true, kJson, kNone, "v1"},
        AcceptCase{"Charset", "application/json; charset=utf-8", true, kJson, kNone, "v1"},
        AcceptCase{"Yaml", "application/yaml", true, Encoding::kYaml, kNone, "v1"},
        AcceptCase{"ProtobufThenJson", "application/vnd.kubernetes.protobuf,application/json", true,
                   kJson, kNone, "v1"},
        AcceptCase{"ProtobufAlone", "application/vnd.kubernetes.protobuf", false, kJson, kNone,
                   "v1"},
        AcceptCase{"Html", "text/html", false, kJson, kNone, "v1"},
        AcceptCase{"Table", testing::kTableAccept, true, kJson, Transform::kTable, "v1"},
        AcceptCase{"OldTable", "application/json;as=Table;v=v1beta1;g=meta.k8s.io", true, kJson,
                   Transform::kTable, "v1beta1"},
        AcceptCase{"UnknownTableThenJson",
                   "application/json;as=Table;v=v9;g=meta.k8s.io,application/json", true, kJson,
                   kNone, "v1"},
        AcceptCase{"UnknownTransformAlone", "application/json;as=Picture;v=v1;g=meta.k8s.io", false,
                   kJson, kNone, "v1"},
        AcceptCase{"Partial", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
                   true, kJson, Transform::kPartialMetadata, "v1"},
        AcceptCase{"Quality", "application/json;q=0.5, application/yaml;q=0.9", true,
                   Encoding::kYaml, kNone, "v1"},
        AcceptCase{"QualityZero", "application/yaml;q=0, application/json", true, kJson, kNone,
                   "v1"},
        AcceptCase{"Rubbish", ";;;,,q=1", false, kJson, kNone, "v1"}),
    [](const auto& row) { return row.param.name; });

TEST(NegotiationTest, IncludeObjectIsReadAndChecked) {
  EXPECT_EQ(NegotiateObject(*MakeRequest("GET", "/x?includeObject=None"))->include_object,
            IncludeObject::kNone);
  EXPECT_EQ(NegotiateObject(*MakeRequest("GET", "/x?includeObject=Object"))->include_object,
            IncludeObject::kObject);
  EXPECT_EQ(NegotiateObject(*MakeRequest("GET", "/x?includeObject="))->include_object,
            IncludeObject::kMetadata);
  EXPECT_TRUE(NegotiateObject(*MakeRequest("GET", "/x?includeObject=All")).is(Code::kInvalid));
}

TEST(NegotiationTest, PeopleGetIndentedJson) {
  EXPECT_TRUE(WantsPretty(*MakeRequest("GET", "/x", {{"User-Agent", "curl/8.0"}})));
  EXPECT_TRUE(WantsPretty(*MakeRequest("GET", "/x", {{"User-Agent", "Mozilla/5.0 (X11)"}})));
  EXPECT_TRUE(WantsPretty(*MakeRequest("GET", "/x?pretty=true")));
  EXPECT_FALSE(WantsPretty(*MakeRequest("GET", "/x?pretty=false", {{"User-Agent", "curl/8.0"}})));
  EXPECT_FALSE(WantsPretty(*MakeRequest("GET", "/x", {{"User-Agent", "kubectl/v1.33.1"}})));
}

struct DiscoveryCase {
  const char* name;
  const char* accept;
  const char* want;
};

class DiscoveryAccept : public ::testing::TestWithParam<DiscoveryCase> {};

TEST_P(DiscoveryAccept, PicksTheForm) {
  EXPECT_EQ(NegotiateDiscovery(GetParam().accept), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Negotiation, DiscoveryAccept,
    ::testing::Values(
        DiscoveryCase{"Plain", "application/json, */*", ""}, DiscoveryCase{"Absent", "", ""},
        DiscoveryCase{
            "Kubectl127",
            "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/"
            "json",
            "v2beta1"},
        DiscoveryCase{"Kubectl133",
                      "application/"
                      "json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g="
                      "apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json",
                      "v2"},
        DiscoveryCase{
            "Future",
            "application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList,application/json",
            ""},
        DiscoveryCase{"ProtobufFirst",
                      "application/"
                      "vnd.kubernetes.protobuf;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
                      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
                      "v2"}),
    [](const auto& row) { return row.param.name; });

struct BodyCase {
  const char* name;
  const char* type;
  int want;  // -1: unsupported
};

class BodyTable : public ::testing::TestWithParam<BodyCase> {};

TEST_P(BodyTable, KnowsContentTypes) {
  const auto type = BodyTypeOf(*MakeRequest("POST", "/x", {{"Content-Type", GetParam().type}}));
  EXPECT_EQ(type.has_value(), GetParam().want >= 0);
  if (type) {
    EXPECT_EQ(static_cast<int>(*type), GetParam().want);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Negotiation, BodyTable,
    ::testing::Values(BodyCase{"AbsentIsJson", "", static_cast<int>(BodyType::kJson)},
                      BodyCase{"Json", "application/json", static_cast<int>(BodyType::kJson)},
                      BodyCase{"JsonCharset", "Application/JSON; charset=UTF-8",
                               static_cast<int>(BodyType::kJson)},
                      BodyCase{"Yaml", "application/yaml", static_cast<int>(BodyType::kYaml)},
                      BodyCase{"Protobuf", "application/vnd.kubernetes.protobuf",
                               static_cast<int>(BodyType::kProtobuf)},
                      BodyCase{"Merge", "application/merge-patch+json",
                               static_cast<int>(BodyType::kMergePatch)},
                      BodyCase{"Form", "application/x-www-form-urlencoded", -1},
                      BodyCase{"Text", "text/plain", -1}),
    [](const auto& row) { return row.param.name; });

TEST(NegotiationTest, OpenApiProtobufOnlyForWhoAsksFirst) {
  EXPECT_TRUE(WantsOpenApiProtobuf("application/com.github.proto-openapi.spec.v2@v1.0+protobuf"));
  EXPECT_FALSE(WantsOpenApiProtobuf("application/json"));
  EXPECT_FALSE(WantsOpenApiProtobuf(""));
}

}  // namespace
}  // namespace nekoplane::server
