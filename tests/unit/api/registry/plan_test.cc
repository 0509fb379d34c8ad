#include "api/registry/plan.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/api/registry/fixture.h"

namespace nekoplane::registry {
namespace {

using nlohmann::json;
using testing::Session;
using testing::Sessions;

const Birth kBirth{"11111111-2222-4333-8444-555555555555", "abcde",
                   WallTime(std::chrono::seconds(1767225600))};

WriteOptions Strict() {
  WriteOptions options;
  options.field_validation = FieldValidation::kStrict;
  return options;
}

// What creation stores, as if version 41 had been given to it; `change` makes the case's variation.
Stored StoredSession(const std::function<void(json&)>& change = nullptr) {
  auto plan = PlanCreate(Sessions(), "default", Session("a"), {}, kBirth);
  EXPECT_TRUE(plan) << plan.error().message;
  json value = plan->object;
  value["metadata"]["resourceVersion"] = "41";
  if (change) change(value);
  auto object = std::make_shared<store::Object>();
  object->key = {"browsersessions.nekoplane.dev", "default", "a"};
  object->uid = kBirth.uid;
  object->version = 41;
  object->bytes = value.dump();
  auto stored = Stored::Parse(object);
  EXPECT_TRUE(stored);
  return *stored;
}

struct Refusal {
  const char* name;
  json object;
  const char* reason;
  const char* message;
};

void PrintTo(const Refusal& c, std::ostream* os) { *os << c.name; }

json With(json object, const char* pointer, json value) {
  object[json::json_pointer(pointer)] = std::move(value);
  return object;
}

class PlanCreateRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(PlanCreateRefusalTest, SaysWhyInKubernetesWords) {
  const Refusal& c = GetParam();
  const auto plan = PlanCreate(Sessions(), "default", c.object, Strict(), kBirth);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Code::kInvalid);
  EXPECT_EQ(plan.error().reason, c.reason);
  EXPECT_EQ(plan.error().message, c.message);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, PlanCreateRefusalTest,
    ::testing::Values(
        Refusal{"NotAnObject", json::array(), "BadRequest",
                "BrowserSession in version \"v1alpha1\" cannot be handled as a BrowserSession: the "
                "body must be an object, not array"},
        Refusal{"OtherVersion", With(Session("a"), "/apiVersion", "nekoplane.dev/v9"), "BadRequest",
                "the API version in the data (nekoplane.dev/v9) does not match the expected API "
                "version (nekoplane.dev/v1alpha1)"},
        Refusal{"OtherKind", With(Session("a"), "/kind", "Pod"), "BadRequest",
                "the kind in the data (Pod) does not match the expected kind (BrowserSession)"},
        Refusal{"ResourceVersion", With(Session("a"), "/metadata/resourceVersion", "7"),
                "BadRequest", "resourceVersion should not be set on objects to be created"},
        Refusal{"OtherNamespace", With(Session("a"), "/metadata/namespace", "x"), "BadRequest",
                "the namespace of the provided object does not match the namespace sent on the "
                "request"},
        Refusal{"NoName", Session(""), "Invalid",
                "BrowserSession.nekoplane.dev \"\" is invalid: metadata.name: Required value: name "
                "or generateName is required"},
        Refusal{"UnknownField", With(Session("a"), "/spec/bogus", 1), "FieldValidation",
                "BrowserSession in version \"v1alpha1\" cannot be handled as a BrowserSession: "
                "strict decoding error: unknown field \"spec.bogus\""}),
    [](const auto& i) { return i.param.name; });

TEST(PlanCreateTest, SetsSystemFieldsAndDropsForgedOnes) {
  json body = Session("a");
  body["metadata"]["uid"] = "forged";
  body["metadata"]["creationTimestamp"] = "2001-01-01T00:00:00Z";
  body["metadata"]["deletionTimestamp"] = "2001-01-01T00:00:00Z";
  body["metadata"]["generation"] = 9;
  body["status"] = {{"phase", "Running"}};
  const auto plan = PlanCreate(Sessions(), "default", body, Strict(), kBirth);
  ASSERT_TRUE(plan) << plan.error().message;
  const json& metadata = plan->object["metadata"];
  EXPECT_EQ(metadata["uid"], kBirth.uid);
  EXPECT_EQ(metadata["creationTimestamp"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(metadata["generation"], 1);
  EXPECT_EQ(metadata["namespace"], "default");
  EXPECT_FALSE(metadata.contains("deletionTimestamp"));
  EXPECT_FALSE(plan->object.contains("status"));
  EXPECT_EQ(metadata["finalizers"], json{"nekoplane.dev/session"});
}

TEST(PlanCreateTest, FillsInDefaults) {
  const auto plan = PlanCreate(Sessions(), "default", Session("a"), {}, kBirth);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->object["spec"]["classRef"]["name"], "chromium");
  EXPECT_EQ(plan->object["spec"]["operatingMode"], "Running");
}

TEST(PlanCreateTest, WarnPrunesAndSaysSo) {
  json body = With(Session("a"), "/spec/bogus", 1);
  WriteOptions options;
  options.duplicate_fields = {"spec.url"};
  const auto plan = PlanCreate(Sessions(), "default", body, options, kBirth);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_FALSE(plan->object["spec"].contains("bogus"));
  EXPECT_EQ(plan->warnings, (std::vector<std::string>{"unknown field \"spec.bogus\"",
                                                      "duplicate field \"spec.url\""}));
}

TEST(PlanCreateTest, IgnorePrunesSilently) {
  WriteOptions options;
  options.field_validation = FieldValidation::kIgnore;
  const auto plan =
      PlanCreate(Sessions(), "default", With(Session("a"), "/spec/bogus", 1), options, kBirth);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->object["spec"].contains("bogus"));
  EXPECT_TRUE(plan->warnings.empty());
}

TEST(PlanCreateTest, NullMeansAbsent) {
  json body = Session("a", {{"url", "https://x.org"}, {"classRef", nullptr}, {"screen", nullptr}});
  body["metadata"]["creationTimestamp"] = nullptr;
  const auto plan = PlanCreate(Sessions(), "default", body, Strict(), kBirth);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->object["spec"]["classRef"]["name"], "chromium");
  EXPECT_FALSE(plan->object["spec"].contains("screen"));
}

TEST(PlanCreateTest, GenerateNameMakesTheName) {
  json body = Session("");
  body["metadata"] = {{"generateName", "browser-"}};
  const auto plan = PlanCreate(Sessions(), "default", body, Strict(), kBirth);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->object["metadata"]["name"], "browser-abcde");
}

TEST(PlanCreateTest, AllWrongFieldsAreNamedAtOnce) {
  json body = Session("Bad", {{"url", "ftp://x"}, {"device", "Tablet"}});
  const auto plan = PlanCreate(Sessions(), "default", body, Strict(), kBirth);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().reason, "Invalid");
  std::vector<std::string> fields;
  for (const FieldCause& cause : plan.error().causes) fields.push_back(cause.field);
  EXPECT_NE(std::find(fields.begin(), fields.end(), "metadata.name"), fields.end());
  EXPECT_NE(std::find(fields.begin(), fields.end(), "spec.device"), fields.end());
}

TEST(PlanCreateTest, OneFieldIsRefusedOnceInWordsForPeople) {
  const auto plan =
      PlanCreate(Sessions(), "default", Session("a", {{"url", "ftp://x"}}), Strict(), kBirth);
  ASSERT_FALSE(plan);
  ASSERT_EQ(plan.error().causes.size(), 1U) << plan.error().message;
  EXPECT_EQ(plan.error().causes[0].message,
            "Invalid value: \"ftp://x\": must be about:blank or begin with http:// or https://");
}

// ---- update ----

json BodyOf(const Stored& stored) { return stored.value; }

TEST(PlanUpdateTest, SameObjectIsNoWrite) {
  const Stored stored = StoredSession();
  const auto plan = PlanUpdate(Sessions(), stored, BodyOf(stored), Subresource::kNone, Strict());
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->action, Planned::Action::kNothing);
}

TEST(PlanUpdateTest, SpecChangeBumpsGeneration) {
  const Stored stored = StoredSession();
  json body = With(BodyOf(stored), "/spec/url", "https://other.org");
  const auto plan = PlanUpdate(Sessions(), stored, body, Subresource::kNone, Strict());
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->action, Planned::Action::kUpdate);
  EXPECT_EQ(plan->object["metadata"]["generation"], 2);
  EXPECT_FALSE(plan->object["metadata"].contains("resourceVersion"));
}

TEST(PlanUpdateTest, MetadataChangeKeepsGeneration) {
  const Stored stored = StoredSession();
  json body = With(BodyOf(stored), "/metadata/labels", {{"a", "b"}});
  const auto plan = PlanUpdate(Sessions(), stored, body, Subresource::kNone, Strict());
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->action, Planned::Action::kUpdate);
  EXPECT_EQ(plan->object["metadata"]["generation"], 1);
}

TEST(PlanUpdateTest, StatusInTheBodyIsIgnored) {
  const Stored stored = StoredSession([](json& v) { v["status"] = {{"phase", "Running"}}; });
  json body = With(BodyOf(stored), "/status", {{"phase", "Pending"}});
  const auto plan = PlanUpdate(Sessions(), stored, body, Subresource::kNone, Strict());
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->action, Planned::Action::kNothing);
}

TEST(PlanUpdateTest, SystemFieldsAreKept) {
  const Stored stored = StoredSession();
  json body = BodyOf(stored);
  body["metadata"]["generation"] = 77;
  body["metadata"].erase("uid");
  body["metadata"]["creationTimestamp"] = "2001-01-01T00:00:00Z";
  const auto plan = PlanUpdate(Sessions(), stored, body, Subresource::kNone, Strict());
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->action, Planned::Action::kNothing);
}

TEST(PlanUpdateTest, OurFinalizerComesBackWhenAManifestForgetsIt) {
  const Stored stored = StoredSession();
  json body = BodyOf(stored);
  body["metadata"].erase("finalizers");
  const auto plan = PlanUpdate(Sessions(), stored, body, Subresource::kNone, Strict());
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->action, Planned::Action::kNothing);
}

struct UpdateRefusal {
  const char* name;
  std::function<void(json&)> change;
  Code code;
  const char* message;
};

void PrintTo(const UpdateRefusal& c, std::ostream* os) { *os << c.name; }

class PlanUpdateRefusalTest : public ::testing::TestWithParam<UpdateRefusal> {};

TEST_P(PlanUpdateRefusalTest, SaysWhyInKubernetesWords) {
  const Stored stored = StoredSession();
  json body = BodyOf(stored);
  GetParam().change(body);
  const auto plan = PlanUpdate(Sessions(), stored, body, Subresource::kNone, Strict());
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, GetParam().code);
  EXPECT_EQ(plan.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, PlanUpdateRefusalTest,
    ::testing::Values(
        UpdateRefusal{"NoVersion", [](json& b) { b["metadata"].erase("resourceVersion"); },
                      Code::kInvalid,
                      "BrowserSession.nekoplane.dev \"a\" is invalid: metadata.resourceVersion: "
                      "Invalid value: 0x0: must be specified for an update"},
        UpdateRefusal{"OldVersion", [](json& b) { b["metadata"]["resourceVersion"] = "40"; },
                      Code::kConflict,
                      "Operation cannot be fulfilled on browsersessions.nekoplane.dev \"a\": the "
                      "object has been modified; please apply your changes to the latest version "
                      "and try again"},
        UpdateRefusal{"OtherUid", [](json& b) { b["metadata"]["uid"] = "x"; }, Code::kConflict,
                      "Operation cannot be fulfilled on browsersessions.nekoplane.dev \"a\": "
                      "Precondition failed: UID in precondition: x, UID in object meta: "
                      "11111111-2222-4333-8444-555555555555"},
        UpdateRefusal{"OtherName", [](json& b) { b["metadata"]["name"] = "b"; }, Code::kInvalid,
                      "the name of the object (b) does not match the name on the URL (a)"},
        UpdateRefusal{"OtherNamespace", [](json& b) { b["metadata"]["namespace"] = "b"; },
                      Code::kInvalid,
                      "the namespace of the provided object does not match the namespace sent on "
                      "the request"}),
    [](const auto& i) { return i.param.name; });

TEST(PlanUpdateTest, UnchangedSpecIsNotValidatedAgain) {
  // Stored under older rules: its URL would be refused today.
  const Stored stored = StoredSession([](json& v) { v["spec"]["url"] = "gopher://old"; });
  json body = With(BodyOf(stored), "/metadata/labels", {{"a", "b"}});
  const auto labelled = PlanUpdate(Sessions(), stored, body, Subresource::kNone, Strict());
  EXPECT_TRUE(labelled) << labelled.error().message;
  body["spec"]["device"] = "Mobile";
  EXPECT_FALSE(PlanUpdate(Sessions(), stored, body, Subresource::kNone, Strict()));
}

TEST(PlanUpdateTest, LastFinalizerOfADeletedObjectRemovesIt) {
  const Stored stored =
      StoredSession([](json& v) { v["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"; });
  json body = BodyOf(stored);
  body["metadata"].erase("finalizers");
  const auto plan = PlanUpdate(Sessions(), stored, body, Subresource::kNone, Strict());
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->action, Planned::Action::kRemove);
}

TEST(PlanUpdateTest, NoNewFinalizersWhileDeleting) {
  const Stored stored =
      StoredSession([](json& v) { v["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"; });
  json body = BodyOf(stored);
  body["metadata"]["finalizers"].push_back("x.org/y");
  const auto plan = PlanUpdate(Sessions(), stored, body, Subresource::kNone, Strict());
  ASSERT_TRUE(plan.is(Code::kInvalid));
  EXPECT_EQ(plan.error().causes[0].reason, "FieldValueForbidden");
  EXPECT_EQ(plan.error().causes[0].field, "metadata.finalizers");
}

TEST(PlanUpdateTest, StatusWriteTouchesNothingElse) {
  const Stored stored = StoredSession();
  json body = BodyOf(stored);
  body["status"] = {{"phase", "Running"}};
  body["spec"]["url"] = "https://evil.org";
  body["metadata"]["labels"] = {{"a", "b"}};
  const auto plan = PlanUpdate(Sessions(), stored, body, Subresource::kStatus, Strict());
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->object["status"]["phase"], "Running");
  json rest = plan->object;
  rest.erase("status");
  json before = WithoutVersion(stored.value);
  before.erase("status");
  EXPECT_EQ(rest, before);
}

TEST(PlanUpdateTest, KindsWithoutStatusSubresourceHaveNone) {
  json value = {{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", "a"}}}};
  auto object = std::make_shared<store::Object>();
  object->key = {"secrets", "default", "a"};
  object->bytes = value.dump();
  const auto plan =
      PlanUpdate(testing::Secrets(), *Stored::Parse(object), value, Subresource::kStatus, Strict());
  EXPECT_TRUE(plan.is(Code::kNotFound));
}

// ---- patch ----

TEST(PlanPatchTest, MergePatchNeedsNoVersion) {
  const Stored stored = StoredSession();
  const auto plan = PlanPatch(Sessions(), stored, PatchType::kMerge,
                              {{"spec", {{"url", "https://other.org"}}}}, Subresource::kNone, {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->object["spec"]["url"], "https://other.org");
}

TEST(PlanPatchTest, NamedVersionIsALock) {
  const Stored stored = StoredSession();
  const auto plan = PlanPatch(Sessions(), stored, PatchType::kMerge,
                              {{"metadata", {{"resourceVersion", "40"}}}}, Subresource::kNone, {});
  EXPECT_TRUE(plan.is(Code::kConflict));
}

TEST(PlanPatchTest, StrategicIsMergeForOurKinds) {
  const Stored stored = StoredSession();
  const auto plan = PlanPatch(Sessions(), stored, PatchType::kStrategic,
                              {{"spec", {{"operatingMode", "Suspended"}}}}, Subresource::kNone, {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->object["spec"]["operatingMode"], "Suspended");
}

TEST(PlanPatchTest, JsonPatchWorksOnTheStoredObject) {
  const Stored stored = StoredSession();
  const json patch =
      json::array({{{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", "41"}},
                   {{"op", "replace"}, {"path", "/spec/url"}, {"value", "https://j.org"}}});
  const auto plan = PlanPatch(Sessions(), stored, PatchType::kJson, patch, Subresource::kNone, {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->object["spec"]["url"], "https://j.org");
}

TEST(PlanPatchTest, NullFinalizersIsTheWayOutOfAStuckDeletion) {
  const Stored stored =
      StoredSession([](json& v) { v["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"; });
  const auto plan = PlanPatch(Sessions(), stored, PatchType::kMerge,
                              {{"metadata", {{"finalizers", nullptr}}}}, Subresource::kNone, {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->action, Planned::Action::kRemove);
}

// ---- delete ----

TEST(PlanDeleteTest, FinalizersTurnDeletionIntoAMark) {
  const Stored stored = StoredSession();
  const auto plan = PlanDelete(Sessions(), stored, {}, kBirth.now);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->action, Planned::Action::kUpdate);
  const json& metadata = plan->object["metadata"];
  EXPECT_EQ(metadata["deletionTimestamp"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(metadata["deletionGracePeriodSeconds"], 0);
  EXPECT_EQ(metadata["generation"], 2);
}

TEST(PlanDeleteTest, SecondDeletionChangesNothing) {
  const Stored stored =
      StoredSession([](json& v) { v["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"; });
  const auto plan = PlanDelete(Sessions(), stored, {}, kBirth.now + std::chrono::hours(1));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->action, Planned::Action::kNothing);
}

TEST(PlanDeleteTest, WithoutFinalizersItGoesAtOnce) {
  const Stored stored = StoredSession([](json& v) { v["metadata"].erase("finalizers"); });
  const auto plan = PlanDelete(Sessions(), stored, {}, kBirth.now);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->action, Planned::Action::kRemove);
}

TEST(PlanDeleteTest, PreconditionsAreChecked) {
  const Stored stored = StoredSession();
  DeleteOptions uid;
  uid.uid = "x";
  const auto by_uid = PlanDelete(Sessions(), stored, uid, kBirth.now);
  ASSERT_TRUE(by_uid.is(Code::kConflict));
  EXPECT_NE(by_uid.error().message.find("the UID in the precondition (x) does not match the UID in "
                                        "record (11111111-2222-4333-8444-555555555555)"),
            std::string::npos);
  DeleteOptions version;
  version.resource_version = "40";
  EXPECT_TRUE(PlanDelete(Sessions(), stored, version, kBirth.now).is(Code::kConflict));
  version.resource_version = "41";
  EXPECT_TRUE(PlanDelete(Sessions(), stored, version, kBirth.now));
}

}  // namespace
}  // namespace nekoplane::registry
