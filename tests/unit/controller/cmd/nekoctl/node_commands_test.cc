// nekoctl's commands for nodes against the real API server, over HTTP.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "api/http/server.h"
#include "api/registry/client.h"
#include "api/registry/registry.h"
#include "api/server/api_server.h"
#include "api/store/memory_store.h"
#include "controller/cmd/nekoctl/commands.h"
#include "tests/support/builders.h"

namespace nekoplane::ctl {
namespace {

namespace cond = v1alpha1::node;
using v1alpha1::BrowserNode;

class NodeCommandsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(registry_.Bootstrap({}).has_value());
    server::Deps deps{registry_, store_, kinds_, clock_, *timers_, random_, log_, {}};
    deps.access.authenticate = [](const http::Request&) -> Result<server::User> {
      return server::User{"ann", "u1", {"system:authenticated"}};
    };
    deps.access.authorize = [](const server::User&, const server::Attributes&) -> Result<void> {
      return {};
    };
    api_server_ = std::make_unique<server::ApiServer>(std::move(deps));
    std::vector<http::ListenOptions> listeners;
    listeners.push_back(
        {.address = "127.0.0.1:0", .tls = nullptr, .handler = [this](auto request, auto responder) {
           api_server_->Handle(request, responder);
         }});
    auto server = http::Server::Start(std::move(listeners), {.threads = 1}, clock_, log_);
    ASSERT_TRUE(server.has_value()) << server.error().ToString();
    http_ = std::move(server).value();
    Cluster cluster;
    cluster.server = "http://" + http_->address(0);
    api_ = std::make_unique<ApiClient>(clock_, std::move(cluster));
    BrowserNode node = testing::MakeNode("attic");
    node.status = {};
    ASSERT_TRUE(client_.Create({}, node).has_value());
  }

  void TearDown() override {
    if (api_server_) api_server_->EndWatches();
    http_.reset();
  }

  // What it printed, or what went wrong.
  std::string Run(const std::function<Result<void>(Env&)>& command) {
    Env env{clock_, kinds_, *api_, "default"};
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const auto done = command(env);
    const std::string out = ::testing::internal::GetCapturedStdout();
    progress_ = ::testing::internal::GetCapturedStderr();
    return done ? out : "error: " + done.error().message;
  }

  std::string Drain(DrainArgs args) {
    args.node = "attic";
    return Run([&](Env& env) { return ctl::Drain(env, args); });
  }

  BrowserNode Node() { return *client_.Get<BrowserNode>("", "attic"); }

  // As the node reconciler would, once the drain has been asked for.
  void SayDrained(const char* status, const char* reason, const std::string& message) {
    for (;;) {
      BrowserNode node = Node();
      if (!node.spec.drain) {
        std::this_thread::yield();
        continue;
      }
      v1alpha1::Condition drained;
      drained.type = cond::kDrained;
      drained.status = status;
      drained.reason = reason;
      drained.message = message;
      drained.observedGeneration = node.metadata.generation;
      drained.lastTransitionTime = "2026-01-01T00:00:00Z";
      node.status.conditions = {drained};
      if (client_.WriteStatus({}, node)) return;
    }
  }

  const SystemClock clock_{};
  SeededRandom random_{1};
  NullLogger log_;
  const std::unique_ptr<Timers> timers_ = MakeThreadTimers(clock_);
  const codec::KindTable& kinds_ = codec::KindTable::Builtin();
  store::MemoryStore store_{"test"};
  registry::Registry registry_{store_, kinds_, clock_, random_};
  registry::Client client_{registry_, clock_, random_};
  std::unique_ptr<server::ApiServer> api_server_;
  std::unique_ptr<http::Server> http_;
  std::unique_ptr<ApiClient> api_;
  std::string progress_;
};

TEST_F(NodeCommandsTest, CordonAndUncordonAndBothTwice) {
  const auto cordon = [](Env& env) { return Cordon(env, "attic"); };
  const auto uncordon = [](Env& env) { return Uncordon(env, "bnode/attic"); };
  EXPECT_EQ(Run(cordon), "browsernode/attic cordoned\n");
  EXPECT_EQ(Node().spec.schedulingPolicy, v1alpha1::SchedulingPolicy::kUnschedulable);
  const auto version = store_.Version();
  EXPECT_EQ(Run(cordon), "browsernode/attic already cordoned\n");
  EXPECT_EQ(store_.Version(), version);
  EXPECT_EQ(Run(uncordon), "browsernode/attic uncordoned\n");
  EXPECT_EQ(Node().spec.schedulingPolicy, v1alpha1::SchedulingPolicy::kSchedulable);
  EXPECT_EQ(Run(uncordon), "browsernode/attic already uncordoned\n");
}

TEST_F(NodeCommandsTest, UnknownNodeIsNamed) {
  const std::string said = Run([](Env& env) { return Cordon(env, "cellar"); });
  EXPECT_NE(said.find("error: "), std::string::npos);
  EXPECT_NE(said.find("cellar"), std::string::npos) << said;
}

TEST_F(NodeCommandsTest, OtherKindsAreRefused) {
  EXPECT_EQ(Run([](Env& env) { return ctl::Drain(env, {.node = "bs/attic"}); }),
            "error: \"bs/attic\" is no browsernode; name one of those");
  EXPECT_FALSE(Node().spec.drain);
  EXPECT_EQ(Run([](Env& env) { return Cordon(env, "BrowserNode/attic"); }),
            "browsernode/attic cordoned\n");
  for (const auto* word : {"bprofile/attic", "cupboard/attic", "bnode/", ""}) {
    const auto said = Run([&](Env& env) { return Uncordon(env, word); });
    EXPECT_TRUE(said.starts_with("error: ")) << said;
  }
  EXPECT_EQ(Node().spec.schedulingPolicy, v1alpha1::SchedulingPolicy::kUnschedulable);
  EXPECT_EQ(Run([](Env& env) { return Why(env, "bnode/attic", ""); }),
            "error: \"bnode/attic\" is no browsersession; name one of those");
}

TEST_F(NodeCommandsTest, WaitsForLongerThanTheDeadline) {
  using std::chrono::minutes;
  const auto timeout = [](const DrainArgs& args) -> Duration {
    const auto time = DrainTimeout(args);
    EXPECT_TRUE(time) << args.deadline;
    return time ? *time : Duration::zero();
  };
  EXPECT_EQ(timeout({}), minutes(10));
  EXPECT_EQ(timeout({.deadline = "30m"}), minutes(40));
  EXPECT_EQ(timeout({.deadline = "30m", .timeout = minutes(5)}), minutes(5));
  EXPECT_TRUE(DrainTimeout({.deadline = "soon"}).is(Code::kInvalid));
}

TEST_F(NodeCommandsTest, DrainSaysHowAndUncordonEndsIt) {
  EXPECT_EQ(Drain({.policy = "Evict", .deadline = "30m"}), "browsernode/attic draining\n");
  ASSERT_TRUE(Node().spec.drain);
  EXPECT_EQ(Node().spec.drain->policy, v1alpha1::DrainPolicy::kEvict);
  EXPECT_EQ(Node().spec.drain->deadline, "30m");
  EXPECT_EQ(Node().spec.schedulingPolicy, v1alpha1::SchedulingPolicy::kUnschedulable);
  EXPECT_EQ(Drain({.policy = "Evict", .deadline = "30m"}), "browsernode/attic already draining\n");
  EXPECT_EQ(Drain({}), "browsernode/attic draining\n");
  EXPECT_EQ(Node().spec.drain->policy, v1alpha1::DrainPolicy::kWaitForUsers);
  EXPECT_EQ(Node().spec.drain->deadline, "") << "what was not asked for again does not stay";
  EXPECT_EQ(Run([](Env& env) { return Uncordon(env, "attic"); }), "browsernode/attic uncordoned\n");
  EXPECT_FALSE(Node().spec.drain);
}

TEST_F(NodeCommandsTest, ServerRefusesMigrateAndSaysWhatToUse) {
  const std::string said = Drain({.policy = "Migrate"});
  EXPECT_NE(said.find("profiles cannot be moved yet; use WaitForUsers or Evict"), std::string::npos)
      << said;
  EXPECT_FALSE(Node().spec.drain);
  EXPECT_EQ(Node().spec.schedulingPolicy, v1alpha1::SchedulingPolicy::kSchedulable);
  EXPECT_NE(Drain({.deadline = "soon"}).find("spec.drain.deadline"), std::string::npos);
}

TEST_F(NodeCommandsTest, WaitReturnsWhenNoSessionIsLeft) {
  std::thread reconciler([this] {
    SayDrained("False", cond::kReasonDraining, "1 session left: default/a");
    SayDrained("True", cond::kReasonDrained, "");
  });
  const std::string said = Drain({.wait = true, .timeout = std::chrono::seconds(30)});
  reconciler.join();
  EXPECT_EQ(said, "browsernode/attic draining\nbrowsernode/attic drained\n");
}

TEST_F(NodeCommandsTest, WaitShowsProgressAndEndsWithWhatIsLeft) {
  std::thread reconciler(
      [this] { SayDrained("False", cond::kReasonDraining, "1 session left: default/a"); });
  const std::string said = Drain({.wait = true, .timeout = std::chrono::seconds(3)});
  reconciler.join();
  EXPECT_EQ(progress_, "1 session left: default/a\n");
  EXPECT_NE(said.find("error: browsernode/attic is not drained after 3s"), std::string::npos)
      << said;
  EXPECT_NE(said.find("1 session left: default/a"), std::string::npos) << said;
}

TEST_F(NodeCommandsTest, WaitEndsWhenTheDrainIsCalledOffOrCannotBe) {
  std::thread operator_([this] {
    SayDrained("False", cond::kReasonDraining, "1 session left: default/a");
    EXPECT_TRUE(client_.Patch<BrowserNode>({}, "", "attic", {{"spec", {{"drain", nullptr}}}}));
  });
  std::string said = Drain({.wait = true, .timeout = std::chrono::seconds(30)});
  operator_.join();
  EXPECT_EQ(said, "error: somebody called the drain of attic off");

  std::thread reconciler([this] {
    SayDrained("False", cond::kReasonMigrateUnsupported, "profiles cannot be moved yet");
  });
  said = Drain({.wait = true, .timeout = std::chrono::seconds(30)});
  reconciler.join();
  EXPECT_EQ(said, "error: profiles cannot be moved yet");
}

TEST_F(NodeCommandsTest, TopShowsWhatIsFree) {
  BrowserNode node = Node();
  node.status = testing::MakeNode("attic").status;
  for (auto& condition : node.status.conditions) {
    condition.reason = "Test";
    condition.lastTransitionTime = "2026-01-01T00:00:00Z";
  }
  node.status.allocated = {.memory = "3Gi", .cpu = "1500m", .gpus = 0, .ports = 2};
  node.status.sessions = 2;
  node.status.loadPercent = 12;
  ASSERT_TRUE(client_.WriteStatus({}, node).has_value());
  BrowserNode fresh = testing::MakeNode("cellar");
  fresh.status = {};
  fresh.spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
  ASSERT_TRUE(client_.Create({}, fresh).has_value());
  const std::string table = Run([](Env& env) { return Top(env); });
  const auto words = [](const std::string& line) {
    std::vector<std::string> out;
    std::istringstream in(line);
    for (std::string word; in >> word;) out.push_back(word);
    return out;
  };
  std::istringstream lines(table);
  std::string header, first, second;
  std::getline(lines, header);
  std::getline(lines, first);
  std::getline(lines, second);
  EXPECT_TRUE(header.starts_with("NAME")) << table;
  EXPECT_EQ(words(first), (std::vector<std::string>{"attic", "Ready", "2", "1500m/8", "6500m",
                                                    "3Gi/16Gi", "13Gi", "0/0", "998/1000", "12%"}));
  EXPECT_EQ(words(second), (std::vector<std::string>{"cellar", "Unknown,Cordoned", "0", "-", "-",
                                                     "-", "-", "-", "-", "-"}));
}

}  // namespace
}  // namespace nekoplane::ctl
