// A taOS controller's workers as nodes: what is listed, what is odd, what goes.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/codec/schema.h"
#include "api/store/memory_store.h"
#include "api/taos/cluster/worker_nodes.h"
#include "reconcilers/mirror/convert.h"
#include "reconcilers/mirror/mirror_reconciler.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::mirror {
namespace {

using nlohmann::json;
using v1alpha1::BrowserNode;
using v1alpha1::BrowserSession;

constexpr char kUrl[] = "http://192.168.1.5:6969";

json Row(const std::string& name, const std::string& ip = "192.168.1.9") {
  return {{"name", name},
          {"url", "http://" + ip + ":7080"},
          {"hardware", {{"ram_mb", 8192}, {"cpu", {{"cores", 8}}}}},
          {"capabilities", {"browser"}},
          {"status", "online"},
          {"load", 0.25}};
}

TEST(ConvertTest, OnlyBrowserWorkersBecomeNodes) {
  json other = Row("gpu-box");
  other["capabilities"] = {"llm-chat"};
  const auto out = Convert(json{Row("w1"), other}.dump(), "label");
  ASSERT_TRUE(out);
  ASSERT_EQ(out->workers.size(), 1u);
  EXPECT_TRUE(out->skipped.empty());
  const BrowserNode& node = out->workers[0].node;
  EXPECT_EQ(node.metadata.name, "w1");
  EXPECT_EQ(node.metadata.labels.at(taos::kLabelMirroredFrom), "label");
  EXPECT_EQ(node.spec.taosWorker->url, "http://192.168.1.9:7080");
  EXPECT_EQ(node.spec.address, "192.168.1.9");
  EXPECT_EQ(out->workers[0].info.hardware.ramMB, 8192);
}

TEST(ConvertTest, OddRowsAreSkippedAndTheRestStays) {
  json nameless = Row("x"), no_url = Row("x"), no_address = Row("lan"), twice = Row("w1");
  nameless.erase("name");
  no_url["url"] = 7;
  no_address["url"] = "http://box.lan:7080";
  const auto out =
      Convert(json{42, nullptr, nameless, no_url, no_address, Row("w1"), twice}.dump(), "l");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->workers.size(), 1u);
  ASSERT_EQ(out->skipped.size(), 6u);
  EXPECT_EQ(out->skipped[2], "row 2: name and url are required");
  EXPECT_EQ(out->skipped[5], "row 6: worker w1 is listed twice");
}

TEST(ConvertTest, WhatIsNoListIsNoAnswer) {
  for (const char* body : {"", "{}", "null", "<html>", "[{]"}) {
    EXPECT_TRUE(Convert(body, "l").is(Code::kUnavailable)) << body;
  }
  EXPECT_TRUE(Convert("[]", "l")->workers.empty());
}

// A taOS controller that answers what the test says.
class Controller final : public http::Client {
 public:
  Result<http::ClientResponse> Do(const Context&, const http::ClientRequest& request) override {
    asked = request;
    if (!rows) return MakeStatus(Code::kUnavailable, "ConnectionRefused", "connection refused");
    return http::ClientResponse{.status = status, .headers = {}, .body = rows->dump()};
  }

  Result<http::ClientResponse> Stream(const Context&, const http::ClientRequest&,
                                      const std::function<bool(std::string_view)>&) override {
    return MakeStatus(Code::kInvalid, "StreamsNotSupported", "");
  }

  std::optional<json> rows = json::array();
  int status = 200;
  http::ClientRequest asked;
};

class CountingLogger final : public Logger {
 public:
  void Write(LogLevel level, std::string_view message, Fields) override {
    if (level == LogLevel::kWarning) warnings.emplace_back(message);
  }

  std::vector<std::string> warnings;
};

class MirrorTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(registry_.Bootstrap({})); }

  void Pass(Duration later = std::chrono::seconds(5)) {
    const auto outcome = mirror_.Reconcile({}, {"", ""});
    ASSERT_TRUE(std::holds_alternative<manager::RequeueAfter>(outcome));
    EXPECT_EQ(std::get<manager::RequeueAfter>(outcome).delay, std::chrono::seconds(5));
    clock_.Advance(later);
  }

  void List(std::vector<json> rows) { taos_.rows = json(std::move(rows)); }

  Result<BrowserNode> Node(const std::string& name) { return client_.Get<BrowserNode>("", name); }

  // The mirror deletes it; it goes when the node reconciler finds nothing left there.
  bool Deleted(const std::string& name) {
    const auto node = Node(name);
    EXPECT_TRUE(node) << "its finalizer keeps it until then";
    return node && node->metadata.deleting();
  }

  testing::FakeClock clock_;
  SeededRandom random_{5};
  CountingLogger log_;
  store::MemoryStore store_{"test"};
  registry::Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  registry::Client client_{registry_, clock_, random_};
  taos::WorkerBook workers_;
  Controller taos_;
  std::vector<std::string> changed_;
  MirrorReconciler mirror_{
      {.client = client_,
       .http = taos_,
       .clock = clock_,
       .log = log_,
       .workers = workers_,
       .changed = [this](const std::string& node) { changed_.push_back(node); }},
      {.url = kUrl}};
};

TEST_F(MirrorTest, WorkersBecomeNodesAndLoadStaysInMemory) {
  List({Row("w1")});
  Pass();
  EXPECT_EQ(taos_.asked.url, "http://192.168.1.5:6969/api/cluster/workers");
  EXPECT_EQ(taos_.asked.method, "GET");
  ASSERT_TRUE(Node("w1"));
  EXPECT_EQ(Node("w1")->metadata.labels.at(taos::kLabelMirroredFrom), "192.168.1.5_6969");
  EXPECT_EQ(changed_, (std::vector<std::string>{"w1"}));
  const std::string version = Node("w1")->metadata.resourceVersion;
  json busier = Row("w1");
  busier["load"] = 0.75;
  List({busier});
  Pass();
  EXPECT_EQ(Node("w1")->metadata.resourceVersion, version) << "load is no write";
  EXPECT_EQ(workers_.OfNode("w1")->info.load, 0.75);
  EXPECT_EQ(changed_.size(), 1u);
  List({Row("w1", "192.168.1.10")});
  Pass();
  EXPECT_EQ(Node("w1")->spec.address, "192.168.1.10");
}

TEST_F(MirrorTest, VanishedWorkerTakesNothingNewAndGoesAfterAMinute) {
  List({Row("w1")});
  Pass();
  List({});
  Pass(std::chrono::seconds(30));
  EXPECT_FALSE(Deleted("w1")) << "taOS forgets its workers when it is started anew";
  EXPECT_FALSE(workers_.OfNode("w1"));
  EXPECT_EQ(changed_.size(), 2u);
  List({Row("w1")});
  Pass();
  List({});
  Pass(std::chrono::seconds(50));
  Pass(std::chrono::seconds(15));
  EXPECT_FALSE(Deleted("w1")) << "it was back in between";
  Pass();
  EXPECT_TRUE(Deleted("w1"));
}

TEST_F(MirrorTest, NodeWithSessionsStays) {
  List({Row("w1")});
  Pass();
  store::ClaimChange claim;
  claim.claim = {
      .kind = store::kClaimInstance, .scope = "w1", .item = "u1", .owner = "u1", .detail = ""};
  ASSERT_TRUE(client_.ChangeClaims({}, {claim}));
  List({});
  Pass(std::chrono::minutes(2));
  Pass();
  EXPECT_FALSE(Deleted("w1"));
  claim.op = store::ClaimChange::Op::kRelease;
  ASSERT_TRUE(client_.ChangeClaims({}, {claim}));
  Pass();
  EXPECT_TRUE(Deleted("w1"));
}

TEST_F(MirrorTest, NodeThatASuspendedSessionComesBackToStays) {
  List({Row("w1")});
  Pass();
  BrowserSession session = testing::MakeSession("reading");
  session.metadata.uid.clear();
  session.metadata.finalizers.clear();
  auto stored = client_.Create({}, session);
  ASSERT_TRUE(stored) << stored.error().ToString();
  stored->status.nodeName = "w1";
  ASSERT_TRUE(client_.WriteStatus({}, *stored));
  List({});
  Pass(std::chrono::minutes(2));
  Pass();
  EXPECT_FALSE(Deleted("w1"));
  stored = client_.Get<BrowserSession>("default", "reading");
  stored->status.nodeName = "host";
  ASSERT_TRUE(client_.WriteStatus({}, *stored));
  Pass();
  EXPECT_TRUE(Deleted("w1"));
}

TEST_F(MirrorTest, NodesOfOthersAreNeverTouched) {
  BrowserNode mine = testing::MakeNode("w1");
  mine.metadata.uid.clear();
  mine.spec.address = "10.0.0.1";
  ASSERT_TRUE(client_.Create({}, mine));
  List({Row("w1")});
  Pass();
  Pass();
  EXPECT_EQ(Node("w1")->spec.address, "10.0.0.1");
  EXPECT_FALSE(workers_.OfNode("w1"));
  EXPECT_EQ(log_.warnings.size(), 1u) << "said once, not every five seconds";
  List({});
  Pass(std::chrono::minutes(2));
  Pass();
  EXPECT_FALSE(Deleted("w1"));
}

TEST_F(MirrorTest, SilenceIsTheControllersUntilItAnswers) {
  const auto silent = [&](const std::string& label) {
    return workers_.ControllerSilent(label, clock_.Now());
  };
  const std::string label = taos::MirrorLabel(kUrl);
  EXPECT_TRUE(silent(label)) << "it was not asked yet";
  EXPECT_FALSE(silent("192.168.1.6_6969")) << "nobody asks that one";
  List({Row("w1")});
  Pass(std::chrono::seconds(30));
  EXPECT_FALSE(silent(label));
  taos_.rows.reset();
  Pass();
  EXPECT_TRUE(silent(label));
  List({});
  Pass();
  EXPECT_FALSE(silent(label)) << "it does not list w1 any more";
}

TEST_F(MirrorTest, SilenceChangesNothing) {
  List({Row("w1")});
  Pass();
  taos_.rows.reset();
  Pass(std::chrono::minutes(5));
  Pass();
  taos_.rows = json::array();
  taos_.status = 503;
  Pass();
  EXPECT_FALSE(Deleted("w1"));
  ASSERT_TRUE(workers_.OfNode("w1"));
  EXPECT_GT(clock_.Now() - workers_.OfNode("w1")->at, std::chrono::minutes(5));
  EXPECT_EQ(log_.warnings.size(), 2u);
}

}  // namespace
}  // namespace nekoplane::reconcilers::mirror
