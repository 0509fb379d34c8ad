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

TEST_F(NodeLifeTest, DrainEndsWhenNoSessionIsLeft) {
  neko_->CreateSession("s");
  neko_->AwaitReady("s");
  EXPECT_EQ(Ctl({"drain", "host", "--policy", "Evict"}), "browsernode/host draining\n");
  ASSERT_TRUE(neko_->Delete("browsersessions/s"));
  EXPECT_EQ(Ctl({"drain", "host", "--policy", "Evict", "--wait", "--timeout", "60s"}),
            "browsernode/host already draining\nbrowsernode/host drained\n");
  EXPECT_EQ(Says("Drained"), "True/Drained");
  EXPECT_TRUE(neko_->Containers().empty());
  const RunResult refused = neko_->Ctl({"drain", "host", "--policy", "Migrate"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("use WaitForUsers or Evict"), std::string::npos) << refused.err;
  EXPECT_EQ(neko_->Ctl({"drain", "host", "--policy", "Perhaps"}).exit_code, 2);
  EXPECT_EQ(Ctl({"uncordon", "host"}), "browsernode/host uncordoned\n");
  EXPECT_TRUE(Eventually(seconds(10), [&] { return Says("Drained") == "False/NotDraining"; }));
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
