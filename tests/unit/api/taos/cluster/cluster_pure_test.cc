// Signatures, pairings, and what a worker's JSON means.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/auth/digest.h"
#include "api/taos/cluster/pairing.h"
#include "api/taos/cluster/worker_auth.h"
#include "api/taos/cluster/worker_book.h"
#include "api/taos/cluster/worker_info.h"
#include "api/taos/cluster/worker_nodes.h"

namespace nekoplane::taos {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using std::chrono::seconds;

std::string CountingKey() {
  std::string key;
  for (int i = 0; i < 32; ++i) key += static_cast<char>(i);
  return key;
}

http::Request SignedHeartbeat() {
  http::Request request;
  request.method = "POST";
  request.path = "/api/cluster/heartbeat";
  request.body = R"({"name":"w1","load":0.25})";
  request.headers = {
      {"X-TAOS-Worker-Name", "w1"},
      {"X-TAOS-Timestamp", "1760000000"},
      {"X-TAOS-Signature", "8cc1388418623e938c4d65bec62362ca942f97d465ba26c1e729e99a951a07fa"}};
  return request;
}

constexpr WallTime kSignedAt{seconds(1760000000)};

TEST(WorkerAuthTest, TaosOwnVector) {
  EXPECT_EQ(WorkerSignature(CountingKey(), "1760000000", "POST", "/api/cluster/heartbeat",
                            R"({"name":"w1","load":0.25})"),
            "8cc1388418623e938c4d65bec62362ca942f97d465ba26c1e729e99a951a07fa");
  EXPECT_TRUE(CheckWorkerSignature(SignedHeartbeat(), CountingKey(), kSignedAt));
}

TEST(WorkerAuthTest, ClockMayBeWrongByThreeHundredSeconds) {
  for (const int skew : {-300, 300}) {
    EXPECT_TRUE(CheckWorkerSignature(SignedHeartbeat(), CountingKey(), kSignedAt + seconds(skew)));
  }
  for (const int skew : {-301, 301}) {
    EXPECT_EQ(CheckWorkerSignature(SignedHeartbeat(), CountingKey(), kSignedAt + seconds(skew))
                  .error()
                  .reason,
              "stale_timestamp");
  }
  for (const char* timestamp : {"", "soon", "1760000000x", "99999999999999999999"}) {
    auto request = SignedHeartbeat();
    request.headers[1].second = timestamp;
    EXPECT_EQ(CheckWorkerSignature(request, CountingKey(), kSignedAt).error().reason,
              "stale_timestamp")
        << timestamp;
  }
}

TEST(WorkerAuthTest, WhateverIsSignedCounts) {
  const auto refused = [](auto change) {
    auto request = SignedHeartbeat();
    change(request);
    const auto checked = CheckWorkerSignature(request, CountingKey(), kSignedAt);
    return checked ? "" : checked.error().reason;
  };
  EXPECT_EQ(refused([](auto& r) { r.body += " "; }), "bad_signature");
  EXPECT_EQ(refused([](auto& r) { r.method = "PUT"; }), "bad_signature");
  EXPECT_EQ(refused([](auto& r) { r.path = "/api/cluster/workers"; }), "bad_signature");
  EXPECT_EQ(refused([](auto& r) { r.headers[1].second = "1760000001"; }), "bad_signature");
  EXPECT_EQ(refused([](auto& r) { r.headers.pop_back(); }), "bad_signature");
  EXPECT_EQ(CheckWorkerSignature(SignedHeartbeat(), "", kSignedAt).error().reason,
            "worker_not_paired");
}

class PairingBookTest : public ::testing::Test {
 protected:
  using Answer = PairingBook::Answer;

  void Announce(const std::string& name = "w1", const std::string& code = "ABCD2345") {
    book_.Announce({.name = name,
                    .url = "http://h:1",
                    .platform = "linux",
                    .code_hash = auth::Sha256Hex(code),
                    .at = WallTime{}},
                   now_);
  }

  Answer Confirm(const std::string& code = "ABCD2345") {
    return book_.Confirm("w1", code, "key", now_);
  }

  Answer Claim(const std::string& code = "ABCD2345") {
    key_.clear();
    return book_.Claim("w1", code, now_, &key_);
  }

  PairingBook book_;
  MonoTime now_{std::chrono::hours(1)};
  std::string key_;
};

TEST_F(PairingBookTest, KeyIsGivenOnceAfterConfirmation) {
  EXPECT_EQ(Claim(), Answer::kNone);
  Announce();
  EXPECT_EQ(book_.Pending(now_).size(), 1u);
  EXPECT_EQ(Claim(), Answer::kAwaiting);
  EXPECT_EQ(Confirm(), Answer::kOk);
  EXPECT_TRUE(book_.Pending(now_).empty());
  EXPECT_EQ(Claim("WRONG234"), Answer::kWrongCode);
  EXPECT_EQ(Claim(), Answer::kOk);
  EXPECT_EQ(key_, "key");
  EXPECT_EQ(Claim(), Answer::kNone);
  book_.Unclaim("w1", "ABCD2345", "key", now_);
  EXPECT_EQ(Claim(), Answer::kOk);
}

TEST_F(PairingBookTest, FiveWrongCodesEndIt) {
  Announce();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Confirm("WRONG234"), Answer::kWrongCode);
  EXPECT_EQ(Confirm(), Answer::kOk) << "four are not five";
  Announce();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Confirm("WRONG234"), Answer::kWrongCode);
  EXPECT_EQ(Confirm(), Answer::kNone);
}

TEST_F(PairingBookTest, EndsAfterFifteenMinutes) {
  Announce();
  now_ += minutes(15);
  EXPECT_EQ(Claim(), Answer::kAwaiting);
  now_ += seconds(1);
  EXPECT_EQ(Claim(), Answer::kExpired);
  EXPECT_EQ(Confirm(), Answer::kExpired);
  EXPECT_TRUE(book_.Pending(now_).empty());
  Announce();
  EXPECT_EQ(Confirm(), Answer::kOk);
}

TEST_F(PairingBookTest, StrangersCannotFillTheMemory) {
  for (std::size_t i = 0; i < PairingBook::kMostPending + 10; ++i) {
    Announce("w" + std::to_string(i));
    now_ += seconds(1);
  }
  const auto pending = book_.Pending(now_);
  EXPECT_EQ(pending.size(), PairingBook::kMostPending);
  EXPECT_EQ(pending.front().name, "w10");
}

struct OddRow {
  const char* name;
  const char* hardware;
  std::int64_t ram, cores;
  bool gpu;
};

class OddHardware : public ::testing::TestWithParam<OddRow> {};

TEST_P(OddHardware, CountsAsTaosCounts) {
  json body{{"name", "w"}, {"url", "http://192.168.1.9:7080"}, {"capabilities", {"browser"}}};
  if (GetParam().hardware[0] != '\0') body["hardware"] = json::parse(GetParam().hardware);
  const auto worker = ParseWorker(body);
  ASSERT_TRUE(worker) << worker.error().message;
  EXPECT_EQ(worker->hardware.ramMB, GetParam().ram);
  EXPECT_EQ(worker->hardware.cores, GetParam().cores);
  EXPECT_EQ(worker->hardware.gpu && worker->hardware.gpu->count > 0, GetParam().gpu);
  EXPECT_EQ(HasGpu(body.value("hardware", json())), GetParam().gpu);
}

INSTANTIATE_TEST_SUITE_P(
    C1, OddHardware,
    ::testing::Values(
        OddRow{"Missing", "", 0, 0, false}, OddRow{"Empty", "{}", 0, 0, false},
        OddRow{"NoDict", R"("fast")", 0, 0, false}, OddRow{"List", "[1]", 0, 0, false},
        OddRow{"Null", "null", 0, 0, false},
        OddRow{"Plain", R"({"ram_mb":8192,"cpu":{"cores":8}})", 8192, 8, false},
        OddRow{"FloatRam", R"({"ram_mb":8192.0,"cpu":{"cores":8}})", 0, 8, false},
        OddRow{"TextRam", R"({"ram_mb":"8192","cpu":{"cores":8}})", 0, 8, false},
        OddRow{"TextCores", R"({"ram_mb":8192,"cpu":{"cores":"8"}})", 8192, 0, false},
        OddRow{"CpuNoDict", R"({"ram_mb":8192,"cpu":8})", 8192, 0, false},
        OddRow{"Negative", R"({"ram_mb":-1,"cpu":{"cores":-4}})", 0, 0, false},
        OddRow{"Huge", R"({"ram_mb":18446744073709551615,"cpu":{"cores":8}})", 0, 8, false},
        OddRow{"Cuda", R"({"gpu":{"type":"nvidia","cuda":true}})", 0, 0, true},
        OddRow{"Vram", R"({"gpu":{"type":"amd","vram_mb":8192}})", 0, 0, true},
        OddRow{"FloatVram", R"({"gpu":{"type":"amd","vram_mb":8192.0}})", 0, 0, false},
        OddRow{"VulkanOnly", R"({"gpu":{"type":"mali","vulkan":true,"vram_mb":0}})", 0, 0, false},
        OddRow{"None", R"({"gpu":{"type":"none"}})", 0, 0, false},
        OddRow{"GpuNoDict", R"({"gpu":"rtx"})", 0, 0, false}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(WorkerInfoTest, RefusesWhatNamesNobody) {
  for (const char* body :
       {"[]", "{}", R"({"name":"w"})", R"({"url":"http://h"})", R"({"name":1,"url":"http://h"})",
        R"({"name":"w","url":"ftp://h"})", R"({"name":"w","url":"http://u:p@h"})"}) {
    EXPECT_TRUE(ParseWorker(json::parse(body)).is(Code::kInvalid)) << body;
  }
}

TEST(WorkerInfoTest, CapabilityMustBeThatVeryWord) {
  const auto offers = [](const char* capabilities) {
    return ParseWorker(
               {{"name", "w"}, {"url", "http://h"}, {"capabilities", json::parse(capabilities)}})
        ->browsers;
  };
  EXPECT_TRUE(offers(R"(["app-streaming","browser"])"));
  EXPECT_FALSE(offers(R"(["embed"])"));
  EXPECT_FALSE(offers(R"("browser")"));
  EXPECT_FALSE(offers("[1,null]"));
}

TEST(WorkerInfoTest, HeartbeatKeepsWhatItDoesNotMention) {
  auto worker = *ParseWorker({{"name", "w"},
                              {"url", "http://h"},
                              {"hardware", {{"ram_mb", 8192}}},
                              {"capabilities", {"browser"}}});
  TakeHeartbeat({{"name", "w"}, {"load", 0.5}, {"status", "draining"}}, worker);
  EXPECT_EQ(worker.hardware.ramMB, 8192);
  EXPECT_TRUE(worker.browsers);
  EXPECT_EQ(worker.load, 0.5);
  EXPECT_EQ(worker.status, "draining");
  TakeHeartbeat({{"name", "w"}, {"load", 3}, {"capabilities", json::array()}}, worker);
  EXPECT_EQ(worker.load, 1.0);
  EXPECT_EQ(worker.status, "online");
  EXPECT_FALSE(worker.browsers);
}

TEST(WorkerInfoTest, HeartbeatFromElsewhereIsSeen) {
  const auto worker = *ParseWorker(
      {{"name", "w"}, {"url", "http://192.168.1.9:7080"}, {"host_lan_ip", "192.168.1.9"}});
  EXPECT_FALSE(Moved({{"name", "w"}}, worker));
  EXPECT_FALSE(Moved({{"url", "http://192.168.1.9:7080"}, {"host_lan_ip", "192.168.1.9"}}, worker));
  EXPECT_FALSE(Moved({{"url", ""}, {"host_lan_ip", "10.0.0.1"}}, worker))
      << "the url's host counts";
  EXPECT_TRUE(Moved({{"url", "http://192.168.1.9:7081"}}, worker));
  EXPECT_TRUE(Moved({{"url", "http://192.168.1.10:7080"}}, worker));
  const auto named =
      *ParseWorker({{"name", "w"}, {"url", "http://box.lan:7080"}, {"host_lan_ip", "192.168.1.9"}});
  EXPECT_TRUE(Moved({{"host_lan_ip", "192.168.1.10"}}, named)) << "viewers connect there";
}

TEST(WorkerInfoTest, LongTextsAreCutToWhatANodesStatusHolds) {
  std::string umlauts = "x";
  for (int i = 0; i < 300; ++i) umlauts += "\xc3\xa4";
  const std::string many(300, 'a');
  const auto worker = *ParseWorker({{"name", "w"},
                                    {"url", "http://h"},
                                    {"status", many},
                                    {"hardware",
                                     {{"cpu", {{"arch", many}, {"soc", umlauts}}},
                                      {"gpu", {{"type", many}, {"model", umlauts}}}}}});
  EXPECT_EQ(worker.status, many.substr(0, 63));
  EXPECT_EQ(worker.hardware.arch, many.substr(0, 63));
  EXPECT_EQ(worker.hardware.soc, umlauts.substr(0, 63));
  EXPECT_EQ(worker.hardware.gpu->vendor, many.substr(0, 63));
  EXPECT_EQ(worker.hardware.gpu->model, umlauts.substr(0, 253));
  umlauts.erase(0, 1);
  const auto even = *ParseWorker(
      {{"name", "w"}, {"url", "http://h"}, {"hardware", {{"cpu", {{"soc", umlauts}}}}}});
  EXPECT_EQ(even.hardware.soc, umlauts.substr(0, 62)) << "never half a character";
}

TEST(WorkerNodesTest, NamesAreValidAndStayApart) {
  EXPECT_EQ(NodeNameOf("fedora-box"), "fedora-box");
  for (const char* name : {"Fedora Box", "fedora_box", "host", "-x-", "äöü", ""}) {
    const std::string node = NodeNameOf(name);
    EXPECT_EQ(node, NodeNameOf(name));
    EXPECT_NE(node, v1alpha1::BrowserNode::kHost);
    EXPECT_LE(node.size(), 63u);
    EXPECT_EQ(node.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos);
    EXPECT_NE(node.front(), '-');
  }
  EXPECT_NE(NodeNameOf("Fedora Box"), NodeNameOf("fedora_box"));
}

TEST(WorkerNodesTest, AddressIsTheUrlsElseTheLanIp) {
  const auto address = [](const char* url, const char* lan) {
    WorkerInfo worker;
    worker.name = "w";
    worker.url = url;
    worker.host_lan_ip = lan;
    return AddressOf(worker);
  };
  EXPECT_EQ(address("http://192.168.1.9:7080", "10.0.0.1"), "192.168.1.9");
  EXPECT_EQ(address("http://[fd00::2]:7080", ""), "fd00::2");
  EXPECT_EQ(address("http://box.lan:7080", "10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(address("http://box.lan:7080", "box"), "");
}

TEST(WorkerNodesTest, OnlyWhatWasMadeForThisWorkerIsTouched) {
  WorkerInfo worker;
  worker.name = "w1";
  worker.url = "http://192.168.1.9:7080";
  const auto registered = *NodeFor(worker, "");
  const auto mirrored = *NodeFor(worker, MirrorLabel("http://192.168.1.5:6969"));
  EXPECT_EQ(mirrored.metadata.labels.at(kLabelMirroredFrom), "192.168.1.5_6969");
  EXPECT_EQ(FitOf(registered, registered), NodeFit::kOurs);
  EXPECT_EQ(FitOf(registered, mirrored), NodeFit::kForeign);
  EXPECT_EQ(FitOf(mirrored, registered), NodeFit::kForeign);
  auto by_hand = registered;
  by_hand.metadata.labels.clear();
  EXPECT_EQ(FitOf(by_hand, registered), NodeFit::kDeclared);
  by_hand.spec.taosWorker.reset();
  EXPECT_EQ(FitOf(by_hand, registered), NodeFit::kForeign);
  auto other = registered;
  other.metadata.annotations[kAnnotationWorker] = "w2";
  EXPECT_EQ(FitOf(other, registered), NodeFit::kForeign);

  EXPECT_FALSE(PatchFor(registered, registered));
  EXPECT_FALSE(registered.spec.capacity.gpus);
  worker.hardware.gpu = v1alpha1::NodeGpu{.vendor = "nvidia", .model = "", .count = 1};
  EXPECT_GT(NodeFor(worker, "")->spec.capacity.gpus, 100) << "one GPU, many browsers";
  worker.url = "http://192.168.1.10:7080";
  EXPECT_EQ(
      PatchFor(registered, *NodeFor(worker, ""))->dump(),
      R"({"spec":{"address":"192.168.1.10","taosWorker":{"url":"http://192.168.1.10:7080"}}})");
}

TEST(WorkerBookTest, TellsWhatIsNews) {
  WorkerBook book;
  WorkerInfo worker;
  worker.name = "w1";
  worker.host_lan_ip = "192.168.1.9";
  const MonoTime t{std::chrono::hours(1)};
  EXPECT_TRUE(book.Put(worker, "w1", "", t, {}));
  EXPECT_FALSE(book.Put(worker, "w1", "", t + seconds(5), {}));
  const auto same = [](WorkerInfo& w) {
    w.load = 0.9;
    return true;
  };
  EXPECT_EQ(book.Heartbeat("w1", t + seconds(10), {}, same), false);
  EXPECT_EQ(book.Heartbeat("w1", t + seconds(41), {}, same), true) << "it was silent";
  const auto busy = [](WorkerInfo& w) {
    w.status = "busy";
    return true;
  };
  EXPECT_EQ(book.Heartbeat("w1", t + seconds(42), {}, busy), true);
  const auto refused = [](WorkerInfo& w) {
    w.load = 0.1;
    return false;
  };
  EXPECT_EQ(book.Heartbeat("w1", t + seconds(50), {}, refused), std::nullopt);
  EXPECT_EQ(book.OfNode("w1")->at, t + seconds(42)) << "nothing of it is taken";
  EXPECT_EQ(book.Heartbeat("w2", t, {}, same), std::nullopt);
  EXPECT_EQ(book.OfNode("w1")->info.load, 0.9);
  EXPECT_EQ(book.HolderOf("192.168.1.9", "w2"), "w1");
  EXPECT_EQ(book.HolderOf("192.168.1.9", "w1"), "");
  EXPECT_EQ(book.HolderOf("", "w2"), "");
  EXPECT_TRUE(book.Remove("", "w1"));
  EXPECT_FALSE(book.Remove("", "w1"));
}

}  // namespace
}  // namespace nekoplane::taos
