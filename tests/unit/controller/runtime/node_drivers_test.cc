#include "controller/runtime/node_drivers.h"

#include <gtest/gtest.h>

#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/sim/sim_engine.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::runtime {
namespace {

using v1alpha1::BrowserNode;
using Kind = DriverChange::Kind;

struct Difference {
  const char* name;
  void (*change)(BrowserNode& node, SecretData& secret);
  bool another_driver;
};

class NodeDriversTest : public ::testing::Test {
 protected:
  static BrowserNode Node(const std::string& name = "w") {
    auto node = testing::MakeNode(name);
    node.spec.docker = v1alpha1::DockerEndpoint{.endpoint = "tcp://w:2376",
                                                .tls = v1alpha1::NodeTls{.secretRef = {"keys"}}};
    return node;
  }

  testing::FakeClock clock_;
  SimEngine engine_{clock_};
  std::optional<Status> refuse_;
  int made_ = 0, wrapped_ = 0;
  NodeDrivers drivers_{
      {.docker = [this](const BrowserNode&,
                        const SecretData&) -> Result<std::shared_ptr<RuntimeDriver>> {
         if (refuse_) return *refuse_;
         ++made_;
         return std::shared_ptr<RuntimeDriver>(
             std::make_shared<SimDriver>(engine_, clock_, "mine"));
       },
       .taos_worker = nullptr},
      [this](const std::string& node, std::shared_ptr<RuntimeDriver> driver) {
        EXPECT_EQ(node, "w");
        ++wrapped_;
        return driver;
      }};
};

class NodeDriverInputsTest : public NodeDriversTest,
                             public ::testing::WithParamInterface<Difference> {};

TEST_P(NodeDriverInputsTest, OnlyWhatReachesTheMachineMakesAnotherDriver) {
  BrowserNode node = Node();
  SecretData secret{{"tls.crt", "c"}, {"tls.key", "k"}};
  EXPECT_EQ(drivers_.Update(node, secret).kind, Kind::kMade);
  const auto before = drivers_.ForNode("w");
  GetParam().change(node, secret);
  const auto change = drivers_.Update(node, secret);
  EXPECT_EQ(change.kind, GetParam().another_driver ? Kind::kMade : Kind::kNone);
  EXPECT_EQ(change.before, GetParam().another_driver ? before : nullptr);
  EXPECT_EQ(change.now, drivers_.ForNode("w"));
  EXPECT_EQ(drivers_.ForNode("w") != before, GetParam().another_driver);
  EXPECT_EQ(made_, GetParam().another_driver ? 2 : 1);
  EXPECT_EQ(wrapped_, made_);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, NodeDriverInputsTest,
    ::testing::Values(
        Difference{"Nothing", [](BrowserNode&, SecretData&) {}, false},
        Difference{"Status", [](BrowserNode& n, SecretData&) { n.status.sessions = 9; }, false},
        Difference{"Cordon",
                   [](BrowserNode& n, SecretData&) {
                     n.spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
                     n.metadata.generation = 2;
                   },
                   false},
        Difference{"MadeAnew", [](BrowserNode& n, SecretData&) { n.metadata.uid = "u2"; }, true},
        Difference{"Endpoint",
                   [](BrowserNode& n, SecretData&) { n.spec.docker->endpoint = "tcp://v:2376"; },
                   true},
        Difference{"Address", [](BrowserNode& n, SecretData&) { n.spec.address = "192.0.2.9"; },
                   true},
        Difference{"SecretName",
                   [](BrowserNode& n, SecretData&) { n.spec.docker->tls->secretRef.name = "x"; },
                   true},
        Difference{"SecretData", [](BrowserNode&, SecretData& s) { s["tls.key"] = "l"; }, true},
        Difference{"NoTls",
                   [](BrowserNode& n, SecretData& s) {
                     n.spec.docker->tls.reset();
                     s.clear();
                   },
                   true}),
    [](const auto& row) { return row.param.name; });

TEST_F(NodeDriversTest, WhatCannotBeMadeIsUnavailableAndIsTriedAgain) {
  refuse_ = MakeStatus(Code::kInvalid, "CertificateExpired", "it expired");
  auto change = drivers_.Update(Node(), SecretData{});
  EXPECT_EQ(change.kind, Kind::kFailed);
  EXPECT_EQ(change.why.reason, "CertificateExpired");
  EXPECT_EQ(drivers_.Nodes(), std::vector<std::string>{"w"});
  const auto driver = drivers_.ForNode("w");
  const Context ctx;
  // Nothing may be taken for gone.
  const Status all[] = {driver->Facts(ctx).error(),
                        driver->EnsureStarted(ctx, {}).error(),
                        driver->Inspect(ctx, "u").error(),
                        driver->EnsureStopped(ctx, "u", {}).error(),
                        driver->EnsureRemoved(ctx, "u", {}).error(),
                        driver->List(ctx).error(),
                        driver->ListVolumes(ctx).error(),
                        driver->EnsureVolumeRemoved(ctx, "v").error(),
                        driver->ProbeHealth(ctx, {}).error(),
                        driver->ImageId(ctx, "i").error(),
                        driver->PullImage(ctx, "i", nullptr).error(),
                        driver->Logs(ctx, "u", 1).error()};
  for (const Status& status : all) {
    EXPECT_EQ(status.ToString(), "Unavailable/CertificateExpired: it expired");
  }
  EXPECT_NE(driver->Watch([](const Hint&) { FAIL() << "it hears nothing"; }), nullptr);

  EXPECT_EQ(drivers_.Update(Node(), SecretData{}).kind, Kind::kNone) << "the same reason";
  refuse_->message = "another";
  EXPECT_EQ(drivers_.Update(Node(), SecretData{}).kind, Kind::kFailed);
  refuse_.reset();
  EXPECT_EQ(drivers_.Update(Node(), SecretData{}).kind, Kind::kMade);
  EXPECT_TRUE(drivers_.ForNode("w")->Facts(ctx));
}

TEST_F(NodeDriversTest, WithoutItsSecretAWorkingDriverIsNotTrusted) {
  drivers_.Update(Node(), SecretData{{"tls.key", "k"}});
  const auto gone = drivers_.Update(
      Node(), MakeStatus(Code::kUnavailable, "SecretNotFound", "there is no Secret"));
  EXPECT_EQ(gone.kind, Kind::kFailed);
  EXPECT_EQ(drivers_.ForNode("w")->Facts({}).error().reason, "SecretNotFound");
  EXPECT_EQ(drivers_.Update(Node(), SecretData{{"tls.key", "k"}}).kind, Kind::kMade);
}

TEST_F(NodeDriversTest, AKindThatNobodyDrivesIsUnavailable) {
  BrowserNode node = Node();
  node.spec.docker.reset();
  node.spec.taosWorker = v1alpha1::TaosWorkerEndpoint{.url = "http://w:1", .tokenSecretRef = {}};
  EXPECT_EQ(drivers_.Update(node, SecretData{}).why.reason, "KindNotSupported");
}

TEST_F(NodeDriversTest, AGoneNodeHasNoDriver) {
  EXPECT_EQ(drivers_.ForNode("w"), nullptr);
  EXPECT_EQ(drivers_.Remove("w").kind, Kind::kNone);
  drivers_.Update(Node(), SecretData{});
  const auto held = drivers_.ForNode("w");
  const auto change = drivers_.Remove("w");
  EXPECT_EQ(change.kind, Kind::kGone);
  EXPECT_EQ(change.before, held);
  EXPECT_EQ(change.now, nullptr);
  EXPECT_TRUE(drivers_.Nodes().empty());
  EXPECT_TRUE(held->Facts({})) << "a call that is under way";
}

TEST(SecretOfNodeTest, IsWhateverTheEndpointNames) {
  auto node = testing::MakeNode("w");
  EXPECT_EQ(SecretOfNode(node), "");
  node.spec.docker->tls = v1alpha1::NodeTls{.secretRef = {"keys"}};
  EXPECT_EQ(SecretOfNode(node), "keys");
  node.spec.docker.reset();
  node.spec.taosWorker = v1alpha1::TaosWorkerEndpoint{
      .url = "http://w", .tokenSecretRef = v1alpha1::LocalRef{"token"}};
  EXPECT_EQ(SecretOfNode(node), "token");
}

}  // namespace
}  // namespace nekoplane::runtime
