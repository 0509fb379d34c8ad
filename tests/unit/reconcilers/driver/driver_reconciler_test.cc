// The drivers of nodes, followed through a real registry.
#include "reconcilers/driver/driver_reconciler.h"

#include <gtest/gtest.h>

#include "api/registry/base64.h"
#include "api/registry/namespaces.h"
#include "api/store/memory_store.h"
#include "api/v1alpha1/node_finalizer.h"
#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/sim/sim_engine.h"
#include "reconcilers/driver/driver_triggers.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::driver {
namespace {

using v1alpha1::BrowserNode;
using v1alpha1::Secret;

class Recorder final : public manager::EventRecorder {
 public:
  void Event(const v1alpha1::ObjectReference& about, manager::EventType type,
             std::string_view reason, std::string_view message) override {
    EXPECT_EQ(type, manager::EventType::kWarning);
    told.push_back(about.name + " " + std::string(reason) + ": " + std::string(message));
  }

  std::vector<std::string> told;
};

class DriverReconcilerTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(registry_.Bootstrap({}).has_value()); }

  BrowserNode WithTls(const std::string& name, const std::string& secret) {
    BrowserNode node;
    node.metadata.name = name;
    node.spec.docker = v1alpha1::DockerEndpoint{.endpoint = "tcp://192.0.2.7:2376",
                                                .tls = v1alpha1::NodeTls{.secretRef = {secret}}};
    node.spec.address = "192.0.2.7";
    return node;
  }

  Secret MakeSecret(const std::string& name, const std::string& value) {
    Secret secret;
    secret.metadata.name = name;
    secret.metadata.namespace_ = registry::kSystemNamespace;
    secret.data["tls.crt"] = registry::Base64Encode(value);
    return secret;
  }

  manager::Outcome Look(const std::string& node) { return reconciler_.Reconcile({}, {"", node}); }

  Status FactsError(const std::string& node) {
    const auto driver = drivers_.ForNode(node);
    if (driver == nullptr) return MakeStatus(Code::kNotFound, "NoDriver", "");
    const auto facts = driver->Facts({});
    return facts ? MakeStatus(Code::kInternal, "", "") : facts.error();
  }

  testing::FakeClock clock_;
  SeededRandom random_{1};
  NullLogger log_;
  store::MemoryStore store_{"mine"};
  registry::Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  registry::Client client_{registry_, clock_, random_};
  runtime::SimEngine engine_{clock_};
  std::vector<std::string> seen_;  // by the factory
  runtime::NodeDrivers drivers_{
      {.docker = [this](const BrowserNode&, const runtime::SecretData& secret)
           -> Result<std::shared_ptr<runtime::RuntimeDriver>> {
         seen_.push_back(secret.contains("tls.crt") ? secret.at("tls.crt") : "");
         return std::shared_ptr<runtime::RuntimeDriver>(
             std::make_shared<runtime::SimDriver>(engine_, clock_, "mine"));
       },
       .taos_worker = nullptr},
      nullptr};
  Recorder events_;
  std::vector<std::pair<std::string, bool>> changed_;
  bool open_ = false;
  DriverReconciler reconciler_{
      {.client = client_,
       .drivers = drivers_,
       .log = log_,
       .events = events_,
       .changed =
           [this](const std::string& node, const auto& driver) {
             changed_.emplace_back(node, driver != nullptr);
             // Whoever is told finds the same in the set.
             EXPECT_EQ(drivers_.ForNode(node), driver);
           },
       .open_to_the_network = [this](const BrowserNode&) { return open_; }}};
};

TEST_F(DriverReconcilerTest, FollowsTheNodeFromItsFirstDayToItsLast) {
  ASSERT_TRUE(client_.Create({}, MakeSecret("keys", "one")));
  ASSERT_TRUE(client_.Create({}, WithTls("w", "keys")));
  const auto outcome = Look("w");
  ASSERT_TRUE(std::holds_alternative<manager::RequeueAfter>(outcome));
  EXPECT_EQ(std::get<manager::RequeueAfter>(outcome).delay, std::chrono::minutes(1));
  EXPECT_EQ(seen_, std::vector<std::string>{"one"});
  EXPECT_TRUE(drivers_.ForNode("w")->Facts({}));

  Look("w");
  Look("w");
  EXPECT_EQ(changed_.size(), 1U) << "nothing changed";

  ASSERT_TRUE(client_.Delete({}, *client_.Get<BrowserNode>("", "w")));
  Look("w");
  EXPECT_EQ(changed_.size(), 1U) << "it is needed until the node is gone";
  ASSERT_TRUE(
      client_.RemoveFinalizer({}, *client_.Get<BrowserNode>("", "w"), v1alpha1::kNodeFinalizer));
  EXPECT_TRUE(std::holds_alternative<manager::Done>(Look("w")));
  EXPECT_EQ(drivers_.ForNode("w"), nullptr);
  Look("w");
  EXPECT_EQ(changed_, (std::vector<std::pair<std::string, bool>>{{"w", true}, {"w", false}}));
  EXPECT_TRUE(events_.told.empty());
}

TEST_F(DriverReconcilerTest, AChangedSecretMakesANewDriverAndTheOldOneServesItsLastCalls) {
  ASSERT_TRUE(client_.Create({}, MakeSecret("keys", "one")));
  ASSERT_TRUE(client_.Create({}, WithTls("w", "keys")));
  Look("w");
  const auto held = drivers_.ForNode("w");
  auto renewed = *client_.Get<Secret>(registry::kSystemNamespace, "keys");
  ASSERT_TRUE(client_.Delete({}, renewed));
  ASSERT_TRUE(client_.Create({}, MakeSecret("keys", "two")));
  Look("w");
  EXPECT_EQ(seen_, (std::vector<std::string>{"one", "two"}));
  EXPECT_NE(drivers_.ForNode("w"), held);
  EXPECT_TRUE(held->Facts({})) << "a call that is under way";
}

TEST_F(DriverReconcilerTest, AMissingSecretIsToldOnceAndHealsByItself) {
  ASSERT_TRUE(client_.Create({}, WithTls("w", "keys")));
  Look("w");
  Look("w");
  EXPECT_EQ(FactsError("w").code, Code::kUnavailable);
  EXPECT_EQ(FactsError("w").reason, "SecretNotFound");
  ASSERT_EQ(events_.told.size(), 1U);
  EXPECT_EQ(events_.told[0], "w SecretNotFound: there is no Secret nekoplane-system/keys");
  EXPECT_EQ(changed_.size(), 1U);

  Secret broken = MakeSecret("keys", "x");
  broken.data["tls.key"] = "no base64!";
  // The registry refuses such data; what is stored by other means must not be believed either.
  if (client_.Create({}, broken)) {
    Look("w");
    EXPECT_EQ(FactsError("w").reason, "SecretInvalid");
    ASSERT_TRUE(client_.Delete({}, *client_.Get<Secret>(registry::kSystemNamespace, "keys")));
  }
  ASSERT_TRUE(client_.Create({}, MakeSecret("keys", "one")));
  Look("w");
  EXPECT_TRUE(drivers_.ForNode("w")->Facts({}));
}

TEST_F(DriverReconcilerTest, AnEngineThatIsOpenToItsNetworkIsUsedWithAWarning) {
  open_ = true;
  BrowserNode node = WithTls("w", "");
  node.spec.docker->tls.reset();
  ASSERT_TRUE(client_.Create({}, node));
  Look("w");
  Look("w");
  EXPECT_TRUE(drivers_.ForNode("w")->Facts({}));
  ASSERT_EQ(events_.told.size(), 1U);
  EXPECT_EQ(events_.told[0].substr(0, 23), "w EngineOpenToNetwork: ");
}

TEST(DriverTriggersTest, OnlyNodesThatNameTheSecretAreLookedAt) {
  const auto node = [](const std::string& name, const std::string& secret) {
    auto made = testing::MakeNode(name);
    if (!secret.empty()) made.spec.docker->tls = v1alpha1::NodeTls{.secretRef = {secret}};
    return std::make_shared<const BrowserNode>(made);
  };
  const auto a = node("a", "keys"), b = node("b", "others"), c = node("c", "");
  std::vector<std::string> looked;
  const DriverTriggers triggers([&](const queue::Key& key) { looked.push_back(key.name); },
                                [&] {
                                  return DriverTriggers::Nodes{a, b, c};
                                });
  triggers.OnSecret("nekoplane-system", "keys");
  triggers.OnSecret("default", "others");
  EXPECT_EQ(std::exchange(looked, {}), std::vector<std::string>{"a"});

  auto status_only = *a;
  status_only.status.sessions = 4;
  triggers.OnNode({.before = a, .after = std::make_shared<const BrowserNode>(status_only)});
  EXPECT_TRUE(looked.empty());
  auto edited = *a;
  edited.metadata.generation = 2;
  triggers.OnNode({.before = a, .after = std::make_shared<const BrowserNode>(edited)});
  triggers.OnNode({.before = nullptr, .after = b});
  triggers.OnNode({.before = c, .after = nullptr});
  EXPECT_EQ(looked, (std::vector<std::string>{"a", "b", "c"}));
}

}  // namespace
}  // namespace nekoplane::reconcilers::driver
