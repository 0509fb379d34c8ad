// The reconciler over a real registry, an in-memory store and a simulated engine, one pass at a
// time.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "api/registry/base64.h"
#include "api/store/memory_store.h"
#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/sim/sim_engine.h"
#include "controller/runtime/static_driver_set.h"
#include "reconcilers/session/session_reconciler.h"
#include "tests/unit/reconcilers/session/fixture.h"

namespace nekoplane::reconcilers::session {
namespace {

using v1alpha1::BrowserSession;

class ReconcilerTest : public ::testing::Test {
 protected:
  class Jobs final : public BackgroundRunner {
   public:
    void Run(Job job) override { jobs.push_back(std::move(job)); }

    std::deque<Job> jobs;
  };

  class Events final : public manager::EventRecorder {
   public:
    void Event(const v1alpha1::ObjectReference&, manager::EventType, std::string_view reason,
               std::string_view message) override {
      reasons.emplace_back(reason);
      text += message;
    }

    std::vector<std::string> reasons;
    std::string text;
  };

  void SetUp() override {
    ASSERT_TRUE(registry_.Bootstrap({}).has_value());
    ASSERT_TRUE(client_.Create({}, testing::MakeClass()).has_value());
    auto node = client_.Create({}, testing::MakeNode());
    ASSERT_TRUE(node.has_value()) << node.error().ToString();
    node->status = testing::MakeNode().status;
    for (auto& c : node->status.conditions) {
      c.reason = "Test";
      c.lastTransitionTime = "2026-01-01T00:00:00Z";
    }
    ASSERT_TRUE(client_.WriteStatus({}, *node).has_value());
    BrowserSession session;
    session.metadata.namespace_ = "default";
    session.metadata.name = "s";
    ASSERT_TRUE(client_.Create({}, session).has_value());
  }

  BrowserSession Get() { return *client_.Get<BrowserSession>("default", "s"); }

  manager::Outcome Pass() { return reconciler_.Reconcile({}, {"default", "s"}); }

  // Passes until one wants to wait; returns how many there were. Time stands still.
  int PassUntilWaiting(Duration* wait = nullptr) {
    for (int n = 1; n < 50; ++n) {
      const auto outcome = Pass();
      const auto* again = std::get_if<manager::RequeueAfter>(&outcome);
      if (again != nullptr && again->delay == Duration::zero()) continue;
      if (wait != nullptr && again != nullptr) *wait = again->delay;
      return n;
    }
    ADD_FAILURE() << "passes without end";
    return 0;
  }

  void SetMode(v1alpha1::OperatingMode mode) {
    const auto* kind = registry_.kinds().FindByResource(BrowserSession::kResource);
    registry_.Patch(*kind, "default", "s", registry::PatchType::kJson,
                    {{{"op", "replace"},
                      {"path", "/spec/operatingMode"},
                      {"value", std::string(v1alpha1::EnumName(mode))}}},
                    registry::Subresource::kNone, {},
                    [](const auto& done) { ASSERT_TRUE(done.has_value()); });
  }

  testing::FakeClock clock_;
  SeededRandom random_{1};
  NullLogger log_;
  store::MemoryStore store_{"test"};
  registry::Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  registry::Client client_{registry_, clock_, random_};
  runtime::SimEngine engine_{clock_};
  runtime::StaticDriverSet drivers_{
      {{"host", std::make_shared<runtime::SimDriver>(engine_, clock_, "test")}}};
  Jobs jobs_;
  PlacementQueue waiting_;
  Events events_;
  std::vector<std::string> woken_;
  std::map<std::string, int> stages_, placements_;
  std::string placement_message_;
  PullManager pulls_{{.drivers = drivers_,
                      .clock = clock_,
                      .runner = jobs_,
                      .wake = [this](const queue::Key& key) { woken_.push_back(key.name); },
                      .changed = nullptr}};
  SessionReconciler reconciler_{{.client = client_,
                                 .drivers = drivers_,
                                 .clock = clock_,
                                 .random = random_,
                                 .log = log_,
                                 .events = events_,
                                 .pulls = pulls_,
                                 .waiting = waiting_,
                                 .stage = [this](const char* stage, Duration) { ++stages_[stage]; },
                                 .placement =
                                     [this](std::string_view result, std::string_view message) {
                                       ++placements_[std::string(result)];
                                       placement_message_ = message;
                                     }}};
};

TEST_F(ReconcilerTest, FromObjectToReadyWithoutWaitingAndInThreeWrites) {
  const auto version = store_.Version();
  Duration wait{};
  const int passes = PassUntilWaiting(&wait);
  EXPECT_EQ(Saying(Get().status, cond::kReady), "True/Ready");
  EXPECT_EQ(Get().status.phase, "Running");
  EXPECT_EQ(wait, seconds(10));
  EXPECT_LE(passes, 4);
  // Placed (with the secret), started, ready.
  EXPECT_EQ(store_.Version() - version, 4U);
  EXPECT_EQ(engine_.Containers().size(), 1U);
  EXPECT_EQ(events_.reasons, (std::vector<std::string>{"Scheduled", "Started", "Ready"}));
  EXPECT_EQ(stages_, (std::map<std::string, int>{
                         {"scheduled", 1}, {"started", 1}, {"ready", 1}, {"total", 1}}));
  EXPECT_EQ(placements_, (std::map<std::string, int>{{"scheduled", 1}}));
}

TEST_F(ReconcilerTest, EveryFruitlessSearchForANodeIsCounted) {
  auto node = client_.Get<v1alpha1::BrowserNode>("", "host");
  ASSERT_TRUE(node.has_value());
  node->status.hardware.ramMB = 64;
  ASSERT_TRUE(client_.WriteStatus({}, *node).has_value());
  PassUntilWaiting();
  EXPECT_EQ(Saying(Get().status, cond::kScheduled), "False/NoCapableNode");
  PassUntilWaiting();
  EXPECT_EQ(placements_, (std::map<std::string, int>{{"no_capable_node", 2}}));
  EXPECT_EQ(placement_message_, "0/1 nodes are available: 1 host below the 6144 MB floor.");
}

TEST_F(ReconcilerTest, IdlePassesWriteNothing) {
  PassUntilWaiting();
  const auto version = store_.Version();
  for (int i = 0; i < 20; ++i) {
    clock_.Advance(seconds(10));
    PassUntilWaiting();
  }
  EXPECT_EQ(store_.Version(), version);
}

TEST_F(ReconcilerTest, SecretsReachTheContainerAndNothingElse) {
  PassUntilWaiting();
  const auto session = Get();
  const auto secret = client_.Get<v1alpha1::Secret>("default", SecretName(session.metadata.uid));
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ(secret->metadata.ownerReferences.at(0).uid, session.metadata.uid);
  const auto plain = SecretsFrom(*secret);
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->api_token.size(), 22U);
  EXPECT_NE(plain->user_password, plain->admin_password);
  const auto env = engine_.Containers()[0].spec.env;
  EXPECT_TRUE(std::any_of(env.begin(), env.end(), [&](const auto& e) {
    return e.name == "NEKO_SESSION_API_TOKEN" && e.value == plain->api_token && e.secret;
  }));
  const auto& bytes = store_.Get({BrowserSession::kResource, "default", "s"})->bytes;
  for (const auto& value : {plain->user_password, plain->admin_password, plain->api_token}) {
    EXPECT_EQ(bytes.find(value), std::string::npos);
    EXPECT_EQ(events_.text.find(value), std::string::npos);
  }
}

TEST_F(ReconcilerTest, LostSecretIsMadeAgainForTheNextStart) {
  PassUntilWaiting();
  auto secret = *client_.Get<v1alpha1::Secret>("default", SecretName(Get().metadata.uid));
  ASSERT_TRUE(client_.Delete({}, secret).has_value());
  engine_.Kill(Get().metadata.uid);
  PassUntilWaiting();
  EXPECT_EQ(Saying(Get().status, cond::kReady), "True/Ready");
  EXPECT_TRUE(client_.Get<v1alpha1::Secret>("default", SecretName(Get().metadata.uid)).has_value());
}

TEST_F(ReconcilerTest, KilledContainerReturnsAtOnceWithPortsAndVolume) {
  PassUntilWaiting();
  const auto before = Get().status;
  engine_.Kill(Get().metadata.uid);
  PassUntilWaiting();
  const auto after = Get().status;
  EXPECT_EQ(Saying(after, cond::kReady), "True/Ready");
  EXPECT_EQ(after.ports, before.ports);
  EXPECT_EQ(after.volume, before.volume);
  EXPECT_EQ(after.instance->restarts, 1);
  EXPECT_NE(after.instance->id, before.instance->id);
}

TEST_F(ReconcilerTest, CrashLoopBacksOffAndKeepsTheDeadContainerForItsLogs) {
  PassUntilWaiting();
  engine_.Kill(Get().metadata.uid);
  PassUntilWaiting();
  engine_.Kill(Get().metadata.uid);
  Duration wait{};
  PassUntilWaiting(&wait);
  EXPECT_EQ(Saying(Get().status, cond::kStarted), "False/CrashLoopBackOff");
  EXPECT_EQ(Get().status.failures, 2);
  EXPECT_LE(wait, seconds(10));
  EXPECT_GT(wait, seconds(8));
  ASSERT_EQ(engine_.Containers().size(), 1U);
  EXPECT_EQ(engine_.Containers()[0].phase, Phase::kExited);
  clock_.Advance(seconds(10));
  PassUntilWaiting();
  EXPECT_EQ(Saying(Get().status, cond::kReady), "True/Ready");
}

TEST_F(ReconcilerTest, AfterARestartAClockSetBackMakesProbesNoMoreFrequent) {
  while (engine_.Containers().empty()) Pass();
  engine_.SetSick(Get().metadata.uid, true);
  PassUntilWaiting();
  clock_.JumpWall(-std::chrono::minutes(10));
  SessionReconciler restarted({.client = client_,
                               .drivers = drivers_,
                               .clock = clock_,
                               .random = random_,
                               .log = log_,
                               .events = events_,
                               .pulls = pulls_,
                               .waiting = waiting_});
  restarted.Reconcile({}, {"default", "s"});
  clock_.Advance(std::chrono::minutes(1));
  const auto outcome = restarted.Reconcile({}, {"default", "s"});
  const auto* again = std::get_if<manager::RequeueAfter>(&outcome);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->delay, Options().slowest_probe);
}

TEST_F(ReconcilerTest, StrangerOnThePortLeadsToAnotherPort) {
  engine_.OccupyPort("tcp", 8800);
  PassUntilWaiting();
  EXPECT_EQ(Saying(Get().status, cond::kReady), "True/Ready");
  EXPECT_EQ(Get().status.ports->http, 8801);
  EXPECT_EQ(engine_.Containers().size(), 1U);
  EXPECT_FALSE(store_.Claims()->Find(store::kClaimPortTcp, "host", "8800").has_value());
}

TEST_F(ReconcilerTest, SilentEngineLosesNothing) {
  PassUntilWaiting();
  engine_.SetDown(true);
  EXPECT_TRUE(std::holds_alternative<manager::Retry>(Pass()));
  EXPECT_TRUE(std::holds_alternative<manager::Retry>(Pass()));
  EXPECT_EQ(Saying(Get().status, cond::kReady), "Unknown/EngineUnavailable");
  engine_.SetDown(false);
  PassUntilWaiting();
  EXPECT_EQ(Saying(Get().status, cond::kReady), "True/Ready");
  EXPECT_EQ(Get().status.instance->restarts, 0);
}

TEST_F(ReconcilerTest, WhileOneWaitsForASilentEngineTheOthersDoNot) {
  BrowserSession other;
  other.metadata.namespace_ = "default";
  other.metadata.name = "t";
  ASSERT_TRUE(client_.Create({}, other).has_value());
  PassUntilWaiting();
  for (int i = 0; i < 5; ++i) std::ignore = reconciler_.Reconcile({}, {"default", "t"});
  const auto ready = [&](const char* name) {
    return Saying(client_.Get<BrowserSession>("default", name)->status, cond::kReady);
  };
  ASSERT_EQ(ready("t"), "True/Ready");
  int asked = 0;
  engine_.SetFaultPlan([&](runtime::SimCall, std::uint64_t, std::string_view) {
    if (++asked == 2) {  // while this one waits
      const auto outcome = reconciler_.Reconcile({}, {"default", "t"});
      EXPECT_TRUE(std::holds_alternative<manager::Retry>(outcome));
      EXPECT_EQ(asked, 2);
      EXPECT_EQ(ready("t"), "Unknown/EngineUnavailable");
    }
    clock_.Advance(seconds(10));
    return runtime::SimFault{runtime::SimFault::Kind::kRefuse,
                             MakeStatus(Code::kTimeout, "Timeout", "no answer in 10s")};
  });
  EXPECT_TRUE(std::holds_alternative<manager::Retry>(Pass()));
  EXPECT_EQ(ready("t"), "True/Ready");
  EXPECT_TRUE(std::holds_alternative<manager::Retry>(Pass()));
  EXPECT_EQ(asked, 2);
  engine_.SetFaultPlan(nullptr);
  PassUntilWaiting();
  EXPECT_EQ(ready("s"), "True/Ready");
}

TEST_F(ReconcilerTest, SuspendAndResumeKeepTheVolume) {
  PassUntilWaiting();
  const auto volume = Get().status.volume;
  SetMode(v1alpha1::OperatingMode::kSuspended);
  PassUntilWaiting();
  EXPECT_EQ(Saying(Get().status, cond::kSuspended), "True/Suspended");
  EXPECT_TRUE(engine_.Containers().empty());
  EXPECT_EQ(engine_.Volumes().size(), 1U);
  EXPECT_EQ(ClaimsOf(*store_.Claims(), Get().metadata.uid).size(), 1U);  // the profile

  SetMode(v1alpha1::OperatingMode::kRunning);
  PassUntilWaiting();
  EXPECT_EQ(Saying(Get().status, cond::kReady), "True/Ready");
  EXPECT_EQ(Get().status.volume, volume);
}

TEST_F(ReconcilerTest, MissingImageIsPulledBesideAndTheSessionWoken) {
  engine_.RemoveImage(testing::kStandIn);
  Duration wait{};
  PassUntilWaiting(&wait);
  EXPECT_EQ(Saying(Get().status, cond::kStarted), "False/PullingImage");
  EXPECT_EQ(wait, seconds(2));
  ASSERT_EQ(jobs_.jobs.size(), 1U);
  engine_.AddImage(testing::kStandIn);
  jobs_.jobs.front()({});
  EXPECT_EQ(woken_, std::vector<std::string>{"s"});
}

TEST_F(ReconcilerTest, DeletionLeavesNothing) {
  PassUntilWaiting();
  ASSERT_TRUE(client_.Delete({}, Get()).has_value());
  EXPECT_EQ(client_.Get<BrowserSession>("default", "s")->metadata.deleting(), true);
  PassUntilWaiting();
  EXPECT_TRUE(client_.Get<BrowserSession>("default", "s").is(Code::kNotFound));
  EXPECT_TRUE(engine_.Containers().empty());
  EXPECT_TRUE(engine_.Volumes().empty());
  EXPECT_TRUE(engine_.BoundPorts().empty());
  EXPECT_TRUE(client_.List<v1alpha1::Secret>().empty());
  int claims = 0;
  store_.Claims()->ForEach([&](const auto&) { ++claims; });
  EXPECT_EQ(claims, 0);
}

TEST_F(ReconcilerTest, DeletionWaitsForASilentEngineAndSaysSo) {
  PassUntilWaiting();
  engine_.SetDown(true);
  ASSERT_TRUE(client_.Delete({}, Get()).has_value());
  EXPECT_TRUE(std::holds_alternative<manager::Retry>(Pass()));
  EXPECT_EQ(Get().status.phase, "Terminating");
  EXPECT_EQ(Saying(Get().status, cond::kStarted), "Unknown/EngineUnavailable");
  EXPECT_FALSE(ClaimsOf(*store_.Claims(), Get().metadata.uid).empty());
  engine_.SetDown(false);
  PassUntilWaiting();
  EXPECT_TRUE(client_.Get<BrowserSession>("default", "s").is(Code::kNotFound));
  EXPECT_TRUE(engine_.Containers().empty());
}

TEST_F(ReconcilerTest, ForeignContainerUnderOurNameBlocksTheStartButNotTheDeletion) {
  engine_.AddForeignContainer(runtime::ContainerName(Get().metadata.uid));
  PassUntilWaiting();
  EXPECT_EQ(Saying(Get().status, cond::kStarted), "False/StartFailed");
  ASSERT_TRUE(client_.Delete({}, Get()).has_value());
  PassUntilWaiting();
  EXPECT_TRUE(client_.Get<BrowserSession>("default", "s").is(Code::kNotFound));
  EXPECT_EQ(engine_.Containers().size(), 1U);
}

}  // namespace
}  // namespace nekoplane::reconcilers::session
