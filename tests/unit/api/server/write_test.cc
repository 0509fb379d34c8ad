// create, update, patch, delete and the reviews, through HTTP.
#include "api/server/protobuf.h"
#include "tests/unit/api/server/fixture.h"
#include "tests/unit/api/server/wire_writer.h"

namespace nekoplane::server::testing {
namespace {

using WriteTest = ApiServerTest;

constexpr char kSecrets[] = "/api/v1/namespaces/default/secrets";

std::string Path(const std::string& name) { return std::string(kSessions) + "/" + name; }

http::Headers Type(const std::string& type) { return {{"Content-Type", type}}; }

TEST_F(WriteTest, CreateAnswersWithTheStoredObject) {
  const json made = Create(Session("a"));
  EXPECT_EQ(made["metadata"]["name"], "a");
  EXPECT_EQ(made["metadata"]["generation"], 1);
  EXPECT_EQ(made["spec"]["classRef"]["name"], "chromium") << "defaults";
  EXPECT_EQ(AskJson("POST", kSessions, 409, {}, Session("a").dump())["reason"], "AlreadyExists");
}

TEST_F(WriteTest, YamlBodiesAreObjectsToo) {
  const std::string yaml =
      "apiVersion: nekoplane.dev/v1alpha1\nkind: BrowserSession\nmetadata: {name: a}\nspec: {url: "
      "https://e.org}\n";
  EXPECT_EQ(AskJson("POST", kSessions, 201, Type("application/yaml"), yaml)["spec"]["url"],
            "https://e.org");
  EXPECT_EQ(Ask("POST", kSessions, Type("application/yaml"), yaml + "---\n" + yaml).status, 400);
  EXPECT_EQ(Ask("POST", kSessions, Type("application/yaml"), "a: [").status, 400);
}

struct BadBody {
  const char* name;
  const char* type;
  const char* body;
  int want;
};

class BadBodies : public ApiServerTest, public ::testing::WithParamInterface<BadBody> {};

TEST_P(BadBodies, AreRefused) {
  const BadBody& c = GetParam();
  EXPECT_EQ(AskJson("POST", kSessions, c.want, Type(c.type), c.body)["kind"], "Status");
  EXPECT_EQ(panics_, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Write, BadBodies,
    ::testing::Values(
        BadBody{"Empty", "application/json", "", 400},
        BadBody{"Broken", "application/json", "{", 400},
        BadBody{"List", "application/json", "[]", 400},
        BadBody{"Null", "application/json", "null", 400},
        BadBody{"Number", "application/json", "7", 400},
        BadBody{"Text", "application/json", "\"x\"", 400},
        BadBody{"NotUtf8", "application/json", "{\"a\":\"\xff\"}", 400},
        BadBody{"WrongKind", "application/json",
                R"({"apiVersion":"nekoplane.dev/v1alpha1","kind":"Toaster"})", 400},
        BadBody{"WrongVersion", "application/json",
                R"({"apiVersion":"v9","kind":"BrowserSession"})", 400},
        BadBody{"MetadataList", "application/json",
                R"({"apiVersion":"nekoplane.dev/v1alpha1","kind":"BrowserSession","metadata":[]})",
                400},
        BadBody{
            "NameNumber", "application/json",
            R"({"apiVersion":"nekoplane.dev/v1alpha1","kind":"BrowserSession","metadata":{"name":7}})",
            400},
        BadBody{"Form", "application/x-www-form-urlencoded", "a=b", 415},
        BadBody{"PatchType", "application/merge-patch+json", "{}", 415},
        BadBody{"Protobuf", "application/vnd.kubernetes.protobuf", "nonsense", 400}),
    [](const auto& row) { return row.param.name; });

TEST_F(WriteTest, UnknownFieldsWarnByDefaultAndFailWhenStrict) {
  json object = Session("a");
  object["spec"]["bogus"] = 1;
  const http::Response warned = Ask("POST", kSessions, {}, object.dump());
  EXPECT_EQ(warned.status, 201);
  EXPECT_EQ(http::FindHeader(warned.headers, "Warning"),
            "299 - \"unknown field \\\"spec.bogus\\\"\"");
  EXPECT_FALSE(json::parse(warned.body)["spec"].contains("bogus"));
  object["metadata"]["name"] = "b";
  const json strict =
      AskJson("POST", std::string(kSessions) + "?fieldValidation=Strict", 400, {}, object.dump());
  EXPECT_EQ(strict["message"],
            "BrowserSession in version \"v1alpha1\" cannot be handled as a BrowserSession: strict "
            "decoding error: "
            "unknown field \"spec.bogus\"");
  const http::Response ignored =
      Ask("POST", std::string(kSessions) + "?fieldValidation=Ignore", {}, object.dump());
  EXPECT_EQ(ignored.status, 201);
  EXPECT_EQ(http::FindHeader(ignored.headers, "Warning"), "");
}

TEST_F(WriteTest, DuplicateFieldsAreNamed) {
  const std::string body =
      R"({"apiVersion":"nekoplane.dev/v1alpha1","kind":"BrowserSession","metadata":{"name":"a"},)"
      R"("spec":{"url":"https://a.org","url":"https://b.org"}})";
  EXPECT_NE(
      AskJson("POST", std::string(kSessions) + "?fieldValidation=Strict", 400, {}, body)["message"]
          .get<std::string>()
          .find("duplicate field \"spec.url\""),
      std::string::npos);
  EXPECT_EQ(AskJson("POST", kSessions, 201, {}, body)["spec"]["url"], "https://b.org");
}

TEST_F(WriteTest, InvalidObjectsListWhatIsWrong) {
  json object = Session("a");
  object["spec"]["device"] = "Toaster";
  const json body = AskJson("POST", kSessions, 422, {}, object.dump());
  EXPECT_EQ(body["details"]["kind"], "BrowserSession");
  EXPECT_EQ(body["details"]["name"], "a");
  EXPECT_EQ(body["details"]["causes"][0]["field"], "spec.device");
  EXPECT_EQ(body["details"]["causes"][0]["reason"], "FieldValueNotSupported");
}

TEST_F(WriteTest, DryRunChangesNothing) {
  AskJson("POST", std::string(kSessions) + "?dryRun=All", 201, {}, Session("a").dump());
  EXPECT_EQ(Ask("GET", Path("a")).status, 404);
  Create(Session("a"));
  const auto version = store_.Version();
  AskJson("PATCH", Path("a") + "?dryRun=All", 200, Type("application/merge-patch+json"),
          R"({"spec":{"device":"Mobile"}})");
  AskJson("DELETE", Path("a"), 200, {}, R"({"dryRun":["All"]})");
  AskJson("DELETE", Path("a") + "?dryRun=All", 200);
  EXPECT_EQ(store_.Version(), version);
  EXPECT_EQ(AskJson("POST", std::string(kSessions) + "?dryRun=Some", 422, {},
                    Session("b").dump())["reason"],
            "Invalid");
}

TEST_F(WriteTest, UpdateNeedsTheCurrentVersion) {
  json object = Create(Session("a"));
  object["spec"]["device"] = "Mobile";
  const json updated = AskJson("PUT", Path("a"), 200, {}, object.dump());
  EXPECT_EQ(updated["metadata"]["generation"], 2);
  const json conflict = AskJson("PUT", Path("a"), 409, {}, object.dump());
  EXPECT_EQ(conflict["reason"], "Conflict");
  EXPECT_EQ(conflict["details"]["name"], "a");
  object["metadata"].erase("resourceVersion");
  EXPECT_EQ(Ask("PUT", Path("a"), {}, object.dump()).status, 422);
  EXPECT_EQ(Ask("PUT", Path("nope"), {}, Session("nope").dump()).status, 404);
}

TEST_F(WriteTest, StatusIsWrittenThroughItsSubresourceOnly) {
  json object = Create(Session("a"));
  object["status"] = {{"phase", "Running"}};
  EXPECT_FALSE(AskJson("PUT", Path("a"), 200, {}, object.dump())
                   .value("status", json::object())
                   .contains("phase"));
  object = AskJson("GET", Path("a") + "/status", 200);
  object["status"] = {{"phase", "Running"}};
  object["spec"]["device"] = "Mobile";
  const json written = AskJson("PUT", Path("a") + "/status", 200, {}, object.dump());
  EXPECT_EQ(written["status"]["phase"], "Running");
  EXPECT_EQ(written["spec"]["device"], "Desktop");
  EXPECT_EQ(AskJson("PATCH", Path("a") + "/status", 200, Type("application/merge-patch+json"),
                    R"({"status":{"phase":"Failed"}})")["status"]["phase"],
            "Failed");
}

struct PatchCase {
  const char* name;
  const char* type;
  const char* patch;
  int want;
};

class Patches : public ApiServerTest, public ::testing::WithParamInterface<PatchCase> {};

TEST_P(Patches, AreAppliedOrRefused) {
  Create(Session("a"));
  const json body =
      AskJson("PATCH", Path("a"), GetParam().want, Type(GetParam().type), GetParam().patch);
  if (GetParam().want == 200) {
    EXPECT_EQ(body["spec"]["device"], "Mobile");
  } else {
    EXPECT_EQ(body["kind"], "Status");
  }
  EXPECT_EQ(panics_, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Write, Patches,
    ::testing::Values(
        PatchCase{"Merge", "application/merge-patch+json", R"({"spec":{"device":"Mobile"}})", 200},
        PatchCase{"Json", "application/json-patch+json",
                  R"([{"op":"replace","path":"/spec/device","value":"Mobile"}])", 200},
        PatchCase{"Strategic", "application/strategic-merge-patch+json",
                  R"({"spec":{"device":"Mobile"}})", 200},
        PatchCase{"JsonTestFails", "application/json-patch+json",
                  R"([{"op":"test","path":"/spec/device","value":"X"}])", 422},
        PatchCase{"JsonNoPath", "application/json-patch+json",
                  R"([{"op":"remove","path":"/spec/nope"}])", 422},
        PatchCase{"JsonObject", "application/json-patch+json", "{}", 400},
        PatchCase{"JsonBadOperation", "application/json-patch+json", R"([{"op":"explode"}])", 400},
        PatchCase{"MergeList", "application/merge-patch+json", "[]", 400},
        PatchCase{"MergeBroken", "application/merge-patch+json", "{", 400},
        PatchCase{"Invalid", "application/merge-patch+json", R"({"spec":{"device":"Toaster"}})",
                  422},
        PatchCase{"Locked", "application/merge-patch+json",
                  R"({"metadata":{"resourceVersion":"1"}})", 409},
        PatchCase{"Apply", "application/apply-patch+yaml", "{}", 415},
        PatchCase{"Plain", "application/json", "{}", 415}),
    [](const auto& row) { return row.param.name; });

TEST_F(WriteTest, APatchThatChangesNothingKeepsTheVersion) {
  const json made = Create(Session("a"));
  const json patched = AskJson("PATCH", Path("a"), 200, Type("application/merge-patch+json"),
                               R"({"spec":{"device":"Desktop"}})");
  EXPECT_EQ(VersionOf(patched), VersionOf(made));
}

TEST_F(WriteTest, ServerSideApplyIsRefusedInTheWordsKubectlKnows) {
  EXPECT_EQ(
      AskJson("PATCH", Path("a"), 415, Type("application/apply-patch+yaml"), "{}"),
      (json{{"kind", "Status"},
            {"apiVersion", "v1"},
            {"metadata", json::object()},
            {"status", "Failure"},
            {"message",
             "the body of the request was in an unknown format - accepted media types include: "
             "application/json-patch+json, application/merge-patch+json, "
             "application/strategic-merge-patch+json"},
            {"reason", "UnsupportedMediaType"},
            {"code", 415}}));
}

TEST_F(WriteTest, DeleteWithoutFinalizersIsASuccessWithTheUid) {
  const json secret =
      Create({{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", "s"}}}}, kSecrets);
  const json answer = AskJson("DELETE", std::string(kSecrets) + "/s", 200, {},
                              R"({"propagationPolicy":"Background"})");
  EXPECT_EQ(answer["status"], "Success");
  EXPECT_EQ(answer["details"],
            (json{{"name", "s"}, {"kind", "secrets"}, {"uid", secret["metadata"]["uid"]}}));
  EXPECT_EQ(Ask("GET", std::string(kSecrets) + "/s").status, 404);
}

TEST_F(WriteTest, DeleteWithFinalizersAnswersTheTerminatingObject) {
  Create(Session("a"));
  const json answer = AskJson("DELETE", Path("a"), 200);
  EXPECT_EQ(answer["kind"], "BrowserSession");
  EXPECT_TRUE(answer["metadata"].contains("deletionTimestamp"));
  const json gone = AskJson("PATCH", Path("a"), 200, Type("application/merge-patch+json"),
                            R"({"metadata":{"finalizers":null}})");
  EXPECT_EQ(gone["metadata"]["name"], "a");
  EXPECT_EQ(Ask("GET", Path("a")).status, 404);
}

TEST_F(WriteTest, DeletePreconditionsHold) {
  const json made = Create(Session("a"));
  EXPECT_EQ(AskJson("DELETE", Path("a"), 409, {}, R"({"preconditions":{"uid":"other"}})")["reason"],
            "Conflict");
  EXPECT_EQ(Ask("DELETE", Path("a"), {}, R"({"preconditions":{"resourceVersion":"1"}})").status,
            409);
  const json body = {{"preconditions", {{"uid", made["metadata"]["uid"]}}}};
  EXPECT_EQ(Ask("DELETE", Path("a"), {}, body.dump()).status, 200);
}

struct OptionsCase {
  const char* name;
  const char* body;
  int want;
};

class DeleteOptionsTable : public ApiServerTest,
                           public ::testing::WithParamInterface<OptionsCase> {};

TEST_P(DeleteOptionsTable, AreChecked) {
  Create(Session("a"));
  EXPECT_EQ(Ask("DELETE", Path("a"), {}, GetParam().body).status, GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Write, DeleteOptionsTable,
    ::testing::Values(
        OptionsCase{"None", "", 200}, OptionsCase{"Empty", "{}", 200},
        OptionsCase{"Kubectl", R"({"propagationPolicy":"Background","gracePeriodSeconds":0})", 200},
        OptionsCase{
            "Prune",
            R"({"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Foreground"})", 200},
        OptionsCase{"UnknownPolicy", R"({"propagationPolicy":"Sideways"})", 422},
        OptionsCase{"Both", R"({"propagationPolicy":"Orphan","orphanDependents":true})", 422},
        OptionsCase{"UnknownDryRun", R"({"dryRun":["Some"]})", 422},
        OptionsCase{"DryRunText", R"({"dryRun":"All"})", 400},
        OptionsCase{"GraceText", R"({"gracePeriodSeconds":"1"})", 400},
        OptionsCase{"OtherKind", R"({"kind":"BrowserSession"})", 400},
        OptionsCase{"List", "[]", 400}, OptionsCase{"Broken", "{", 400}),
    [](const auto& row) { return row.param.name; });

TEST_F(WriteTest, DeleteCollectionTakesWhatIsSelected) {
  for (const char* name : {"a", "b", "c"}) {
    Create({{"apiVersion", "v1"},
            {"kind", "Secret"},
            {"metadata", {{"name", name}, {"labels", {{"n", name}}}}}},
           kSecrets);
  }
  const json list = AskJson("DELETE", std::string(kSecrets) + "?labelSelector=n!=b", 200);
  EXPECT_EQ(list["kind"], "SecretList");
  EXPECT_EQ(list["items"].size(), 2u);
  EXPECT_EQ(AskJson("GET", kSecrets, 200)["items"].size(), 1u);
  EXPECT_EQ(AskJson("DELETE", std::string(kSecrets) + "?labelSelector=n=zzz", 200)["items"],
            json::array());
}

TEST_F(WriteTest, ProtobufSecretsAreStoredLikeJsonOnes) {
  const std::string metadata = Pb().Bytes(1, "s").Bytes(3, "").Bytes(8, "").Take();
  const std::string secret = Pb().Bytes(1, metadata)
                                 .Bytes(2, Pb().Bytes(1, "k").Bytes(2, "value").Take())
                                 .Bytes(3, "Opaque")
                                 .Take();
  const json made = AskJson("POST", kSecrets, 201, Type("application/vnd.kubernetes.protobuf"),
                            Envelope("v1", "Secret", secret));
  EXPECT_EQ(made["data"]["k"], "dmFsdWU=");
  EXPECT_EQ(made["type"], "Opaque");
}

TEST_F(WriteTest, MayIAnswersForTheCaller) {
  const std::string path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const json review = {{"kind", "SelfSubjectAccessReview"},
                       {"apiVersion", "authorization.k8s.io/v1"},
                       {"spec",
                        {{"resourceAttributes",
                          {{"verb", "create"},
                           {"group", "nekoplane.dev"},
                           {"resource", "browsersessions"},
                           {"namespace", "n"}}}}}};
  const json yes = AskJson("POST", path, 201, {}, review.dump());
  EXPECT_EQ(yes["status"], (json{{"allowed", true}}));
  EXPECT_EQ(yes["spec"], review["spec"]);
  EXPECT_EQ(asked_.back().ns, "n");
  allowed_ = false;
  EXPECT_EQ(AskJson("POST", path, 201, {}, review.dump())["status"]["allowed"], false)
      << "everybody may ask about themselves";
  EXPECT_EQ(Ask("POST", path, {}, R"({"spec":{}})").status, 400);
  EXPECT_EQ(Ask("GET", path).status, 405);
  const json paths = {
      {"spec", {{"nonResourceAttributes", {{"verb", "get"}, {"path", "/metrics"}}}}}};
  AskJson("POST", path, 201, {}, paths.dump());
  EXPECT_EQ(asked_.back().path, "/metrics");
}

TEST_F(WriteTest, MayIInProtobuf) {
  const std::string attributes =
      Pb().Bytes(1, "default").Bytes(2, "get").Bytes(3, "").Bytes(5, "secrets").Take();
  const std::string review = Pb().Bytes(1, "").Bytes(2, Pb().Bytes(1, attributes).Take()).Take();
  const json answer =
      AskJson("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 201,
              Type("application/vnd.kubernetes.protobuf"),
              Envelope("authorization.k8s.io/v1", "SelfSubjectAccessReview", review));
  EXPECT_EQ(answer["status"]["allowed"], true);
  EXPECT_EQ(asked_.back().resource, "secrets");
}

TEST_F(WriteTest, WhatMayIAndWhoAmI) {
  const json rules = AskJson("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", 201,
                             {}, R"({"spec":{"namespace":"default"}})");
  EXPECT_EQ(rules["status"]["resourceRules"][0]["verbs"], (json{"get", "list"}));
  EXPECT_EQ(rules["status"]["nonResourceRules"][0]["nonResourceURLs"], json::array({"/metrics"}));
  EXPECT_EQ(rules["status"]["incomplete"], false);
  for (const char* version : {"v1", "v1beta1"}) {
    const json me = AskJson(
        "POST", std::string("/apis/authentication.k8s.io/") + version + "/selfsubjectreviews", 201,
        {}, "{}");
    EXPECT_EQ(me["status"]["userInfo"],
              (json{{"username", "ann"}, {"uid", "u1"}, {"groups", {"system:authenticated"}}}));
    EXPECT_EQ(me["apiVersion"], std::string("authentication.k8s.io/") + version);
  }
}

}  // namespace
}  // namespace nekoplane::server::testing
