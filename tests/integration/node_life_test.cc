// Nodes in the hands of whoever looks after the machines: cordon, drain, delete; and what their
// silence looks like.
#include <gtest/gtest.h>

#include <thread>

#include "tests/integration/world.h"

namespace nekoplane::integration {
namespace {

class NodeLifeTest : public IntegrationTest {
 protected:
  static constexpr char kHost[] = "/apis/nekoplane.dev/v1alpha1/browsernodes/host";

  void SetUp() override {
    IntegrationTest::SetUp();
    if (!HasFatalFailure()) neko_ = std::make_unique<Nekoplane>(*engine_);
  }

  std::string Ctl(std::vector<std::string> words) {
    const std::string line = testing::PrintToString(words);
    const RunResult done = neko_->Ctl(std::move(words));
    EXPECT_EQ(done.exit_code, 0) << line << '\n' << done.out << done.err;
    return done.out;
  }

  std::string Kubectl(std::vector<std::string> words) {
    const std::string line = testing::PrintToString(words);
    const RunResult done = neko_->Kubectl(std::move(words));
    EXPECT_EQ(done.exit_code, 0) << line << '\n' << done.out << done.err;
    return done.out;
  }

  // "True/EngineReady"
  std::string Says(const std::string& type) {
    const auto node = neko_->Raw("GET", kHost);
    if (!node) return node.error().message;
    return neko_->Condition(*node, type) + "/" + neko_->Condition(*node, type, "reason");
  }

  // So many people watch session s from now on.
  void Watchers(int count) {
    const auto session = neko_->Get("browsersessions/s");
    ASSERT_TRUE(session);
    const std::string url = (*session)["status"]["endpoints"].value("neko", "");
    const std::string token_is = "NEKO_SESSION_API_TOKEN=";
    std::string token;
    const json inspected = engine_->Inspect(neko_->Containers().at(0)["Id"]);
    for (const auto& variable : inspected["Config"]["Env"].get<std::vector<std::string>>()) {
      if (variable.starts_with(token_is)) token = variable.substr(token_is.size());
    }
    const SystemClock clock;
    const auto reply = http::MakeRestClient(clock)->Do(
        Context().WithTimeout(clock, seconds(5)),
        {.method = "POST",
         .url = url + (url.ends_with('/') ? "" : "/") + "_standin/viewers",
         .headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}},
         .body = json{{"count", count}}.dump()});
    ASSERT_TRUE(reply) << reply.error().message;
    ASSERT_EQ(reply->status, 204) << reply->body;
  }

  std::unique_ptr<Nekoplane> neko_;
};

TEST_F(NodeLifeTest, CordonedHostTakesNothingNewUntilItIsUncordoned) {
  neko_->CreateSession("before");
  neko_->AwaitReady("before");
  EXPECT_EQ(Ctl({"cordon", "host"}), "browsernode/host cordoned\n");
  EXPECT_EQ(Ctl({"cordon", "host"}), "browsernode/host already cordoned\n");
  EXPECT_NE(Ctl({"top"}).find("Ready,Cordoned"), std::string::npos);
  neko_->CreateSession("after");
  EXPECT_TRUE(Eventually(seconds(10), [&] {
    const auto now = neko_->Get("browsersessions/after");
    return now && neko_->Condition(*now, "Scheduled") == "False";
  }));
  const auto before = neko_->Get("browsersessions/before");
  ASSERT_TRUE(before);
  EXPECT_EQ(neko_->Condition(*before, "Ready"), "True") << "what runs stays";
  Kubectl({"patch", "bnode", "host", "--type=merge", "-p",
           R"({"spec":{"schedulingPolicy":"Schedulable"}})"});
  neko_->AwaitReady("after");
  EXPECT_EQ(Ctl({"uncordon", "host"}), "browsernode/host already uncordoned\n");
  EXPECT_EQ(neko_->Ctl({"cordon", "nowhere"}).exit_code, 1);
}

TEST_F(NodeLifeTest, DrainStopsWhatRunsAndKeepsItsProfile) {
  neko_->CreateSession("s");
  neko_->AwaitReady("s");
  const auto volumes = neko_->Volumes();
  ASSERT_EQ(volumes.size(), 1u);
  EXPECT_EQ(Ctl({"drain", "host", "--policy", "Evict", "--wait", "--timeout", "60s"}),
            "browsernode/host draining\nbrowsernode/host drained\n");
  EXPECT_EQ(Says("Drained"), "True/Drained");
  EXPECT_TRUE(neko_->Containers().empty());
  EXPECT_EQ(neko_->Volumes(), volumes);
  EXPECT_EQ(Ctl({"drain", "host", "--policy", "Evict", "--wait", "--timeout", "60s"}),
            "browsernode/host already draining\nbrowsernode/host drained\n");
  const RunResult refused = neko_->Ctl({"drain", "host", "--policy", "Migrate"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("use WaitForUsers or Evict"), std::string::npos) << refused.err;
  EXPECT_EQ(neko_->Ctl({"drain", "host", "--policy", "Perhaps"}).exit_code, 2);
  EXPECT_EQ(Ctl({"uncordon", "host"}), "browsernode/host uncordoned\n");
  EXPECT_TRUE(Eventually(seconds(10), [&] { return Says("Drained") == "False/NotDraining"; }));
  neko_->AwaitReady("s");
  EXPECT_EQ(neko_->Volumes(), volumes);
}

TEST_F(NodeLifeTest, DrainWaitsUntilNobodyWatches) {
  neko_->CreateSession("s");
  neko_->AwaitReady("s");
  ASSERT_NO_FATAL_FAILURE(Watchers(1));
  EXPECT_EQ(Ctl({"drain", "host"}), "browsernode/host draining\n");
  const std::string watched = "default/s (watched)";
  ASSERT_TRUE(Eventually(seconds(30), [&] {
    const auto node = neko_->Raw("GET", kHost);
    return node && neko_->Condition(*node, "Drained", "message").find(watched) != std::string::npos;
  })) << neko_->Get("browsersessions/s")->dump(1);
  EXPECT_EQ((*neko_->Get("browsersessions/s"))["status"].value("viewers", 0), 1);
  const RunResult impatient = neko_->Ctl({"drain", "host", "--wait", "--timeout", "2s"});
  EXPECT_EQ(impatient.exit_code, 1);
  EXPECT_NE(impatient.err.find(watched), std::string::npos) << impatient.err;
  EXPECT_EQ(neko_->Condition(*neko_->Get("browsersessions/s"), "Ready"), "True");
  EXPECT_EQ(neko_->Containers().size(), 1u);
  ASSERT_NO_FATAL_FAILURE(Watchers(0));
  EXPECT_EQ(Ctl({"drain", "host", "--wait", "--timeout", "60s"}),
            "browsernode/host already draining\nbrowsernode/host drained\n");
  EXPECT_TRUE(neko_->Containers().empty());
  EXPECT_EQ(neko_->Volumes().size(), 1u);
}

TEST_F(NodeLifeTest, DeletedHostGoesOnceNothingOfOursIsLeftOnIt) {
  neko_->CreateSession("s");
  neko_->AwaitReady("s");
  EXPECT_NE(Kubectl({"get", "lease", "-n", "nekoplane-system", "nekoplane-node-host", "-o",
                     "jsonpath={.spec.renewTime}"}),
            "");
  Kubectl({"delete", "bnode", "host", "--wait=false"});
  ASSERT_TRUE(neko_->Delete("browsersessions/s"));
  ASSERT_TRUE(Eventually(seconds(60), [&] { return neko_->Raw("GET", kHost).is(Code::kNotFound); }))
      << Says("Drained");
  EXPECT_TRUE(neko_->Containers().empty()) << "stranded";
  EXPECT_TRUE(neko_->Volumes().empty());
  EXPECT_TRUE(Eventually(seconds(10), [&] {
    return neko_->Kubectl({"get", "lease", "-n", "nekoplane-system", "nekoplane-node-host"})
               .exit_code != 0;
  }));
}

TEST_F(NodeLifeTest, OnlyNodeIsSuspectedAndNeverLost) {
  ASSERT_EQ(neko_->Terminate(), 0);
  neko_.reset();
  neko_ =
      std::make_unique<Nekoplane>(*engine_, NekoplaneOptions{.flags = {"--node-lost-after", "2s"}});
  ASSERT_TRUE(Eventually(seconds(10), [&] { return Says("Ready") == "True/EngineReady"; }));
  engine_->Stop();
  EXPECT_TRUE(
      Eventually(seconds(20), [&] { return Says("Ready") == "Unknown/EngineUnavailable"; }));
  std::this_thread::sleep_for(seconds(4));
  EXPECT_EQ(Says("Ready"), "Unknown/EngineUnavailable");
  engine_->Start();
  EXPECT_TRUE(Eventually(seconds(30), [&] { return Says("Ready") == "True/EngineReady"; }));
}

}  // namespace
}  // namespace nekoplane::integration
