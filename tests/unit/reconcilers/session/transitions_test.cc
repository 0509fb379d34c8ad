// What goes with a decision: claims, guards, counters, and what the result of a start leads to.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/reconcilers/session/fixture.h"

namespace nekoplane::reconcilers::session {
namespace {

using Op = store::ClaimChange::Op;

std::vector<std::string> Describe(const std::vector<store::ClaimChange>& changes) {
  std::vector<std::string> out;
  for (const auto& c : changes) {
    const std::string what = c.claim.kind + " " + c.claim.scope + "/" + c.claim.item;
    out.push_back(c.op == Op::kAcquire   ? "+" + what
                  : c.op == Op::kRelease ? "-" + what
                                         : "-all of " + c.claim.owner);
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(SessionPlacementTest, OneTransactionTakesEverything) {
  const Plan plan = Decide(Fresh());
  EXPECT_EQ(
      Describe(plan.claims),
      (std::vector<std::string>{"+instance host/u1", "+port-tcp host/59000", "+port-tcp host/8800",
                                "+port-udp host/59000", "+profile /nekoplane-session-u1"}));
  ASSERT_EQ(plan.guards.size(), 1U);
  EXPECT_EQ(plan.guards[0].scope, "host");
  EXPECT_EQ(plan.guards[0].scope_version, 7U);
  EXPECT_TRUE(plan.with_secret);
  EXPECT_EQ(plan.status.nodeName, "host");
  EXPECT_EQ(plan.status.ports, (v1alpha1::SessionPorts{.http = 8800, .media = 59000}));
  EXPECT_EQ(plan.status.volume, "nekoplane-session-u1");
  for (const auto& change : plan.claims) EXPECT_EQ(change.claim.owner, kUid);
}

TEST(SessionPlacementTest, AllSixConditionsAreThereFromTheFirstWrite) {
  for (const bool room : {true, false}) {
    Inputs in = Fresh();
    if (!room) in.nodes = NodeSet();
    const Plan plan = Decide(in);
    std::vector<std::string> types;
    for (const auto& c : plan.status.conditions) {
      types.push_back(c.type);
      EXPECT_EQ(c.observedGeneration, 1);
      EXPECT_FALSE(c.reason.empty());
      EXPECT_FALSE(c.lastTransitionTime.empty());
    }
    EXPECT_EQ(types, (std::vector<std::string>{"Scheduled", "ProfileBound", "Started", "Ready",
                                               "Healthy", "Suspended"}));
  }
}

TEST(SessionPlacementTest, SuspendedSessionReturnsToTheNodeOfItsProfile) {
  Inputs in = Running();
  in.session.spec.operatingMode = v1alpha1::OperatingMode::kSuspended;
  Gone(in);
  in.session.status = Decide(in).status;
  EXPECT_EQ(in.session.status.nodeName, "host");
  EXPECT_EQ(in.session.status.volume, "nekoplane-session-u1");
  EXPECT_FALSE(in.session.status.ports.has_value());
  EXPECT_FALSE(in.session.status.instance.has_value());

  in.session.spec.operatingMode = v1alpha1::OperatingMode::kRunning;
  in.ledger = testing::MakeLedger({ProfileClaim("nekoplane-session-u1", kUid)});
  in.nodes = NodeSet()
                 .With(testing::MakeNode("another"), *in.ledger)
                 .With(testing::MakeNode(), *in.ledger);
  EXPECT_EQ(Decide(in).status.nodeName, "host");
}

TEST(SuspendTest, RoomIsReleasedAndTheProfileKept) {
  Inputs in = Running();
  in.session.spec.operatingMode = v1alpha1::OperatingMode::kSuspended;
  Gone(in);
  EXPECT_EQ(Describe(Decide(in).claims),
            (std::vector<std::string>{"-instance host/u1", "-port-tcp host/59000",
                                      "-port-tcp host/8800", "-port-udp host/59000"}));
}

TEST(PortsTest, RefusedPairIsReplacedInOneTransaction) {
  Inputs in = PlacedOnHost();
  in.refused_ports["host"] = {8800, 59000};
  const Plan plan = Decide(in);
  EXPECT_EQ(Describe(plan.claims),
            (std::vector<std::string>{"+port-tcp host/59001", "+port-tcp host/8801",
                                      "+port-udp host/59001", "-port-tcp host/59000",
                                      "-port-tcp host/8800", "-port-udp host/59000"}));
  EXPECT_EQ(plan.status.ports, (v1alpha1::SessionPorts{.http = 8801, .media = 59001}));
}

TEST(RestartTest, KeepsPortsAndVolumeAndCounts) {
  Inputs in = Failed(1);
  const auto before = in.session.status;
  EXPECT_EQ(before.failures, 1);
  EXPECT_EQ(before.instance->restarts, 0);
  EXPECT_FALSE(before.nextAttemptTime.empty());
  Gone(in);
  const Plan plan = Decide(in);
  ASSERT_EQ(plan.action, Action::kStart);
  EXPECT_EQ(plan.spec.http_port, 8800);
  EXPECT_EQ(plan.spec.media_port, 59000);
  EXPECT_EQ(plan.spec.profile->volume, before.volume);

  runtime::Observed fresh;
  fresh.id = "sim://host/2";
  const Record record = AfterStart(in, plan, fresh);
  EXPECT_EQ(record.status.instance->restarts, 1);
  EXPECT_EQ(record.status.instance->id, "sim://host/2");
  EXPECT_EQ(record.status.nextAttemptTime, "");
  EXPECT_EQ(record.status.failures, 1);  // forgotten only after a stable run
  EXPECT_EQ(record.status.ports, before.ports);
}

TEST(RestartTest, RecreationForANewSpecIsNotCounted) {
  Inputs in = Running();
  in.session.spec.screen = "800x600@30";
  in.secrets = Secrets{"user", "admin", "token"};
  Gone(in);
  runtime::Observed fresh;
  fresh.id = "sim://host/2";
  EXPECT_EQ(AfterStart(in, Decide(in), fresh).status.instance->restarts, 0);
}

struct StartRow {
  const char* name;
  Status why;
  const char* started;
  std::optional<Duration> look_again;
  bool retries, refuses, pulls;
  std::int64_t failures;
};

class AfterStartTest : public ::testing::TestWithParam<StartRow> {};

TEST_P(AfterStartTest, Row) {
  const Inputs in = PlacedOnHost();
  const Plan plan = Decide(in);
  const auto& want = GetParam();
  const Record record = AfterStart(in, plan, want.why);
  EXPECT_EQ(Saying(record.status, cond::kStarted), want.started);
  EXPECT_EQ(record.retry.has_value(), want.retries);
  if (want.look_again) {
    EXPECT_EQ(record.look_again, want.look_again);
  }
  EXPECT_EQ(record.refuse_ports, want.refuses);
  EXPECT_EQ(record.pull_image, want.pulls);
  EXPECT_EQ(record.status.failures, want.failures);
  EXPECT_EQ(record.status.nextAttemptTime.empty(), want.failures == 0);
  EXPECT_FALSE(record.status.instance.has_value());
}

INSTANTIATE_TEST_SUITE_P(
    Cases, AfterStartTest,
    ::testing::Values(
        StartRow{"ImageMissingIsPulled", MakeStatus(Code::kNotFound, "ImageNotFound", "no image"),
                 "False/PullingImage", seconds(2), false, false, true, 0},
        StartRow{"PortInUseIsRemembered", MakeStatus(Code::kConflict, "PortInUse", "taken"),
                 "False/Starting", Duration::zero(), false, true, false, 0},
        StartRow{"OtherHashIsLookedAtAgain",
                 MakeStatus(Code::kConflict, "SpecHashDiffers", "another"), "False/Starting",
                 Duration::zero(), false, false, false, 0},
        StartRow{"NoAnswerIsUnknown", MakeStatus(Code::kTimeout, "Timeout", "late"),
                 "Unknown/EngineUnavailable", std::nullopt, true, false, false, 0},
        StartRow{"BadOptionBacksOff", MakeStatus(Code::kInvalid, "BadDevice", "no such device"),
                 "False/StartFailed", seconds(10), false, false, false, 1},
        StartRow{"FullDiskBacksOff",
                 MakeStatus(Code::kInsufficientCapacity, "DiskFull", "no space left"),
                 "False/StartFailed", seconds(10), false, false, false, 1},
        StartRow{"ForeignContainerBacksOff",
                 MakeStatus(Code::kAlreadyExists, "ForeignObject", "not ours"), "False/StartFailed",
                 seconds(10), false, false, false, 1}),
    [](const auto& row) { return row.param.name; });

TEST(AfterStartTest, SuccessIsRecordedWithTheAddressToOpen) {
  const Inputs in = PlacedOnHost();
  const Plan plan = Decide(in);
  runtime::Observed instance;
  instance.id = "sim://host/1";
  instance.image = "sha256:abc";
  const Record record = AfterStart(in, plan, instance);
  EXPECT_EQ(Saying(record.status, cond::kStarted), "True/Started");
  EXPECT_EQ(record.status.instance->id, "sim://host/1");
  EXPECT_EQ(record.status.instance->image, "sha256:abc");
  EXPECT_EQ(record.status.instance->specHash, plan.spec.spec_hash);
  EXPECT_EQ(record.status.instance->startedAt, "2026-01-01T00:00:00Z");
  EXPECT_EQ(record.status.endpoints->neko, "http://192.0.2.10:8800/");
  EXPECT_EQ(record.look_again, Duration::zero());
}

TEST(AfterFailedRemovalTest, UnknownOutcomeClaimsNothing) {
  Inputs in = Running();
  in.session.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  const Plan plan = Decide(in);
  const Record record =
      AfterFailedRemoval(in, plan, MakeStatus(Code::kUnavailable, "Down", "no answer"));
  EXPECT_EQ(Saying(record.status, cond::kStarted), "Unknown/EngineUnavailable");
  EXPECT_EQ(Saying(record.status, cond::kReady), "False/Terminating");
  EXPECT_TRUE(record.retry.has_value());
}

// Or each try would write twice: that it tries, and that it failed.
TEST(AfterFailedRemovalTest, TheNextTryWritesNothing) {
  Inputs in = Running();
  in.session.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  const Status refused = MakeStatus(Code::kConflict, "VolumeInUse", "volume is in use");
  in.session.status = Decide(in).status;
  const Record record = AfterFailedRemoval(in, Decide(in), refused);
  EXPECT_EQ(Saying(record.status, cond::kStarted), "False/Terminating");
  in.session.status = record.status;
  const Plan again = Decide(in);
  EXPECT_EQ(again.action, Action::kRemove);
  EXPECT_EQ(again.status, in.session.status);
  EXPECT_EQ(AfterFailedRemoval(in, again, refused).status, in.session.status);
}

}  // namespace
}  // namespace nekoplane::reconcilers::session
