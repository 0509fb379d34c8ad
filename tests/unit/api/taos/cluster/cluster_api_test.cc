// The cluster endpoints as a worker and an admin see them, answers word for word.
#include "api/taos/cluster/cluster_api.h"

#include "api/auth/digest.h"
#include "api/taos/cluster/worker_auth.h"
#include "api/taos/cluster/worker_nodes.h"
#include "tests/unit/api/taos/fixture.h"

namespace nekoplane::taos {
namespace {

using testing::BodyOf;
using testing::json;

class ClusterApiTest : public testing::TaosTest {
 protected:
  void SetUp() override {
    TaosTest::SetUp();
    Begin();
  }

  // A new nekoplane over the same store.
  void Begin(const std::string& single_user = "") {
    cluster_.reset();
    workers_ = std::make_unique<WorkerBook>();
    cluster_ = std::make_unique<ClusterApi>(
        ClusterDeps{registry_, log_, authenticator_, *workers_, single_user,
                    [this](const std::string& node) { changed_.push_back(node); }});
  }

  http::Response Call(const std::string& method, const std::string& path,
                      const std::string& body = "", http::Headers headers = {}) {
    auto request = Request(method, path, body);
    for (auto& header : headers) request->headers.push_back(std::move(header));
    auto responder = std::make_shared<testing::RecordingResponder>();
    cluster_->Handle(request, responder);
    EXPECT_TRUE(responder->answer.has_value()) << "no answer";
    return responder->answer.value_or(http::Response{});
  }

  std::string Said(const http::Response& response) {
    return std::to_string(response.status) + " " + response.body;
  }

  std::string Admin(const std::string& method, const std::string& path,
                    const std::string& body = "") {
    return Said(Call(method, path, body, {{"Authorization", "Bearer service"}}));
  }

  std::string Announce(const std::string& name) {
    return Said(Call("POST", "/api/cluster/pairing/announce",
                     json{{"name", name},
                          {"url", "http://192.168.1.9:7080"},
                          {"platform", "linux"},
                          {"code_hash", auth::Sha256Hex("ABCD2345")}}
                         .dump()));
  }

  // The whole of pairing; the worker's key.
  std::string Pair(const std::string& name) {
    Announce(name);
    const std::string code = json{{"name", name}, {"code", "ABCD2345"}}.dump();
    EXPECT_EQ(Admin("POST", "/api/cluster/pairing/confirm", code), R"(200 {"status":"confirmed"})");
    const auto claimed = Call("POST", "/api/cluster/pairing/claim", code);
    EXPECT_EQ(claimed.status, 200);
    const std::string hex = BodyOf(claimed).value("signing_key", "");
    EXPECT_EQ(hex.size(), 64u);
    std::string key;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      key += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return key;
  }

  std::string Signed(const std::string& key, const std::string& path, const json& body,
                     const std::string& name = "w1") {
    const std::string text = body.dump();
    const std::string at = std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(clock_.WallNow().time_since_epoch())
            .count());
    return Said(Call("POST", path, text,
                     {{"X-TAOS-Worker-Name", name},
                      {"X-TAOS-Timestamp", at},
                      {"X-TAOS-Signature", WorkerSignature(key, at, "POST", path, text)}}));
  }

  static json Worker(const std::string& name = "w1", const std::string& ip = "192.168.1.9") {
    return {{"name", name},
            {"url", "http://" + ip + ":7080"},
            {"host_lan_ip", ip},
            {"hardware", {{"ram_mb", 8192}, {"cpu", {{"cores", 8}, {"arch", "x86_64"}}}}},
            {"backends", json::array()},
            {"capabilities", {"browser", "app-streaming"}},
            {"platform", "linux"},
            {"models", json::array()}};
  }

  std::unique_ptr<WorkerBook> workers_;
  std::unique_ptr<ClusterApi> cluster_;
  std::vector<std::string> changed_;
};

constexpr char kRegister[] = "/api/cluster/workers";
constexpr char kHeartbeat[] = "/api/cluster/heartbeat";
constexpr char kConfirm[] = "/api/cluster/pairing/confirm";
constexpr char kClaim[] = "/api/cluster/pairing/claim";
constexpr char kCode[] = R"({"name":"w1","code":"ABCD2345"})";

TEST_F(ClusterApiTest, PairingWordForWord) {
  EXPECT_EQ(Call("POST", "/api/cluster/pairing/announce", R"({"name":"w1"})").status, 400);
  EXPECT_EQ(Call("POST", "/api/cluster/pairing/announce", "nonsense").status, 400);
  EXPECT_EQ(Call("POST", kClaim, kCode).status, 404);
  EXPECT_EQ(Announce("w1"), R"(200 {"status":"pending"})");
  EXPECT_EQ(Admin("GET", "/api/cluster/pairing/pending"),
            R"(200 [{"name":"w1","url":"http://192.168.1.9:7080","platform":"linux",)"
            R"("announced_at":1767225600.0}])");
  EXPECT_EQ(Said(Call("POST", kClaim, kCode)), R"(202 {"status":"awaiting_confirm"})");
  EXPECT_EQ(Call("POST", kClaim, R"({"name":"w1","code":"nope"})").status, 403);
  EXPECT_EQ(Admin("POST", kConfirm, R"({"name":"w1","code":"nope"})").substr(0, 3), "403");
  EXPECT_EQ(Admin("POST", kConfirm, R"({"name":"w2","code":"ABCD2345"})").substr(0, 3), "404");
  PassTime(std::chrono::seconds(901));
  EXPECT_EQ(Admin("POST", kConfirm, kCode).substr(0, 3), "410");
  EXPECT_EQ(Call("POST", kClaim, kCode).status, 410);
}

TEST_F(ClusterApiTest, KeyIsKeptAsASecretAndGivenOnce) {
  const std::string key = Pair("w1");
  EXPECT_EQ(Call("POST", kClaim, kCode).status, 404);
  const auto secret = client_.Get<v1alpha1::Secret>("nekoplane-system", "taos-worker-w1");
  ASSERT_TRUE(secret);
  EXPECT_EQ(registry::Base64Decode(secret->data.at(kSigningKey)), key);
  EXPECT_NE(Pair("w1"), key) << "pairing anew makes a new key";
}

TEST_F(ClusterApiTest, OnlyAdminsConfirmListAndRemove) {
  Announce("w1");
  for (const auto& [method, path] :
       {std::pair{"GET", "/api/cluster/pairing/pending"}, std::pair{"POST", kConfirm},
        std::pair{"DELETE", "/api/cluster/workers/w1"}}) {
    EXPECT_EQ(Call(method, path, kCode).status, 401) << path;
    EXPECT_EQ(Call(method, path, kCode, {{"Authorization", "Bearer me"}}).status, 403) << path;
  }
  EXPECT_EQ(Said(Call("POST", kClaim, kCode)), R"(202 {"status":"awaiting_confirm"})");
}

TEST_F(ClusterApiTest, SingleUserIsAdminFromThisMachineOnly) {
  Begin("solo");
  const auto ask = [&](const std::string& host, const http::Headers& headers, bool loopback) {
    auto request = Request("GET", "/api/cluster/pairing/pending");
    request->headers = headers;
    request->headers.emplace_back("Host", host);
    request->remote_is_loopback = loopback;
    auto responder = std::make_shared<testing::RecordingResponder>();
    cluster_->Handle(request, responder);
    const auto body = BodyOf(*responder->answer);
    return std::to_string(responder->answer->status) +
           (body.is_object() ? " " + body.value("error", "") : "");
  };
  const std::string here = "127.0.0.1:7080";
  EXPECT_EQ(ask(here, {}, true), "200");
  EXPECT_EQ(ask(here, {{"Sec-Fetch-Site", "same-origin"}}, true), "200");
  EXPECT_EQ(ask(here, {}, false), "401 no such token");
  EXPECT_EQ(ask(here, {{"Sec-Fetch-Site", "cross-site"}}, true), "403 cross_site_request");
  EXPECT_EQ(ask(here, {{"Sec-Fetch-Site", "same-site"}}, true), "403 cross_site_request");
  EXPECT_EQ(ask("evil.example:7080", {}, true), "403 foreign_host");
  EXPECT_EQ(ask(here, {{"Authorization", "Bearer me"}}, true), "403 not_admin");
}

TEST_F(ClusterApiTest, RegisteredWorkerIsANode) {
  const std::string key = Pair("w1");
  EXPECT_EQ(Signed(key, kHeartbeat, {{"name", "w1"}, {"load", 0.1}}),
            R"(404 {"error":"Worker not registered"})");
  EXPECT_EQ(Signed(key, kRegister, Worker()), R"(200 {"status":"registered","name":"w1"})");
  const auto node = client_.Get<v1alpha1::BrowserNode>("", "w1");
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(node->spec.taosWorker->url, "http://192.168.1.9:7080");
  EXPECT_EQ(node->spec.address, "192.168.1.9");
  EXPECT_EQ(node->metadata.labels.at("nekoplane.dev/registered"), "true");
  EXPECT_EQ(changed_, (std::vector<std::string>{"w1"}));

  const auto version = node->metadata.resourceVersion;
  EXPECT_EQ(Signed(key, kHeartbeat, {{"name", "w1"}, {"load", 0.25}}), R"(200 {"status":"ok"})");
  EXPECT_EQ(Signed(key, kRegister, Worker()), R"(200 {"status":"registered","name":"w1"})");
  EXPECT_EQ(client_.Get<v1alpha1::BrowserNode>("", "w1")->metadata.resourceVersion, version)
      << "a heartbeat is no write";
  EXPECT_EQ(changed_.size(), 1u);
  const auto rows = BodyOf(Call("GET", kRegister));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["status"], "online");
  EXPECT_EQ(rows[0]["hardware"]["ram_mb"], 8192);
  EXPECT_FALSE(rows[0].contains("signing_key"));
  PassTime(std::chrono::seconds(31));
  EXPECT_EQ(BodyOf(Call("GET", kRegister))[0]["status"], "offline");
  EXPECT_EQ(Signed(key, kHeartbeat, {{"name", "w1"}}), R"(200 {"status":"ok"})");
  EXPECT_EQ(changed_.size(), 2u) << "it is back";
}

TEST_F(ClusterApiTest, WorkerThatMovedTakesItsNodeWithIt) {
  const std::string key = Pair("w1");
  Signed(key, kRegister, Worker());
  ASSERT_TRUE(client_.Patch<v1alpha1::BrowserNode>(
      Context(), "", "w1", {{"spec", {{"taosWorker", {{"tokenSecretRef", {{"name", "t"}}}}}}}}));
  EXPECT_EQ(Signed(key, kRegister, Worker("w1", "192.168.1.10")).substr(0, 3), "200");
  const auto node = client_.Get<v1alpha1::BrowserNode>("", "w1");
  EXPECT_EQ(node->spec.address, "192.168.1.10");
  EXPECT_EQ(node->spec.taosWorker->tokenSecretRef->name, "t") << "an operator's edit";
}

TEST_F(ClusterApiTest, HeartbeatThatChangesTheNodeAsksForARegistration) {
  const std::string key = Pair("w1"), again = R"(404 {"error":"Worker not registered"})";
  Signed(key, kRegister, Worker());
  const json moved = {{"name", "w1"}, {"url", "http://192.168.1.10:7080"}};
  EXPECT_EQ(Signed(key, kHeartbeat, moved), again);
  EXPECT_EQ(Signed(key, kHeartbeat, moved), again) << "until it registers";
  Signed(key, kRegister, Worker("w1", "192.168.1.10"));
  EXPECT_EQ(Signed(key, kHeartbeat, moved), R"(200 {"status":"ok"})");
  EXPECT_EQ(client_.Get<v1alpha1::BrowserNode>("", "w1")->spec.address, "192.168.1.10");
}

TEST_F(ClusterApiTest, WorkerThatLearnsToOfferBrowsersBecomesANode) {
  const std::string key = Pair("w1");
  json worker = Worker();
  worker["capabilities"] = {"embed"};
  Signed(key, kRegister, worker);
  const json news = {{"name", "w1"}, {"capabilities", {"browser"}}};
  EXPECT_EQ(Signed(key, kHeartbeat, news), R"(404 {"error":"Worker not registered"})");
  Signed(key, kRegister, Worker());
  EXPECT_TRUE(client_.Get<v1alpha1::BrowserNode>("", "w1"));
  EXPECT_EQ(Signed(key, kHeartbeat, {{"name", "w1"}, {"capabilities", {"embed"}}}),
            R"(200 {"status":"ok"})");
  EXPECT_EQ(Signed(key, kHeartbeat, news), R"(200 {"status":"ok"})") << "its node is there";
}

TEST_F(ClusterApiTest, RefusalsOfSignedCalls) {
  const std::string key = Pair("w1");
  const auto code = [&](const std::string& answer) {
    return answer.substr(0, 3) + " " + json::parse(answer.substr(4)).value("code", "");
  };
  EXPECT_EQ(code(Signed(key, kRegister, Worker("w2"), "w2")), "401 worker_not_paired");
  EXPECT_EQ(code(Signed(std::string(32, 'x'), kRegister, Worker())), "401 bad_signature");
  EXPECT_EQ(code(Said(Call("POST", kRegister, Worker().dump(), {{"X-TAOS-Worker-Name", "w1"}}))),
            "401 stale_timestamp");
  EXPECT_EQ(Signed(key, kRegister, Worker("w2")).substr(0, 3), "403");
  EXPECT_EQ(Signed(key, kRegister, {{"name", "w1"}}).substr(0, 3), "400");
  EXPECT_EQ(Signed(key, kRegister,
                   {{"name", "w1"}, {"url", "http://box.lan"}, {"capabilities", {"browser"}}})
                .substr(0, 3),
            "400")
      << "no address";
  EXPECT_TRUE(client_.Get<v1alpha1::BrowserNode>("", "w1").is(Code::kNotFound));
}

TEST_F(ClusterApiTest, OneWorkerPerMachine) {
  const std::string first = Pair("w1"), second = Pair("w2");
  EXPECT_EQ(Signed(first, kRegister, Worker()).substr(0, 3), "200");
  EXPECT_EQ(Signed(second, kRegister, Worker("w2"), "w2").substr(0, 3), "409");
  EXPECT_EQ(Signed(second, kRegister, Worker("w2", "192.168.1.10"), "w2").substr(0, 3), "200");
}

TEST_F(ClusterApiTest, OthersNodesAreLeftAlone) {
  AddNode("w1", "192.168.1.77");
  const std::string key = Pair("w1");
  EXPECT_EQ(Signed(key, kRegister, Worker()).substr(0, 3), "409");
  EXPECT_EQ(client_.Get<v1alpha1::BrowserNode>("", "w1")->spec.address, "192.168.1.77");
  const std::string other = Pair("host");
  EXPECT_EQ(Signed(other, kRegister, Worker("host", "192.168.1.10"), "host").substr(0, 3), "200");
  EXPECT_FALSE(client_.Get<v1alpha1::BrowserNode>("", "host")->spec.taosWorker);
}

TEST_F(ClusterApiTest, WorkerWithoutBrowsersIsNoNode) {
  const std::string key = Pair("w1");
  json worker = Worker();
  worker["capabilities"] = {"embed"};
  EXPECT_EQ(Signed(key, kRegister, worker).substr(0, 3), "200");
  EXPECT_TRUE(client_.Get<v1alpha1::BrowserNode>("", "w1").is(Code::kNotFound));
}

TEST_F(ClusterApiTest, RemovedWorkerLosesKeyAndNode) {
  const std::string key = Pair("w1");
  Signed(key, kRegister, Worker());
  EXPECT_EQ(Admin("DELETE", "/api/cluster/workers/w9").substr(0, 3), "404");
  EXPECT_EQ(Admin("DELETE", "/api/cluster/workers/w1"), R"(200 {"status":"removed"})");
  const auto node = client_.Get<v1alpha1::BrowserNode>("", "w1");
  EXPECT_TRUE(node.is(Code::kNotFound) || node->metadata.deleting());
  EXPECT_EQ(Signed(key, kHeartbeat, {{"name", "w1"}}).substr(0, 3), "401");
}

TEST_F(ClusterApiTest, NodeThatSessionsAreOnStays) {
  const std::string key = Pair("w1");
  Signed(key, kRegister, Worker());
  store::ClaimChange claim;
  claim.claim = {
      .kind = store::kClaimInstance, .scope = "w1", .item = "u1", .owner = "u1", .detail = ""};
  ASSERT_TRUE(client_.ChangeClaims(Context(), {claim}));
  EXPECT_EQ(Admin("DELETE", "/api/cluster/workers/w1"), R"(200 {"status":"removed"})");
  EXPECT_FALSE(client_.Get<v1alpha1::BrowserNode>("", "w1")->metadata.deleting());
}

TEST_F(ClusterApiTest, AfterARestartWorkersRegisterAnew) {
  const std::string key = Pair("w1");
  Signed(key, kRegister, Worker());
  Begin();
  EXPECT_EQ(Signed(key, kHeartbeat, {{"name", "w1"}}), R"(404 {"error":"Worker not registered"})");
  EXPECT_EQ(Signed(key, kRegister, Worker()), R"(200 {"status":"registered","name":"w1"})");
}

}  // namespace
}  // namespace nekoplane::taos
