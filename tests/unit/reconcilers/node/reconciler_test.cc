// The reconciler over a real registry, an in-memory store and simulated engines, one pass at a
// time.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "api/registry/registry.h"
#include "api/store/memory_store.h"
#include "api/v1alpha1/lease.h"
#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/static_driver_set.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/node/node_reconciler.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::node {
namespace {

namespace cond = v1alpha1::node;
using std::chrono::seconds;
using v1alpha1::BrowserNode;
using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;
using v1alpha1::Lease;

constexpr char kSystem[] = "nekoplane-system";
const char* const kNodes[] = {"attic", "host", "cellar"};

class NodeReconcilerTest : public ::testing::Test {
 protected:
  class Events final : public manager::EventRecorder {
   public:
    void Event(const v1alpha1::ObjectReference& object, manager::EventType, std::string_view reason,
               std::string_view) override {
      told.push_back(object.name + " " + std::string(reason));
    }

    std::vector<std::string> told;
  };

  void SetUp() override {
    ASSERT_TRUE(registry_.Bootstrap({}).has_value());
    runtime::StaticDriverSet::Map drivers;
    for (const char* name : kNodes) {
      BrowserNode node = testing::MakeNode(name);
      node.status = {};
      ASSERT_TRUE(client_.Create({}, node).has_value());
      auto engine = std::make_unique<runtime::SimEngine>(clock_, runtime::SimOptions{.node = name});
      drivers.emplace(name, std::make_shared<runtime::SimDriver>(*engine, clock_, "test"));
      engines_.emplace(name, std::move(engine));
    }
    drivers_ = std::make_unique<runtime::StaticDriverSet>(std::move(drivers));
    Restart();
  }

  void Restart() {
    Options options;
    options.installation = "ours";
    reconciler_ =
        std::make_unique<NodeReconciler>(Deps{client_, *drivers_, clock_, log_, events_}, options);
  }

  manager::Outcome Pass(const std::string& name) { return reconciler_->Reconcile({}, {"", name}); }

  // Looks at all of them every ten seconds.
  void LetPass(seconds time) {
    for (seconds done{0}; done < time; done += seconds(10)) {
      clock_.Advance(seconds(10));
      for (const char* name : kNodes) Pass(name);
    }
  }

  BrowserNode Node(const std::string& name) { return *client_.Get<BrowserNode>("", name); }

  std::string Says(const std::string& name, const char* type) {
    const auto node = Node(name);
    const auto* c = FindCondition(node.status.conditions, type);
    return c == nullptr ? "" : c->status + "/" + c->reason;
  }

  bool Gone(const std::string& name) {
    return client_.Get<BrowserNode>("", name).is(Code::kNotFound);
  }

  void DeleteNode(const std::string& name) {
    ASSERT_TRUE(client_.Delete({}, Node(name)).has_value());
  }

  // A session that is placed on a node, with or without room on it.
  BrowserSession Place(const std::string& name, const std::string& node, bool room) {
    BrowserSession session;
    session.metadata.namespace_ = "default";
    session.metadata.name = name;
    auto made = client_.Create({}, session);
    EXPECT_TRUE(made.has_value());
    made->status.nodeName = node;
    made->status.viewers = room ? 1 : 0;
    registry::With with;
    if (room) {
      with.claims = {Acquire(InstanceClaim(node, made->metadata.uid, {.memory_bytes = 1 << 20}))};
    }
    auto placed = client_.WriteStatus({}, *made, with);
    EXPECT_TRUE(placed.has_value());
    return *placed;
  }

  testing::FakeClock clock_;
  SeededRandom random_{1};
  NullLogger log_;
  store::MemoryStore store_{"test"};
  registry::Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  registry::Client client_{registry_, clock_, random_};
  std::map<std::string, std::unique_ptr<runtime::SimEngine>> engines_;
  std::unique_ptr<runtime::StaticDriverSet> drivers_;
  Events events_;
  std::unique_ptr<NodeReconciler> reconciler_;
};

TEST_F(NodeReconcilerTest, SilentNodeIsSuspectedThenLostThenBack) {
  LetPass(seconds(10));
  EXPECT_EQ(Says("attic", cond::kReady), "True/EngineReady");
  engines_["attic"]->SetDown(true);
  LetPass(seconds(10));
  EXPECT_EQ(Says("attic", cond::kReady), "Unknown/EngineUnavailable");
  LetPass(seconds(20));
  EXPECT_EQ(Says("attic", cond::kReady), "Unknown/EngineUnavailable");
  LetPass(seconds(10));
  EXPECT_EQ(Says("attic", cond::kReady), "False/NodeLost");
  EXPECT_EQ(Says("host", cond::kReady), "True/EngineReady");
  engines_["attic"]->SetDown(false);
  LetPass(seconds(10));
  EXPECT_EQ(Says("attic", cond::kReady), "True/EngineReady");
  EXPECT_EQ(events_.told, (std::vector<std::string>{"attic EngineUnavailable", "attic NodeLost",
                                                    "attic EngineReady"}));
}

TEST_F(NodeReconcilerTest, WhenTooManyAreSilentNoneIsLost) {
  LetPass(seconds(10));
  for (const char* name : {"attic", "cellar"}) engines_[name]->SetDown(true);
  LetPass(seconds(600));
  EXPECT_EQ(Says("attic", cond::kReady), "Unknown/TooManyNodesLost");
  EXPECT_EQ(Says("cellar", cond::kReady), "Unknown/TooManyNodesLost");
  engines_["cellar"]->SetDown(false);
  LetPass(seconds(10));
  EXPECT_NE(Says("attic", cond::kReady), "False/NodeLost") << "not at once";
  LetPass(seconds(50));
  EXPECT_EQ(Says("attic", cond::kReady), "False/NodeLost");
}

TEST_F(NodeReconcilerTest, TimeThatWeWereDownIsNoSilence) {
  LetPass(seconds(10));
  engines_["attic"]->SetDown(true);
  clock_.Advance(std::chrono::hours(8));
  Restart();
  LetPass(seconds(40));
  EXPECT_EQ(Says("attic", cond::kReady), "Unknown/EngineUnavailable");
  LetPass(seconds(10));
  EXPECT_EQ(Says("attic", cond::kReady), "False/NodeLost");
}

TEST_F(NodeReconcilerTest, LeaseIsRenewedAtMostEveryTwentySecondsAndNotBySilence) {
  Pass("attic");
  const auto lease = client_.Get<Lease>(kSystem, "nekoplane-node-attic");
  ASSERT_TRUE(lease.has_value());
  EXPECT_EQ(lease->spec.holderIdentity, "ours");
  EXPECT_EQ(lease->spec.leaseDurationSeconds, 40);
  EXPECT_EQ(lease->spec.renewTime, "2026-01-01T00:00:00.000000Z");
  EXPECT_EQ(lease->spec.acquireTime, lease->spec.renewTime);
  const auto renewed = [&] {
    return client_.Get<Lease>(kSystem, "nekoplane-node-attic")->spec.renewTime;
  };
  const auto version = store_.Version();
  clock_.Advance(seconds(10));
  Pass("attic");
  EXPECT_EQ(store_.Version(), version) << "a calm look writes nothing";
  clock_.Advance(seconds(10));
  Pass("attic");
  EXPECT_EQ(renewed(), "2026-01-01T00:00:20.000000Z");
  EXPECT_EQ(store_.Version(), version + 1) << "and a heartbeat is one write";
  engines_["attic"]->SetDown(true);
  clock_.Advance(seconds(60));
  Pass("attic");
  EXPECT_EQ(renewed(), "2026-01-01T00:00:20.000000Z");
}

TEST_F(NodeReconcilerTest, LeasesOfNodesThatWentWithoutUsAreStray) {
  LetPass(seconds(10));
  Lease other;
  other.metadata.namespace_ = "default";
  other.metadata.name = "nekoplane-node-attic";
  ASSERT_TRUE(client_.Create({}, other).has_value());
  DeleteNode("attic");
  ASSERT_TRUE(client_.RemoveFinalizer({}, Node("attic"), "nekoplane.dev/node").has_value());
  ASSERT_TRUE(RemoveStrayLeases({}, client_).has_value());
  EXPECT_TRUE(client_.Get<Lease>(kSystem, "nekoplane-node-attic").is(Code::kNotFound));
  EXPECT_TRUE(client_.Get<Lease>(kSystem, "nekoplane-node-host").has_value());
  EXPECT_TRUE(client_.Get<Lease>("default", "nekoplane-node-attic").has_value()) << "not ours";
}

TEST_F(NodeReconcilerTest, DrainShowsWhoIsLeftAndWhenItIsDone) {
  LetPass(seconds(10));
  const auto session = Place("s", "attic", true);
  Place("asleep", "attic", false);
  ASSERT_TRUE(
      client_.Patch<BrowserNode>({}, "", "attic", {{"spec", {{"drain", {{"policy", "Evict"}}}}}}));
  Pass("attic");
  EXPECT_EQ(Says("attic", cond::kDrained), "False/Draining");
  const auto node = Node("attic");
  const auto* drained = FindCondition(node.status.conditions, cond::kDrained);
  EXPECT_EQ(drained->message, "1 session left: default/s (watched); they are being stopped");
  ASSERT_TRUE(client_.ChangeClaims({}, {ReleaseOwner(session.metadata.uid)}).has_value());
  Pass("attic");
  EXPECT_EQ(Says("attic", cond::kDrained), "True/Drained");
  EXPECT_FALSE(Node("attic").status.drainStartedTime.empty());
}

TEST_F(NodeReconcilerTest, DeletionWaitsForSessionsContainersAndVolumes) {
  LetPass(seconds(10));
  auto session = Place("s", "attic", true);
  auto driver = drivers_->ForNode("attic");
  runtime::InstanceSpec spec;
  spec.session_uid = session.metadata.uid;
  spec.session_namespace = "default";
  spec.session_name = "s";
  spec.image = testing::kStandIn;
  spec.http_port = 8800;
  spec.media_port = 59000;
  spec.profile =
      runtime::VolumeMount{.volume = "nekoplane-session-x", .path = "/p", .profile_uid = ""};
  ASSERT_TRUE(driver->EnsureStarted({}, spec).has_value());

  DeleteNode("attic");
  const auto outcome = Pass("attic");
  EXPECT_EQ(std::get<manager::RequeueAfter>(outcome).delay, seconds(2));
  EXPECT_EQ(Says("attic", cond::kDrained), "False/DeletionHeld");
  ASSERT_TRUE(client_.ChangeClaims({}, {ReleaseOwner(session.metadata.uid)}).has_value());
  Pass("attic");
  ASSERT_FALSE(Gone("attic")) << "a session is placed on it, if without room";
  session.status.nodeName.clear();
  ASSERT_TRUE(client_.WriteStatus({}, session).has_value());
  Pass("attic");
  ASSERT_FALSE(Gone("attic")) << "its container is left";
  const auto node = Node("attic");
  const auto* held = FindCondition(node.status.conditions, cond::kDrained);
  EXPECT_NE(held->message.find("(of default/s)"), std::string::npos) << held->message;
  ASSERT_TRUE(driver->EnsureRemoved({}, session.metadata.uid, seconds(1)).has_value());
  Pass("attic");
  ASSERT_FALSE(Gone("attic")) << "its volume is left";
  ASSERT_TRUE(driver->EnsureVolumeRemoved({}, "nekoplane-session-x").has_value());
  Pass("attic");
  EXPECT_TRUE(Gone("attic"));
  EXPECT_TRUE(client_.Get<Lease>(kSystem, "nekoplane-node-attic").is(Code::kNotFound));
}

TEST_F(NodeReconcilerTest, DeletionOfASilentNodeWaitsAndForceEndsIt) {
  LetPass(seconds(10));
  engines_["attic"]->SetDown(true);
  DeleteNode("attic");
  LetPass(seconds(60));
  ASSERT_FALSE(Gone("attic"));
  EXPECT_EQ(Says("attic", cond::kDrained), "False/DeletionHeld");
  EXPECT_EQ(Says("attic", cond::kReady), "False/NodeLost");
  ASSERT_TRUE(client_.RemoveFinalizer({}, Node("attic"), "nekoplane.dev/node").has_value());
  ASSERT_TRUE(Gone("attic"));
  Pass("attic");
  EXPECT_TRUE(client_.Get<Lease>(kSystem, "nekoplane-node-attic").is(Code::kNotFound));
}

TEST_F(NodeReconcilerTest, NodeThatNeverAnsweredGoesAtOnce) {
  engines_["attic"]->SetDown(true);
  Pass("attic");
  DeleteNode("attic");
  Pass("attic");
  EXPECT_TRUE(Gone("attic"));
}

TEST_F(NodeReconcilerTest, RoomClaimedSinceTheLookKeepsADeletedNode) {
  LetPass(seconds(10));
  DeleteNode("attic");
  // Between the look and the last write, as a session that was being placed would.
  engines_["attic"]->SetFaultPlan([&](runtime::SimCall call, std::uint64_t, std::string_view) {
    if (call == runtime::SimCall::kList) {
      EXPECT_TRUE(client_.ChangeClaims({}, {Acquire(InstanceClaim("attic", "late", {}))}));
    }
    return runtime::SimFault{};
  });
  Pass("attic");
  ASSERT_FALSE(Gone("attic"));
  engines_["attic"]->SetFaultPlan({});
  Pass("attic");
  const auto node = Node("attic");
  const auto* held = FindCondition(node.status.conditions, cond::kDrained);
  EXPECT_NE(held->message.find("uid late"), std::string::npos) << held->message;
}

TEST_F(NodeReconcilerTest, StoppingSaysNothingAboutANode) {
  LetPass(seconds(10));
  std::stop_source stop;
  stop.request_stop();
  const auto version = store_.Version();
  reconciler_->Reconcile(Context(stop.get_token()), {"", "attic"});
  EXPECT_EQ(store_.Version(), version);
}

}  // namespace
}  // namespace nekoplane::reconcilers::node
