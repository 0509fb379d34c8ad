// What changes where a node's driver cannot do everything: ports that the machine chooses, no
// files, no volumes, starts that take long.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/reconcilers/session/fixture.h"

namespace nekoplane::reconcilers::session {
namespace {

constexpr runtime::Capabilities kWorker{.list = false,
                                        .files = false,
                                        .volumes = false,
                                        .events = false,
                                        .images = false,
                                        .ports = false,
                                        .inspect = false,
                                        .logs = false};

Inputs FreshOnWorker() {
  Inputs in = Fresh();
  in.capabilities["host"] = kWorker;
  return in;
}

Inputs PlacedOnWorker() {
  Inputs in = FreshOnWorker();
  in.session.status = Decide(in).status;
  in.nodes = NodeSet();
  in.node = testing::MakeNode();
  in.ledger = testing::MakeLedger(
      {InstanceClaim("host", kUid, {.memory_bytes = 1536 << 20, .milli_cpu = 1000, .gpus = 0}),
       ProfileClaim(runtime::PrivateVolumeName(kUid), kUid)});
  in.secrets = Secrets{"user", "admin", "token"};
  Gone(in);
  return in;
}

runtime::Observed Answer(const Inputs& in) {
  runtime::Observed seen;
  seen.id = "taos://host/c0ffee";
  seen.session_uid = kUid;
  seen.phase = Phase::kRunning;
  seen.spec_hash = SpecHash(in);
  seen.image = "its-own:latest";
  seen.http_port = 8807;
  seen.media_port = 59070;
  seen.user_password = "its-own";
  return seen;
}

TEST(CapabilitiesTest, MachineThatChoosesPortsGetsNoPortClaims) {
  const Plan plan = Decide(FreshOnWorker());
  EXPECT_EQ(plan.status.nodeName, "host");
  EXPECT_EQ(plan.status.ports, v1alpha1::SessionPorts{});
  EXPECT_TRUE(std::none_of(plan.claims.begin(), plan.claims.end(), [](const auto& change) {
    return change.claim.kind == store::kClaimPortTcp || change.claim.kind == store::kClaimPortUdp;
  }));
  // And none are missed later.
  const Inputs placed = PlacedOnWorker();
  EXPECT_TRUE(Decide(placed).claims.empty());
  EXPECT_EQ(Decide(placed).action, Action::kStart);
}

TEST(CapabilitiesTest, PortsOfTheAnswerAreOnRecordAndMakeNoNewSpec) {
  Inputs in = PlacedOnWorker();
  const Plan plan = Decide(in);
  const auto record = AfterStart(in, plan, Answer(in));
  EXPECT_EQ(record.status.ports, (v1alpha1::SessionPorts{.http = 8807, .media = 59070}));
  EXPECT_EQ(record.status.endpoints->neko, "http://192.0.2.10:8807/");
  EXPECT_EQ(record.status.instance->image, "its-own:latest");
  in.session.status = record.status;
  in.observation = {.kind = Observation::Kind::kFound, .instance = Answer(in)};
  in.probe = {.kind = Probe::Kind::kAnswered};
  const Plan after = Decide(in);
  EXPECT_EQ(after.action, Action::kNone);
  EXPECT_TRUE(after.claims.empty());
  EXPECT_EQ(Saying(after.status, cond::kReady), "True/Ready");
}

TEST(CapabilitiesTest, StartThatTakesLongIsAskedForAgain) {
  Inputs in = PlacedOnWorker();
  const Plan plan = Decide(in);
  const auto record =
      AfterStart(in, plan, MakeStatus(Code::kUnavailable, runtime::kReasonStillStarting, "at it"));
  EXPECT_EQ(Saying(record.status, cond::kStarted), "False/Starting");
  EXPECT_FALSE(record.retry);
  EXPECT_EQ(record.look_again, in.options.pull_look);
  EXPECT_EQ(record.status.failures, 0);

  in.session.status = record.status;
  Found(in, Phase::kStarting, "");
  in.observation.instance.spec_hash.clear();
  EXPECT_EQ(Decide(in).action, Action::kStart);
  // Also after a failure whose back-off is not over, and of another spec: it must not be cut off.
  in.session.status.instance =
      v1alpha1::SessionInstance{.id = "taos://host/old", .specHash = "old"};
  in.session.status.failures = 1;
  in.session.status.nextAttemptTime = FormatTime(in.now + minutes(1));
  EXPECT_EQ(Decide(in).action, Action::kStart);
}

TEST(CapabilitiesTest, DeletionWaitsForAStartAndSaysSo) {
  Inputs in = PlacedOnWorker();
  in.session.metadata.deletionTimestamp = FormatTime(in.now);
  Found(in, Phase::kStarting, "");
  const Plan plan = Decide(in);
  EXPECT_EQ(plan.action, Action::kRemove);
  const auto why = MakeStatus(Code::kUnavailable, runtime::kReasonStillStarting, "at it");
  const auto record = AfterFailedRemoval(in, plan, why);
  EXPECT_NE(Saying(record.status, cond::kStarted), "Unknown/EngineUnavailable");
  EXPECT_TRUE(record.retry);
}

TEST(CapabilitiesTest, VolumeThatCannotBeRemovedDoesNotKeepTheSession) {
  Inputs in = PlacedOnWorker();
  in.session.metadata.deletionTimestamp = FormatTime(in.now);
  in.ledger = testing::MakeLedger({ProfileClaim(runtime::PrivateVolumeName(kUid), kUid)});
  EXPECT_EQ(Decide(in).action, Action::kFinish);
  in.capabilities.clear();
  EXPECT_EQ(Decide(in).action, Action::kRemoveVolume);
}

TEST(CapabilitiesTest, StartPageThatCannotBePlacedIsTold) {
  Inputs in = PlacedOnWorker();
  in.session.spec.url = "https://example.org";
  in.browser_class->spec.browser = "chromium";
  const Plan plan = Decide(in);
  EXPECT_TRUE(plan.spec.files.empty());
  const auto told = [](const Record& record) {
    return std::any_of(record.events.begin(), record.events.end(),
                       [](const auto& e) { return e.reason == "StartPageNotPlaced"; });
  };
  EXPECT_TRUE(told(AfterStart(in, plan, Answer(in))));
  in.capabilities.clear();
  EXPECT_FALSE(Decide(in).spec.files.empty());
  EXPECT_FALSE(told(AfterStart(in, plan, Answer(in))));
}

TEST(CapabilitiesTest, DeviceIsTold) {
  Inputs in = PlacedOnWorker();
  EXPECT_FALSE(Decide(in).spec.mobile);
  in.session.spec.device = v1alpha1::Device::kMobile;
  EXPECT_TRUE(Decide(in).spec.mobile);
}

}  // namespace
}  // namespace nekoplane::reconcilers::session
