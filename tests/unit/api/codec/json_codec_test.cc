#include "api/codec/json_codec.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/v1alpha1/lease.h"
#include "tests/unit/api/codec/struct_walk.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;
using v1alpha1::BrowserClass;
using v1alpha1::BrowserNode;
using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;
using v1alpha1::Lease;
using v1alpha1::ObjectEvent;
using v1alpha1::Secret;

template <class T>
class RoundTripTest : public ::testing::Test {};

using AllKinds = ::testing::Types<BrowserSession, BrowserNode, BrowserClass, BrowserProfile, Secret,
                                  ObjectEvent, Lease>;
TYPED_TEST_SUITE(RoundTripTest, AllKinds);

TYPED_TEST(RoundTripTest, DecodingWhatWasEncodedGivesTheSameObject) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SeededRandom random(seed);
    TypeParam object;
    testing::FillAny(random, object);
    const std::string text = EncodeText(object);
    const auto back = Decode<TypeParam>(text);
    ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().ToString() << "\n" << text;
    EXPECT_TRUE(testing::SameValue(object, *back)) << "seed " << seed << ":\n"
                                                   << text << "\n"
                                                   << EncodeText(*back);
  }
}

TYPED_TEST(RoundTripTest, AnEmptyObjectDecodesToTheInitialValues) {
  const auto object = Decode<TypeParam>(json::object());
  ASSERT_TRUE(object);
  EXPECT_TRUE(testing::SameValue(TypeParam{}, *object));
}

TEST(EncodeTest, LeavesOutWhatIsEmpty) {
  BrowserProfile profile;
  profile.metadata.name = "p";
  const json want = {{"apiVersion", "nekoplane.dev/v1alpha1"},
                     {"kind", "BrowserProfile"},
                     {"metadata", {{"name", "p"}}},
                     {"spec", {{"retentionPolicy", "Retain"}}}};
  EXPECT_EQ(Encode(profile), want);
}

TEST(EncodeTest, KeepsAnEmptyTextWhereAbsenceWouldMeanADefault) {
  BrowserSession session;
  session.spec.lifecycle.maxStartingDuration = "";
  EXPECT_EQ(Encode(session)["spec"]["lifecycle"]["maxStartingDuration"], "");
}

TEST(EncodeTest, WritesConditionsWhole) {
  BrowserSession session;
  session.status.conditions.push_back({"Ready", "False", "", "", 0, ""});
  const json want = {{"type", "Ready"}, {"status", "False"}, {"reason", ""}, {"message", ""}};
  EXPECT_EQ(Encode(session)["status"]["conditions"][0], want);
}

TEST(EncodeTest, WritesOptionalsThatHoldNothing) {
  BrowserSession session;
  session.spec.profileRef.emplace();
  session.spec.lifecycle.ttlSecondsAfterFinished = 0;
  const json encoded = Encode(session);
  EXPECT_EQ(encoded["spec"]["profileRef"], json::object());
  EXPECT_EQ(encoded["spec"]["lifecycle"]["ttlSecondsAfterFinished"], 0);
}

TEST(EncodeTest, CoreKindsCarryTheCoreVersion) {
  EXPECT_EQ(Encode(Secret{})["apiVersion"], "v1");
  EXPECT_EQ(Encode(Lease{})["apiVersion"], "coordination.k8s.io/v1");
  EXPECT_EQ(Encode(ObjectEvent{})["kind"], "Event");
}

TEST(EncodeTest, TextSurvivesBytesThatAreNotUtf8) {
  Secret secret;
  secret.type = "\xFF";
  EXPECT_NE(EncodeText(secret).find("\xEF\xBF\xBD"), std::string::npos);
}

struct BadCase {
  const char* name;
  const char* text;
  const char* reason;
  const char* message;
};

class BadObjectTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadObjectTest, IsRefusedWithItsPath) {
  const auto session = Decode<BrowserSession>(GetParam().text);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Code::kInvalid);
  EXPECT_EQ(session.error().reason, GetParam().reason);
  EXPECT_EQ(session.error().message.substr(0, std::string(GetParam().message).size()),
            GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadObjectTest,
    ::testing::Values(BadCase{"NotAnObject", "[]", "WrongType",
                              "the object must be an object, not array"},
                      BadCase{"NumberForText", R"({"spec":{"url":7}})", "WrongType",
                              "spec.url must be a string, not number"},
                      BadCase{"TextForNumber", R"({"status":{"viewers":"7"}})", "WrongType",
                              "status.viewers must be an integer, not string"},
                      BadCase{"Fraction", R"({"status":{"viewers":1.5}})", "WrongType",
                              "status.viewers must be an integer, not number"},
                      BadCase{"TooLargeInteger", R"({"status":{"viewers":9223372036854775808}})",
                              "WrongType", "status.viewers does not fit in 64 bits"},
                      BadCase{"UnknownEnumerator", R"({"spec":{"device":"Watch"}})", "WrongType",
                              "spec.device is not one of the known values: \"Watch\""},
                      BadCase{"InsideAList", R"({"spec":{"env":[{"name":"A"},{"name":[]}]}})",
                              "WrongType", "spec.env[1].name must be a string, not array"},
                      BadCase{"InsideAMap", R"({"metadata":{"labels":{"a":1}}})", "WrongType",
                              "metadata.labels.a must be a string, not number"},
                      BadCase{"StructIsText", R"({"spec":"x"})", "WrongType",
                              "spec must be an object, not string"},
                      BadCase{"OtherKind", R"({"kind":"Secret"})", "WrongKind",
                              "the object is a Secret, not a BrowserSession"},
                      BadCase{"NotJson", "{", "MalformedJson", "line 1, column 2"}),
    [](const auto& row) { return row.param.name; });

TEST(DecodeTest, NullCountsAsAbsentAndUnknownFieldsAreIgnored) {
  const auto session = Decode<BrowserSession>(std::string_view(
      R"({"metadata":{"creationTimestamp":null},"spec":{"device":null,"owner":null,"later":1}})"));
  ASSERT_TRUE(session) << session.error().ToString();
  EXPECT_EQ(session->spec.device, v1alpha1::Device::kDesktop);
  EXPECT_FALSE(session->spec.owner.has_value());
}

TEST(DecodeTest, QuantitiesMayBeIntegers) {
  const auto session =
      Decode<BrowserSession>(std::string_view(R"({"spec":{"resources":{"requests":{"cpu":2}}}})"));
  ASSERT_TRUE(session) << session.error().ToString();
  EXPECT_EQ(session->spec.resources.requests.at("cpu"), "2");
  const auto node =
      Decode<BrowserNode>(std::string_view(R"({"spec":{"capacity":{"memory":1073741824}}})"));
  ASSERT_TRUE(node) << node.error().ToString();
  EXPECT_EQ(node->spec.capacity.memory, "1073741824");
}

TEST(DecodeTest, WholeNumbersWithAPointAreIntegers) {
  const auto session = Decode<BrowserSession>(std::string_view(R"({"status":{"viewers":2.0}})"));
  ASSERT_TRUE(session);
  EXPECT_EQ(session->status.viewers, 2);
}

}  // namespace
}  // namespace nekoplane::codec
