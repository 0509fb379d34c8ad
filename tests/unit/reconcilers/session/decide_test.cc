// Every decision of a session's life as a row: a state of the world, and what follows from it.
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/reconcilers/session/fixture.h"

namespace nekoplane::reconcilers::session {
namespace {

struct Want {
  Action action = Action::kNone;
  std::vector<std::pair<const char*, const char*>> says;  // condition, "Status/Reason"
  std::string phase = {};                                 // "" = not checked
  std::optional<Duration> look_again = {};
  bool retries = false;
  bool writes = true;  // the status or claims differ from what is stored
};

struct Row {
  const char* name;
  std::function<Inputs()> given;
  Want want;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class DecideTest : public ::testing::TestWithParam<Row> {};

TEST_P(DecideTest, Row) {
  const Inputs in = GetParam().given();
  const Want& want = GetParam().want;
  const Plan plan = Decide(in);
  EXPECT_EQ(ActionName(plan.action), ActionName(want.action));
  for (const auto& [type, saying] : want.says) EXPECT_EQ(Saying(plan.status, type), saying) << type;
  if (!want.phase.empty()) {
    EXPECT_EQ(plan.status.phase, want.phase);
  }
  if (want.look_again) {
    EXPECT_EQ(plan.look_again, want.look_again);
  }
  EXPECT_EQ(plan.retry.has_value(), want.retries);
  EXPECT_EQ(plan.status != in.session.status || !plan.claims.empty(), want.writes);
}

Inputs With(Inputs in, const std::function<void(Inputs&)>& change) {
  change(in);
  return in;
}

std::string NameOf(const ::testing::TestParamInfo<Row>& info) { return info.param.name; }

void Delete(Inputs& in) { in.session.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"; }

void Suspended(Inputs& in) { in.session.spec.operatingMode = v1alpha1::OperatingMode::kSuspended; }

INSTANTIATE_TEST_SUITE_P(
    Placing, DecideTest,
    ::testing::Values(
        Row{"FinalizerComesBeforeAnything",
            [] {
              return With(Fresh(), [](Inputs& in) { in.session.metadata.finalizers.clear(); });
            },
            {.action = Action::kAddFinalizer, .writes = false}},
        Row{"RoomIsClaimedBeforeTheEngineIsAsked",
            Fresh,
            {.says = {{cond::kScheduled, "True/Scheduled"},
                      {cond::kProfileBound, "True/Bound"},
                      {cond::kStarted, "False/Starting"},
                      {cond::kReady, "False/NotStarted"},
                      {cond::kHealthy, "Unknown/NotStarted"},
                      {cond::kSuspended, "False/NotSuspended"}},
             .phase = "Starting",
             .look_again = Duration::zero()}},
        Row{"NoClass",
            [] { return With(Fresh(), [](Inputs& in) { in.browser_class.reset(); }); },
            {.says = {{cond::kScheduled, "False/ClassNotFound"}},
             .phase = "Pending",
             .look_again = seconds(30)}},
        Row{"NoNodeCouldEver",
            [] { return With(Fresh(), [](Inputs& in) { in.nodes = NodeSet(); }); },
            {.says = {{cond::kScheduled, "False/NoCapableNode"}}, .phase = "Pending"}},
        Row{"NoRoomNow",
            [] {
              return With(Fresh(), [](Inputs& in) {
                const auto ledger = testing::MakeLedger(
                    {InstanceClaim("host", "other", {.memory_bytes = std::int64_t{16} << 30})});
                in.nodes = NodeSet().With(testing::MakeNode(), *ledger);
              });
            },
            {.says = {{cond::kScheduled, "False/Unschedulable"}},
             .phase = "Pending",
             .look_again = seconds(30)}},
        Row{"OnlyRefusedPortsLeft",
            [] {
              return With(Fresh(), [](Inputs& in) {
                auto node = testing::MakeNode();
                node.spec.ports.http = {8800, 8800};
                in.nodes = NodeSet().With(std::move(node), *in.ledger);
                in.refused_ports["host"] = {8800};
              });
            },
            {.says = {{cond::kScheduled, "False/Unschedulable"}}}},
        Row{"LostClaimsAreTakenAgain",
            [] {
              return With(PlacedOnHost(), [](Inputs& in) { in.ledger = testing::MakeLedger(); });
            },
            {.look_again = Duration::zero()}}),
    NameOf);

Inputs WithProfile(Inputs in, const std::function<void(Inputs&)>& change) {
  in.session.spec.profileRef = v1alpha1::LocalRef{"work"};
  in.profile = testing::MakeProfile("work", "p1");
  change(in);
  return in;
}

TEST(PlaceTest, AProfileNotHeldYetMustStillBeThereWhenItIsClaimed) {
  Inputs in = WithProfile(Fresh(), [](Inputs&) {});
  const auto needs = Decide(in).needs;
  ASSERT_EQ(needs.size(), 1U);
  EXPECT_EQ(needs[0].uid, "p1");
  in.ledger = testing::MakeLedger({ProfileClaim("p1", kUid)});
  in.profile->metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  const Plan resumed = Decide(in);
  EXPECT_EQ(resumed.placement, Placement::kScheduled);
  EXPECT_TRUE(resumed.needs.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Profiles, DecideTest,
    ::testing::Values(
        Row{"Missing",
            [] { return WithProfile(Fresh(), [](Inputs& in) { in.profile.reset(); }); },
            {.says = {{cond::kProfileBound, "False/ProfileNotFound"},
                      {cond::kScheduled, "False/Pending"}},
             .phase = "Pending"}},
        Row{"BeingDeleted",
            [] {
              return WithProfile(Fresh(), [](Inputs& in) {
                in.profile->metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
              });
            },
            {.says = {{cond::kProfileBound, "False/ProfileNotFound"}}}},
        Row{"BeingDeletedButHeldByUsGoesOn",
            [] {
              return WithProfile(PlacedOnHost(), [](Inputs& in) {
                auto claims = ClaimsOfPlaced();
                claims.back() = ProfileClaim("p1", kUid);
                in.ledger = testing::MakeLedger(std::move(claims));
                in.session.status.volume = "nekoplane-profile-p1";
                in.profile->status.nodeName = "host";
                in.profile->metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
              });
            },
            {.action = Action::kStart, .writes = false}},
        Row{"NotAdoptedYet",
            [] {
              return WithProfile(Fresh(),
                                 [](Inputs& in) { in.profile->metadata.finalizers.clear(); });
            },
            {.says = {{cond::kProfileBound, "False/Pending"}}}},
        Row{"InUse",
            [] { return WithProfile(Fresh(), [](Inputs& in) { in.profile_holder = "a/b"; }); },
            {.says = {{cond::kProfileBound, "False/ProfileInUse"},
                      {cond::kScheduled, "False/Pending"}},
             .look_again = seconds(30)}},
        Row{"FirstUseIsPlacedButWaitsForTheRecord",
            [] { return WithProfile(Fresh(), [](Inputs&) {}); },
            {.says = {{cond::kScheduled, "True/Scheduled"},
                      {cond::kProfileBound, "False/Pending"}}}},
        Row{"KnownPlaceBindsAtOnce",
            [] {
              return WithProfile(Fresh(), [](Inputs& in) { in.profile->status.nodeName = "host"; });
            },
            {.says = {{cond::kProfileBound, "True/Bound"}}}},
        Row{"ForcedAwayFromARunningBrowserChangesNothing",
            [] { return WithProfile(Running(), [](Inputs& in) { in.profile.reset(); }); },
            {.writes = false}},
        Row{"ForcedAwayAndTheNextOneIsBeingDeletedToo",
            [] {
              return WithProfile(Running(), [](Inputs& in) {
                in.profile->metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
              });
            },
            {.writes = false}},
        Row{"ForcedAwayAndDeadIsNotStartedWithoutIt",
            [] {
              return WithProfile(Running(), [](Inputs& in) {
                Gone(in);
                in.profile.reset();
              });
            },
            {.says = {{cond::kProfileBound, "False/ProfileNotFound"},
                      {cond::kReady, "False/NotStarted"}},
             .look_again = seconds(30)}},
        Row{"OtherProfileThanTheOneHeldStartsOver",
            [] { return WithProfile(PlacedOnHost(), [](Inputs&) {}); },
            {.says = {{cond::kStarted, "False/Recreating"}, {cond::kScheduled, "False/Pending"}},
             .look_again = Duration::zero()}}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Launching, DecideTest,
    ::testing::Values(
        Row{"PlacedStarts", PlacedOnHost, {.action = Action::kStart, .writes = false}},
        Row{"LostReplyOfAStartIsAskedAgain",
            [] { return With(PlacedOnHost(), [](Inputs& in) { Found(in, Phase::kRunning); }); },
            {.action = Action::kStart, .writes = false}},
        Row{"MadeButNotStartedIsStarted",
            [] { return With(PlacedOnHost(), [](Inputs& in) { Found(in, Phase::kCreated); }); },
            {.action = Action::kStart, .writes = false}},
        Row{"SilentEngineChangesNothingButWhatWeSay",
            [] { return With(PlacedOnHost(), Silent); },
            {.says = {{cond::kStarted, "Unknown/EngineUnavailable"},
                      {cond::kReady, "Unknown/EngineUnavailable"},
                      {cond::kScheduled, "True/Scheduled"}},
             .retries = true}},
        Row{"SilentEngineOfARunningSession",
            [] { return With(Running(), Silent); },
            {.says = {{cond::kStarted, "Unknown/EngineUnavailable"},
                      {cond::kHealthy, "Unknown/EngineUnavailable"}},
             .retries = true}},
        Row{"SecretIsMadeFirst",
            [] { return With(PlacedOnHost(), [](Inputs& in) { in.secrets.reset(); }); },
            {.action = Action::kMakeSecret, .writes = false}},
        Row{"PullInProgress",
            [] {
              return With(PlacedOnHost(), [](Inputs& in) {
                in.pull = {Pull::Kind::kRunning, "3 of 7 layers", {}};
              });
            },
            {.says = {{cond::kStarted, "False/PullingImage"}}, .look_again = seconds(2)}},
        Row{"PullFailed",
            [] {
              return With(PlacedOnHost(), [](Inputs& in) {
                in.pull = {Pull::Kind::kFailed, "no such image", seconds(20)};
              });
            },
            {.says = {{cond::kStarted, "False/ImagePullFailed"}},
             .phase = "Failed",
             .look_again = seconds(20)}},
        Row{"StrangerOnAPortOfAContainerNotStartedRemovesIt",
            [] {
              return With(PlacedOnHost(), [](Inputs& in) {
                Found(in, Phase::kCreated);
                in.refused_ports["host"] = {8800, 59000};
              });
            },
            {.action = Action::kRemove, .writes = false}},
        Row{"StrangerOnAPortLeadsToOthers",
            [] {
              return With(PlacedOnHost(), [](Inputs& in) {
                in.refused_ports["host"] = {8800, 59000};
              });
            },
            {.look_again = Duration::zero()}},
        Row{"NoOtherPortsWaits",
            [] {
              return With(PlacedOnHost(), [](Inputs& in) {
                in.node->spec.ports.http = {8800, 8800};
                in.refused_ports["host"] = {8800, 59000};
              });
            },
            {.says = {{cond::kStarted, "False/StartFailed"}}, .look_again = seconds(30)}},
        Row{"ClassGoneWhileItShouldStart",
            [] { return With(PlacedOnHost(), [](Inputs& in) { in.browser_class.reset(); }); },
            {.says = {{cond::kStarted, "False/ClassNotFound"}}}},
        Row{"ClassGoneWhileItRunsIsNoConcern",
            [] { return With(Running(), [](Inputs& in) { in.browser_class.reset(); }); },
            {.says = {{cond::kReady, "True/Ready"}}, .writes = false}}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    SpecChanges, DecideTest,
    ::testing::Values(Row{"ScreenNeedsAnotherContainer",
                          [] {
                            return With(Running(), [](Inputs& in) {
                              in.session.spec.screen = "800x600@30";
                              ++in.session.metadata.generation;
                            });
                          },
                          {.action = Action::kRemove,
                           .says = {{cond::kStarted, "False/Recreating"},
                                    {cond::kReady, "False/NotStarted"}},
                           .phase = "Starting"}},
                      Row{"RecreationIsNoFailure",
                          [] {
                            return With(Running(), [](Inputs& in) {
                              in.session.spec.screen = "800x600@30";
                              in.secrets = Secrets{"user", "admin", "token"};
                              Gone(in);
                            });
                          },
                          {.action = Action::kStart, .says = {{cond::kStarted, "False/Starting"}}}},
                      Row{"UrlLeavesItAlone",
                          [] {
                            return With(Running(), [](Inputs& in) {
                              in.session.spec.url = "https://example.net/";
                              ++in.session.metadata.generation;
                            });
                          },
                          {.says = {{cond::kReady, "True/Ready"}}, .phase = "Running"}},
                      Row{"NewSpecEndsABackOff",
                          [] {
                            return With(Failed(5), [](Inputs& in) {
                              in.session.spec.screen = "800x600@30";
                              Gone(in);
                            });
                          },
                          {.action = Action::kStart}}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Watching, DecideTest,
    ::testing::Values(
        Row{"AnswerMakesItReady",
            [] {
              return With(Running(), [](Inputs& in) {
                SayNotRunning(in, in.session.status, cond::kReasonProbing);
                in.probe = {.kind = Probe::Kind::kAnswered};
              });
            },
            {.says = {{cond::kReady, "True/Ready"}, {cond::kHealthy, "True/Healthy"}},
             .phase = "Running",
             .look_again = seconds(10)}},
        Row{"NoAnswerYetIsAskedSoon",
            [] {
              return With(Running(Duration::zero()), [](Inputs& in) {
                Say(in, in.session.status, cond::kReady, kFalse, cond::kReasonProbing,
                    "waiting for Neko to answer");
                Say(in, in.session.status, cond::kHealthy, kUnknown, cond::kReasonProbing);
                in.session.status.phase = "Starting";
                in.probe = {.kind = Probe::Kind::kSilent, .failures = 1};
              });
            },
            {.look_again = milliseconds(5), .writes = false}},
        Row{"SlowStartIsAskedLessOften",
            [] {
              return With(Running(), [](Inputs& in) {
                SayNotRunning(in, in.session.status, cond::kReasonProbing);
                in.since_start = milliseconds(800);
                in.probe = {.kind = Probe::Kind::kSilent, .failures = 9};
              });
            },
            {.look_again = milliseconds(100)}},
        Row{"VerySlowStartIsAskedTwiceASecond",
            [] {
              return With(Running(), [](Inputs& in) {
                SayNotRunning(in, in.session.status, cond::kReasonProbing);
                in.since_start = minutes(1);
                in.probe = {.kind = Probe::Kind::kSilent, .failures = 99};
              });
            },
            {.look_again = milliseconds(500)}},
        Row{"StartTimeoutIsAFailure",
            [] {
              return With(Running(), [](Inputs& in) {
                SayNotRunning(in, in.session.status, cond::kReasonProbing);
                in.since_start = minutes(6);
                in.probe = {.kind = Probe::Kind::kSilent, .failures = 99};
              });
            },
            {.says = {{cond::kReady, "False/StartTimeout"}, {cond::kStarted, "False/Starting"}}}},
        Row{"OneSilentProbeAfterALongPauseIsNoTimeout",
            [] {
              return With(Running(minutes(6)), [](Inputs& in) {
                SayNotRunning(in, in.session.status, cond::kReasonProbing);
                in.probe = {.kind = Probe::Kind::kSilent, .failures = 1};
              });
            },
            {.says = {{cond::kReady, "False/Probing"}, {cond::kStarted, "True/Started"}}}},
        Row{"NoLimitNoTimeout",
            [] {
              return With(Running(minutes(60)), [](Inputs& in) {
                in.session.spec.lifecycle.maxStartingDuration = "";
                SayNotRunning(in, in.session.status, cond::kReasonProbing);
                in.probe = {.kind = Probe::Kind::kSilent, .failures = 99};
              });
            },
            {.says = {{cond::kReady, "False/Probing"}}}},
        Row{"QuietWhileAllIsWell",
            [] { return With(Running(), [](Inputs& in) { in.probe.since_last = seconds(4); }); },
            {.look_again = seconds(6), .writes = false}},
        Row{"TwoSilentProbesAreForgiven",
            [] {
              return With(Running(), [](Inputs& in) {
                in.probe = {.kind = Probe::Kind::kSilent, .failures = 2};
              });
            },
            {.says = {{cond::kReady, "True/Ready"}}, .look_again = seconds(10), .writes = false}},
        Row{"ThreeAreNot",
            [] {
              return With(Running(), [](Inputs& in) {
                in.probe = {.kind = Probe::Kind::kSilent, .failures = 3};
              });
            },
            {.says = {{cond::kReady, "False/Unhealthy"}, {cond::kHealthy, "False/Unhealthy"}},
             .phase = "Starting",
             .look_again = Duration::zero()}},
        Row{"StableRunForgetsFailures",
            [] {
              return With(Running(minutes(10)), [](Inputs& in) { in.session.status.failures = 4; });
            },
            {.says = {{cond::kReady, "True/Ready"}}}},
        Row{"AnswerAfterTheEngineCameBack",
            [] {
              return With(Running(), [](Inputs& in) {
                SayEngineUnknown(in, in.session.status, MakeStatus(Code::kTimeout, "", "late"));
                in.probe = {.kind = Probe::Kind::kAnswered};
              });
            },
            {.says = {{cond::kStarted, "True/Started"}, {cond::kReady, "True/Ready"}}}}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Crashing, DecideTest,
    ::testing::Values(
        Row{"DeadContainerRestartsAtOnceTheFirstTime",
            [] { return With(Running(), [](Inputs& in) { Found(in, Phase::kExited); }); },
            {.says = {{cond::kReady, "False/ContainerDied"}, {cond::kStarted, "False/Starting"}},
             .look_again = Duration::zero()}},
        Row{"ContainerRemovedBehindOurBack",
            [] { return With(Running(), Gone); },
            {.says = {{cond::kReady, "False/ContainerGone"}}, .look_again = Duration::zero()}},
        Row{"SecondFailureWaits",
            [] {
              return With(Running(), [](Inputs& in) {
                Found(in, Phase::kExited);
                in.session.status.failures = 1;
              });
            },
            {.says = {{cond::kStarted, "False/CrashLoopBackOff"}}, .look_again = seconds(10)}},
        Row{"FailureAfterAStableRunStartsCountingAnew",
            [] {
              return With(Running(minutes(11)), [](Inputs& in) {
                Found(in, Phase::kExited);
                in.session.status.failures = 5;
              });
            },
            {.look_again = Duration::zero()}},
        Row{"DeadContainerIsReplacedNotRevived",
            [] { return Failed(1); },
            {.action = Action::kRemove, .writes = false}},
        Row{"BackOffIsWaitedFor",
            [] { return Failed(3); },
            {.look_again = seconds(20), .writes = false}},
        Row{"BackOffOverRemoves",
            [] { return With(Failed(3), [](Inputs& in) { in.now += seconds(20); }); },
            {.action = Action::kRemove, .writes = false}},
        Row{"RemovedAndBackOffOverStarts",
            [] {
              return With(Failed(3), [](Inputs& in) {
                in.now += seconds(20);
                Gone(in);
              });
            },
            {.action = Action::kStart, .writes = false}},
        Row{"WallClockJumpingBackDoesNotStretchABackOff",
            [] { return With(Failed(3), [](Inputs& in) { in.now -= std::chrono::hours(5); }); },
            {.look_again = minutes(5), .writes = false}},
        Row{"NewInstanceEndsABackOff",
            [] {
              return With(Failed(3),
                          [](Inputs& in) { Found(in, Phase::kRunning, "sim://host/2"); });
            },
            {.action = Action::kStart, .writes = false}},
        Row{"CondemnedButRunningIsRemoved",
            [] { return With(Failed(1), [](Inputs& in) { Found(in, Phase::kRunning); }); },
            {.action = Action::kRemove, .writes = false}},
        Row{"DiedBeforeItWasRecorded",
            [] { return With(PlacedOnHost(), [](Inputs& in) { Found(in, Phase::kExited); }); },
            {.says = {{cond::kReady, "False/ContainerDied"}}, .look_again = Duration::zero()}}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Suspending, DecideTest,
    ::testing::Values(Row{"RunningContainerGoesFirst",
                          [] { return With(Running(), Suspended); },
                          {.action = Action::kRemove,
                           .says = {{cond::kSuspended, "False/Stopping"},
                                    {cond::kReady, "False/Stopping"}}}},
                      Row{"ThenItsRoom",
                          [] {
                            return With(Running(), [](Inputs& in) {
                              Suspended(in);
                              Gone(in);
                            });
                          },
                          {.says = {{cond::kSuspended, "True/Suspended"},
                                    {cond::kScheduled, "False/Suspended"},
                                    {cond::kProfileBound, "True/Bound"},
                                    {cond::kReady, "False/Suspended"}},
                           .phase = "Suspended"}},
                      Row{"UnknownIsNotSuspended",
                          [] {
                            return With(Running(), [](Inputs& in) {
                              Suspended(in);
                              Silent(in);
                            });
                          },
                          {.says = {{cond::kSuspended, "False/Stopping"}}, .retries = true}},
                      Row{"BornSuspended",
                          [] { return With(Fresh(), Suspended); },
                          {.says = {{cond::kSuspended, "True/Suspended"}}, .phase = "Suspended"}}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Deleting, DecideTest,
    ::testing::Values(Row{"ContainerFirst",
                          [] { return With(Running(), Delete); },
                          {.action = Action::kRemove,
                           .says = {{cond::kReady, "False/Terminating"},
                                    {cond::kStarted, "False/Terminating"}},
                           .phase = "Terminating"}},
                      Row{"ThenRoom",
                          [] {
                            return With(Running(), [](Inputs& in) {
                              Delete(in);
                              Gone(in);
                            });
                          },
                          {.look_again = Duration::zero()}},
                      Row{"ThenThePrivateProfile",
                          [] {
                            return With(Running(), [](Inputs& in) {
                              Delete(in);
                              Gone(in);
                              in.ledger =
                                  testing::MakeLedger({ProfileClaim("nekoplane-session-u1", kUid)});
                              in.session.status = Decide(in).status;
                            });
                          },
                          {.action = Action::kRemoveVolume, .writes = false}},
                      Row{"ButNeverABrowserProfilesVolume",
                          [] {
                            return With(Running(), [](Inputs& in) {
                              Delete(in);
                              Gone(in);
                              in.ledger = testing::MakeLedger();
                              in.session.status.volume = "nekoplane-profile-p1";
                            });
                          },
                          {.action = Action::kFinish, .writes = false}},
                      Row{"SilentEngineWaitsAndSaysSo",
                          [] {
                            return With(Running(), [](Inputs& in) {
                              Delete(in);
                              Silent(in);
                            });
                          },
                          {.says = {{cond::kReady, "False/Terminating"},
                                    {cond::kStarted, "Unknown/EngineUnavailable"}},
                           .phase = "Terminating",
                           .retries = true}},
                      Row{"NodeThatIsNoMoreKeepsNothing",
                          [] {
                            return With(Running(), [](Inputs& in) {
                              Delete(in);
                              in.observation = {};
                              in.node.reset();
                            });
                          },
                          {.action = Action::kFinish, .writes = false}},
                      Row{"NeverPlaced",
                          [] { return With(Fresh(), Delete); },
                          {.action = Action::kFinish, .writes = false}},
                      Row{"OnlySomebodyElsesFinalizerLeft",
                          [] {
                            return With(Fresh(), [](Inputs& in) {
                              Delete(in);
                              in.session.metadata.finalizers = {"example.org/theirs"};
                            });
                          },
                          {.writes = false}}),
    NameOf);

}  // namespace
}  // namespace nekoplane::reconcilers::session
