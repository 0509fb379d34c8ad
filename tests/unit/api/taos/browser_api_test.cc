#include "api/taos/browser_api.h"

#include <gtest/gtest.h>

#include "api/taos/session_view.h"
#include "tests/unit/api/taos/fixture.h"

namespace nekoplane::taos {
namespace {

using nlohmann::json;
using testing::BodyOf;
using testing::TaosTest;

constexpr char kUrl[] = R"({"url":"https://example.org"})";

std::string Path(const std::string& id, const char* tail = "") {
  return "/api/browser/sessions/" + id + tail;
}

TEST_F(TaosTest, CreateStoresAndAnswersWithTheBareObject) {
  const auto response = Post(kUrl);
  ASSERT_EQ(response.status, 201) << response.body;
  const json session = BodyOf(response);
  EXPECT_EQ(session.size(), 14U);
  const auto stored = Stored();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(session["id"], IdOfUid(stored[0].metadata.uid));
  EXPECT_EQ(session["owner_type"], "user");
  EXPECT_EQ(session["owner_id"], "me");
  EXPECT_EQ(session["profile_name"], "default");
  EXPECT_EQ(session["url"], "https://example.org");
  EXPECT_TRUE(session["node"].is_null());
  EXPECT_EQ(session["status"], "pending");
  EXPECT_TRUE(session["container_id"].is_null());
  EXPECT_TRUE(session["neko_url"].is_null());
  EXPECT_TRUE(session["cdp_url"].is_null());
  EXPECT_EQ(session["is_mobile"], false);
  for (const char* key : {"created_at", "updated_at", "last_active"}) {
    EXPECT_TRUE(session[key].is_number_float()) << key;
  }
  EXPECT_EQ(stored[0].metadata.name.substr(0, 8), "browser-");
  EXPECT_EQ(stored[0].spec.owner->name, "me");
  EXPECT_EQ(stored[0].metadata.labels.at("nekoplane.dev/owner"), "me");
  EXPECT_EQ(stored[0].spec.lifecycle.maxIdleDuration, "30m");
}

TEST_F(TaosTest, CreateWaitsForAFastStart) {
  const auto responder = Send(As("me", Request("POST", "/api/browser/sessions", kUrl)));
  EXPECT_FALSE(responder->answer.has_value());
  MakeReady(Stored().at(0));
  ASSERT_TRUE(responder->answer.has_value()) << "the answer comes with the event";
  const json session = BodyOf(*responder->answer);
  EXPECT_EQ(session["status"], "running");
  EXPECT_EQ(session["neko_url"], "http://nas.local:8801/?usr=neko&pwd=s3cret");
  EXPECT_EQ(session["container_id"], "3f2a9c");
  EXPECT_EQ(session["node"], "host");
  EXPECT_FALSE(session.contains("stream_token")) << "as taOS: not on this route";
}

TEST_F(TaosTest, CreateWaitsNoLongerThanTwoSeconds) {
  const auto responder = Send(As("me", Request("POST", "/api/browser/sessions", kUrl)));
  PassTime(std::chrono::milliseconds(1999));
  EXPECT_FALSE(responder->answer.has_value());
  PassTime(std::chrono::milliseconds(1));
  ASSERT_TRUE(responder->answer.has_value());
  EXPECT_EQ(BodyOf(*responder->answer)["status"], "pending");
}

TEST_F(TaosTest, SessionDeletedDuringTheWaitIsAnswered) {
  const auto responder = Send(As("me", Request("POST", "/api/browser/sessions", kUrl)));
  ASSERT_TRUE(client_.Delete(Context(), Stored().at(0)));
  ASSERT_TRUE(responder->answer.has_value());
  EXPECT_EQ(BodyOf(*responder->answer)["status"], "stopped");
}

TEST_F(TaosTest, ShutdownAnswersWhoStillWaits) {
  const auto responder = Send(As("me", Request("POST", "/api/browser/sessions", kUrl)));
  api_.reset();
  ASSERT_TRUE(responder->answer.has_value());
  EXPECT_EQ(responder->answer->status, 201);
  EXPECT_FALSE(timers_.NextDue().has_value());
}

TEST_F(TaosTest, NowhereCapableIs409AndStoresNothing) {
  placement_ = {PlacementAnswer::Outcome::kNoCapableNode,
                "0/1 nodes are available: 1 host below the 6144 MB floor."};
  const auto response = Post(R"({"url":"https://a.org","profile":"work"})");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.body, R"({"error":"no_capable_node"})");
  EXPECT_EQ(http::FindHeader(response.headers, "X-Nekoplane-Reason"), placement_.message);
  EXPECT_TRUE(Stored().empty());
  EXPECT_TRUE(client_.List<v1alpha1::BrowserProfile>().empty());
}

TEST_F(TaosTest, FullNodesAre429WithRetryAfter) {
  placement_ = {PlacementAnswer::Outcome::kNoCapacity, "1 Insufficient memory."};
  const auto response = Post(kUrl);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.body, R"({"error":"no_capacity"})");
  EXPECT_EQ(http::FindHeader(response.headers, "Retry-After"), "15");
  EXPECT_TRUE(Stored().empty());
}

TEST_F(TaosTest, OnlyListedWorkersMayBeNamed) {
  AddNode("w1", "192.168.1.9");
  for (const char* node : {"ghost", "host", "local"}) {
    const auto response = Post(json{{"url", "https://a.org"}, {"node", node}}.dump());
    EXPECT_EQ(response.status, 409) << node;
    EXPECT_EQ(BodyOf(response), (json{{"error", "no_capable_node"}}));
  }
  EXPECT_TRUE(Stored().empty());
  const auto response = Post(R"({"url":"https://a.org","node":"w1"})");
  EXPECT_EQ(response.status, 201) << response.body;
  EXPECT_EQ(Stored().at(0).spec.nodeName, "w1");
  EXPECT_EQ(asked_->spec.nodeName, "w1") << "the scheduler sees what will be stored";
}

TEST_F(TaosTest, EmptyUrlIsFineAndShownAsSuch) {
  const auto response = Post(R"({"url":""})");
  ASSERT_EQ(response.status, 201) << response.body;
  EXPECT_EQ(BodyOf(response)["url"], "");
}

TEST_F(TaosTest, UrlThatNoBrowserShouldOpenIs422) {
  const auto response = Post(R"({"url":"file:///etc/passwd"})");
  ASSERT_EQ(response.status, 422) << response.body;
  EXPECT_EQ(BodyOf(response)["detail"][0]["loc"], (json{"body", "url"}));
  EXPECT_TRUE(Stored().empty());
}

TEST_F(TaosTest, BadBodyIs422WithFastApisDetail) {
  const auto response = Post("{}");
  ASSERT_EQ(response.status, 422);
  const json detail = BodyOf(response)["detail"][0];
  EXPECT_EQ(detail["loc"], (json{"body", "url"}));
  EXPECT_EQ(detail["msg"], "Field required");
  EXPECT_EQ(detail["type"], "missing");
}

TEST_F(TaosTest, NobodyIs401) {
  for (const char* path : {"/api/browser/sessions", "/api/browser/nodes", "/api/browser/x"}) {
    const auto response = Ask(Request("GET", path));
    EXPECT_EQ(response.status, 401) << path;
    EXPECT_EQ(BodyOf(response), (json{{"error", "Authentication required"}}));
  }
}

TEST_F(TaosTest, ServiceTokenWithoutUserIs401AndSaysWhatIsMissing) {
  auto request = Request("GET", "/api/browser/sessions");
  request->headers.emplace_back("Authorization", "Bearer service");
  const auto response = Ask(request);
  EXPECT_EQ(response.status, 401);
  EXPECT_NE(BodyOf(response)["error"].get<std::string>().find("Impersonate-User"),
            std::string::npos);
}

TEST_F(TaosTest, SingleUserNeedsNoCredentials) {
  options_.single_user = "solo";
  Restart();
  EXPECT_EQ(BodyOf(Ask(Request("POST", "/api/browser/sessions", kUrl)))["error"], "foreign_host")
      << "the name nas.local may be anybody's";
  auto request = Request("POST", "/api/browser/sessions", kUrl);
  request->headers[0].second = "localhost:7080";
  const auto response = Ask(request);
  ASSERT_EQ(response.status, 201) << response.body;
  EXPECT_EQ(BodyOf(response)["owner_id"], "solo");
}

// ---- reading ----

TEST_F(TaosTest, RunningSessionCarriesTokenAndUrl) {
  const json created = BodyOf(Post(kUrl));
  MakeReady(Stored().at(0));
  const auto response = Get(Path(created["id"]));
  ASSERT_EQ(response.status, 200);
  const json session = BodyOf(response);
  EXPECT_EQ(session.size(), 15U);
  EXPECT_EQ(session["status"], "running");
  EXPECT_TRUE(session["stream_token"].is_string());
  EXPECT_EQ(http::FindHeader(response.headers, "Cache-Control"), "no-store");
  EXPECT_NE(BodyOf(Get(Path(created["id"])))["stream_token"], session["stream_token"]);
}

TEST_F(TaosTest, HostSessionsAreReachedByTheNameTheClientUsed) {
  const json created = BodyOf(Post(kUrl));
  MakeReady(Stored().at(0));
  auto forwarded = As("me", Request("GET", Path(created["id"])));
  forwarded->headers.emplace_back("X-Forwarded-Host", "[fd00::1]:443");
  EXPECT_EQ(BodyOf(Ask(forwarded))["neko_url"], "http://[fd00::1]:8801/?usr=neko&pwd=s3cret");
}

TEST_F(TaosTest, UntrustedCallersGetTheNodesAddress) {
  const json created = BodyOf(Post(kUrl));
  MakeReady(Stored().at(0));
  auto request = Request("GET", Path(created["id"]));
  request->headers.emplace_back("Authorization", "Bearer me");
  request->headers.emplace_back("X-Forwarded-Host", "evil.org");
  EXPECT_EQ(BodyOf(Ask(request))["neko_url"], "http://192.168.1.5:8801/?usr=neko&pwd=s3cret");
}

TEST_F(TaosTest, WorkerSessionsAreReachedAtTheWorker) {
  AddNode("w1", "192.168.1.9");
  const json created = BodyOf(Post(kUrl));
  MakeReady(Stored().at(0), "w1");
  EXPECT_EQ(BodyOf(Get(Path(created["id"])))["neko_url"],
            "http://192.168.1.9:8801/?usr=neko&pwd=s3cret");
}

TEST_F(TaosTest, OthersSessionsDoNotExist) {
  const json mine = BodyOf(Post(kUrl, "me"));
  for (const std::string& path : {Path(mine["id"]), Path("mine"), Path(std::string(32, '0'))}) {
    const auto response = Get(path, "ann");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(BodyOf(response), (json{{"error", "not_found"}}));
  }
  EXPECT_EQ(Ask(As("ann", Request("POST", Path(mine["id"], "/terminate")))).status, 404);
  EXPECT_TRUE(BodyOf(Get("/api/browser/sessions", "ann"))["sessions"].empty());
  EXPECT_EQ(Stored().size(), 1U);
}

TEST_F(TaosTest, AgentOfTheSameNameIsSomebodyElse) {
  v1alpha1::BrowserSession session = nekoplane::testing::MakeSession("agent");
  session.metadata.uid.clear();
  session.spec.owner = v1alpha1::SessionOwner{v1alpha1::OwnerKind::kAgent, "me"};
  ASSERT_TRUE(client_.Create(Context(), session));
  EXPECT_TRUE(BodyOf(Get("/api/browser/sessions"))["sessions"].empty());
}

TEST_F(TaosTest, ListIsNewestFirstWithoutTokens) {
  const json first = BodyOf(Post(kUrl));
  const json second = BodyOf(Post(kUrl));
  const json body = BodyOf(Get("/api/browser/sessions"));
  ASSERT_EQ(body["sessions"].size(), 2U);
  EXPECT_EQ(body["sessions"][0]["id"], second["id"]);
  EXPECT_EQ(body["sessions"][1]["id"], first["id"]);
  EXPECT_EQ(body["sessions"][0].size(), 14U);
}

TEST_F(TaosTest, NodesAreWorkersOnly) {
  AddNode("w1", "192.168.1.9");
  const json row = {{"name", "w1"}, {"gpu", false}, {"ram_mb", 16384}, {"cores", 8}, {"load", 0.0}};
  EXPECT_EQ(BodyOf(Get("/api/browser/nodes"))["nodes"], json::array({row}));
}

TEST_F(TaosTest, UnknownPathsAndMethodsAreFastApis) {
  EXPECT_EQ(BodyOf(Get("/api/browser/other")), (json{{"detail", "Not Found"}}));
  const auto response = Ask(As("me", Request("DELETE", "/api/browser/sessions")));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(BodyOf(response), (json{{"detail", "Method Not Allowed"}}));
  EXPECT_EQ(http::FindHeader(response.headers, "Allow"), "GET, POST");
}

// ---- explain: as POST /sessions, but nothing is stored ----

class ExplainTest : public TaosTest {
 protected:
  http::Response Explain(const std::string& body, const std::string& user = "me") {
    return Ask(As(user, Request("POST", "/api/browser/nodes/explain", body)));
  }
};

TEST_F(ExplainTest, AnswersAsTheSchedulerDoesAndStoresNothing) {
  AddNode("w1", "192.168.1.9");
  const std::uint64_t before = client_.registry().store().Version();
  const auto response = Explain(R"({"url":"https://a.org","node":"w1","profile":"work"})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body, R"({"kind":"PlacementExplanation","node":"w1"})");
  ASSERT_TRUE(asked_.has_value());
  EXPECT_EQ(asked_->spec.url, "https://a.org");
  EXPECT_EQ(asked_->spec.profileRef->name, "work");
  EXPECT_EQ(client_.registry().store().Version(), before) << "something was written";
  EXPECT_TRUE(Stored().empty());
  EXPECT_TRUE(client_.List<v1alpha1::BrowserProfile>().empty());
}

TEST_F(ExplainTest, AFullClusterIsExplainedTooNotRefused) {
  placement_ = {PlacementAnswer::Outcome::kNoCapacity, "1 Insufficient memory."};
  EXPECT_EQ(Explain(kUrl).status, 200);
}

TEST_F(ExplainTest, TheBodyIsCheckedAsForASession) {
  EXPECT_EQ(Explain("{}").status, 422);
  EXPECT_EQ(Explain(R"({"url":"file:///etc/passwd"})").status, 422);
  const auto ghost = Explain(R"({"url":"https://a.org","node":"ghost"})");
  EXPECT_EQ(ghost.status, 409);
  EXPECT_EQ(ghost.body, R"({"error":"no_capable_node"})");
}

TEST_F(ExplainTest, WhereOthersProfilesLieIsNotTold) {
  ASSERT_EQ(Post(R"({"url":"https://a.org","profile":"work"})", "ann").status, 201);
  asked_.reset();
  const auto response = Explain(R"({"url":"https://a.org","profile":"work"})", "me");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(BodyOf(response)["error"], "profile_not_owned");
  EXPECT_FALSE(asked_.has_value());
  EXPECT_EQ(Explain(R"({"url":"https://a.org","profile":"work"})", "ann").status, 200);
}

TEST_F(ExplainTest, NeedsACaller) {
  EXPECT_EQ(Ask(Request("POST", "/api/browser/nodes/explain", kUrl)).status, 401);
}

TEST_F(ExplainTest, OnlyPost) {
  const auto response = Get("/api/browser/nodes/explain");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(http::FindHeader(response.headers, "Allow"), "POST");
}

// ---- termination ----

class TerminateTest : public TaosTest {
 protected:
  void SetUp() override {
    TaosTest::SetUp();
    id_ = BodyOf(Post(kUrl))["id"];
    MakeReady(Stored().at(0));
  }

  http::Response Terminate(const std::string& user = "me") {
    return Ask(As(user, Request("POST", Path(id_, "/terminate"))));
  }

  std::string id_;
};

TEST_F(TerminateTest, DeletesAndIsRepeatable) {
  for (int i = 0; i < 2; ++i) {
    const auto response = Terminate();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(BodyOf(response), (json{{"ok", true}}));
  }
  ASSERT_EQ(Stored().size(), 1U);
  EXPECT_TRUE(Stored()[0].metadata.deleting());
  EXPECT_EQ(BodyOf(Get(Path(id_)))["status"], "stopped");
  EXPECT_TRUE(BodyOf(Get("/api/browser/sessions"))["sessions"].empty());
}

TEST_F(TerminateTest, StaysReadableForAnHourAcrossRestarts) {
  Terminate();
  FinishDeletion(Stored().at(0));
  Restart();
  EXPECT_TRUE(Stored().empty());
  PassTime(std::chrono::minutes(59));
  const auto response = Get(Path(id_));
  ASSERT_EQ(response.status, 200) << response.body;
  const json session = BodyOf(response);
  EXPECT_EQ(session.size(), 14U);
  EXPECT_EQ(session["id"], id_);
  EXPECT_EQ(session["status"], "stopped");
  EXPECT_EQ(session["url"], "https://example.org");
  EXPECT_TRUE(session["neko_url"].is_null());
  EXPECT_EQ(Terminate().status, 200);
  EXPECT_EQ(Get(Path(id_), "ann").status, 404);
  EXPECT_EQ(Terminate("ann").status, 404);
  PassTime(std::chrono::minutes(2));
  EXPECT_EQ(Get(Path(id_)).status, 404);
  EXPECT_EQ(Terminate().status, 404);
}

TEST_F(TerminateTest, RecordHoldsNoPassword) {
  Terminate();
  store_.List("events")->ForEach("", "", [](const store::ObjectPtr& event) {
    EXPECT_EQ(event->bytes.find("s3cret"), std::string::npos);
    return true;
  });
}

TEST_F(TerminateTest, OldRecordsGoWithTheNextTermination) {
  Terminate();
  FinishDeletion(Stored().at(0));
  PassTime(std::chrono::hours(2));
  id_ = BodyOf(Post(kUrl))["id"];
  Terminate();
  EXPECT_EQ(store_.List("events")->size(), 1U);
}

// ---- profiles ----

TEST_F(TaosTest, NamedProfileIsMadeOnDemandAndKept) {
  const auto response = Post(R"({"url":"https://a.org","profile":"work"})");
  ASSERT_EQ(response.status, 201) << response.body;
  EXPECT_EQ(BodyOf(response)["profile_name"], "work");
  const auto profile = client_.Get<v1alpha1::BrowserProfile>("default", "work");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->spec.retentionPolicy, v1alpha1::RetentionPolicy::kRetain);
  EXPECT_EQ(profile->metadata.annotations.at("nekoplane.dev/owner"), "User/me");
  EXPECT_EQ(Stored().at(0).spec.profileRef->name, "work");
  EXPECT_EQ(Post(R"({"url":"https://a.org","profile":"work"})").status, 201);
}

TEST_F(TaosTest, DefaultProfileIsPrivate) {
  ASSERT_EQ(Post(R"({"url":"https://a.org","profile":"default"})").status, 201);
  EXPECT_FALSE(Stored().at(0).spec.profileRef.has_value());
  EXPECT_TRUE(client_.List<v1alpha1::BrowserProfile>().empty());
}

TEST_F(TaosTest, OthersProfilesAreRefused) {
  ASSERT_EQ(Post(R"({"url":"https://a.org","profile":"work"})", "ann").status, 201);
  const auto response = Post(R"({"url":"https://a.org","profile":"work"})", "me");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(BodyOf(response)["error"], "profile_not_owned");
  EXPECT_EQ(Stored().size(), 1U);
}

TEST_F(TaosTest, ProfileOfNobodyIsNotSimplyTaken) {
  v1alpha1::BrowserProfile profile = nekoplane::testing::MakeProfile("shared");
  profile.metadata.uid.clear();
  ASSERT_TRUE(client_.Create(Context(), profile));
  EXPECT_EQ(Post(R"({"url":"https://a.org","profile":"shared"})").status, 409);
}

TEST(BrowserApiTest, ServesItsPathsOnly) {
  EXPECT_TRUE(BrowserApi::Serves("/api/browser/sessions"));
  EXPECT_TRUE(BrowserApi::Serves("/api/browser"));
  EXPECT_FALSE(BrowserApi::Serves("/api/browserx"));
  EXPECT_FALSE(BrowserApi::Serves("/api"));
  EXPECT_FALSE(BrowserApi::Serves("/metrics"));
}

}  // namespace
}  // namespace nekoplane::taos
