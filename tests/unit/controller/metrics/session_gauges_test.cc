#include "controller/metrics/session_gauges.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "api/v1alpha1/session_conditions.h"
#include "tests/support/builders.h"
#include "tests/unit/controller/metrics/samples.h"

namespace nekoplane::metrics {
namespace {

namespace cond = v1alpha1::session;
using std::chrono::seconds;
using v1alpha1::BrowserSession;

const WallTime kNow = *ParseTime("2026-01-01T01:00:00Z");

void Say(BrowserSession& session, const char* type, const char* status, const char* reason,
         const char* when = "2026-01-01T00:00:00Z") {
  session.status.conditions.push_back(
      {.type = type, .status = status, .reason = reason, .lastTransitionTime = when});
}

std::shared_ptr<BrowserSession> Made(const char* name = "s") {
  return std::make_shared<BrowserSession>(testing::MakeSession(name));
}

// Waits for a node since `since`.
std::shared_ptr<BrowserSession> Queued(const char* ns, const char* since,
                                       const char* reason = cond::kReasonUnschedulable) {
  auto session = Made();
  session->metadata.namespace_ = ns;
  Say(*session, cond::kScheduled, "False", reason, since);
  return session;
}

std::shared_ptr<BrowserSession> Running() {
  auto session = Made();
  session->status.phase = "Running";
  session->status.nodeName = "host";
  for (const char* type :
       {cond::kScheduled, cond::kProfileBound, cond::kStarted, cond::kReady, cond::kHealthy}) {
    Say(*session, type, "True", "Fine");
  }
  return session;
}

double Get(const Sessions& sessions, const std::string& name, const prometheus::Labels& labels) {
  return Value(SessionGauges(sessions, kNow), name, labels);
}

TEST(SessionGaugesTest, SessionsAreCountedByPhaseAndNode) {
  auto odd = Running();
  odd->status.phase = "Odd";
  const Sessions sessions{Running(), Running(), Made(), odd};
  const auto count = [&](const char* node, const char* phase) {
    return Get(sessions, "nekoplane_sessions", {{"node", node}, {"phase", phase}});
  };
  EXPECT_EQ(count("host", "Running"), 2);
  EXPECT_EQ(count("", "Pending"), 1) << "nobody has looked at it yet";
  EXPECT_EQ(count("host", "Unknown"), 1) << "phases are bounded";
  EXPECT_EQ(count("", "Failed"), 0) << "known series are there from the start";
  EXPECT_TRUE(std::isnan(count("host", "Failed")));
}

TEST(SessionGaugesTest, TheFirstConditionThatIsNotTrueIsWhatBlocks) {
  auto session = Made();
  Say(*session, cond::kReady, "False", cond::kReasonNotStarted);
  Say(*session, cond::kStarted, "False", cond::kReasonImagePullFailed, "2026-01-01T00:30:00Z");
  Say(*session, cond::kProfileBound, "True", "");
  Say(*session, cond::kScheduled, "True", "", "2026-01-01T00:40:00Z");
  const auto blocked = BlockedBy(*session);
  ASSERT_TRUE(blocked);
  EXPECT_EQ(blocked->reason, cond::kReasonImagePullFailed);
  EXPECT_EQ(FormatTime(blocked->since), "2026-01-01T00:40:00Z")
      << "waiting for a node is not waiting for a start";
}

TEST(SessionGaugesTest, ASessionThatNobodyLookedAtIsPendingSinceItWasMade) {
  const auto blocked = BlockedBy(*Made());
  ASSERT_TRUE(blocked);
  EXPECT_EQ(blocked->reason, cond::kReasonPending);
  EXPECT_EQ(FormatTime(blocked->since), "2026-01-01T00:00:00Z");
}

TEST(SessionGaugesTest, WhatIsReadyOrNotMeantToRunIsNotBlocked) {
  EXPECT_FALSE(BlockedBy(*Running()));
  auto suspended = Made();
  suspended->spec.operatingMode = v1alpha1::OperatingMode::kSuspended;
  EXPECT_FALSE(BlockedBy(*suspended));
  auto deleting = Queued("a", "2026-01-01T00:00:00Z");
  deleting->metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  EXPECT_FALSE(BlockedBy(*deleting));
  EXPECT_FALSE(WaitsForNode(*deleting));
}

TEST(SessionGaugesTest, AnUnhealthySessionIsBlocked) {
  auto session = Running();
  session->status.conditions.back().status = "False";
  session->status.conditions.back().reason = cond::kReasonUnhealthy;
  EXPECT_EQ(BlockedBy(*session)->reason, cond::kReasonUnhealthy);
}

TEST(SessionGaugesTest, EveryReasonHasASeriesAndUnknownOnesShareOne) {
  auto odd = Made();
  Say(*odd, cond::kScheduled, "False", "Sulking");
  const Sessions sessions{odd, Queued("a", "2026-01-01T00:59:00Z")};
  const auto count = [&](const char* reason) {
    return Get(sessions, "nekoplane_sessions_not_ready", {{"reason", reason}});
  };
  EXPECT_EQ(count("Other"), 1);
  EXPECT_EQ(count(cond::kReasonUnschedulable), 1);
  EXPECT_EQ(count(cond::kReasonStartTimeout), 0);
  EXPECT_EQ(count(cond::kReasonCrashLoopBackOff), 0);
  EXPECT_EQ(Get(sessions, "nekoplane_sessions_not_ready_oldest_seconds", {{"reason", "Other"}}),
            3600);
}

TEST(SessionGaugesTest, TheQueueHasLengthsAndAges) {
  const Sessions sessions{Queued("a", "2026-01-01T00:59:00Z"), Queued("a", "2026-01-01T00:58:00Z"),
                          Queued("b", "2026-01-01T00:50:00Z", cond::kReasonNoCapableNode),
                          Running()};
  const auto families = SessionGauges(sessions, kNow);
  const auto get = [&](const char* name, const prometheus::Labels& labels) {
    return Value(families, name, labels);
  };
  EXPECT_EQ(get("nekoplane_queue_length", {{"reason", "Unschedulable"}}), 2);
  EXPECT_EQ(get("nekoplane_queue_length", {{"reason", "NoCapableNode"}}), 1);
  EXPECT_EQ(get("nekoplane_queue_oldest_seconds", {}), 600);
  EXPECT_EQ(get("nekoplane_queue_namespace_length", {{"namespace", "a"}}), 2);
  EXPECT_EQ(get("nekoplane_queue_namespace_oldest_seconds", {{"namespace", "a"}}), 120);
  EXPECT_EQ(get("nekoplane_queue_namespace_oldest_seconds", {{"namespace", "b"}}), 600);
}

TEST(SessionGaugesTest, AnEmptyQueueIsZeroAndNotAbsent) {
  for (const char* reason : {"NoCapableNode", "Unschedulable"}) {
    EXPECT_EQ(Get({}, "nekoplane_queue_length", {{"reason", reason}}), 0);
  }
  EXPECT_EQ(Get({}, "nekoplane_queue_oldest_seconds", {}), 0);
}

TEST(SessionGaugesTest, ThePlaceInTheQueueTellsSinceWhen) {
  auto session = Queued("a", "2026-01-01T00:00:00Z", "SomethingNew");
  EXPECT_FALSE(WaitsForNode(*session));
  session->status.queue = v1alpha1::SessionQueue{.position = 1, .since = "2026-01-01T00:59:30Z"};
  const auto waiting = WaitsForNode(*session);
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->reason, cond::kReasonUnschedulable);
  EXPECT_EQ(kNow - waiting->since, seconds(30));
}

TEST(SessionGaugesTest, WhoGaveUpOrHasANodeDoesNotWait) {
  EXPECT_FALSE(WaitsForNode(*Queued("a", "", cond::kReasonPendingTimeout)));
  EXPECT_FALSE(WaitsForNode(*Queued("a", "", cond::kReasonClassNotFound)));
  auto placed = Queued("a", "2026-01-01T00:00:00Z");
  placed->status.nodeName = "host";  // its profile lies there
  EXPECT_TRUE(WaitsForNode(*placed));
  placed->status.ports = v1alpha1::SessionPorts{8800, 59000};
  EXPECT_FALSE(WaitsForNode(*placed));
}

TEST(SessionGaugesTest, OnlyTheLongestQueuesAreNamed) {
  Sessions sessions;
  for (std::size_t i = 0; i < kNamedNamespaces + 5; ++i) {
    const std::string ns = "ns" + std::to_string(100 + i);
    // The last ones are the longest.
    for (std::size_t n = 0; n < 1 + i; ++n) {
      sessions.push_back(Queued(ns.c_str(), "2026-01-01T00:59:00Z"));
    }
  }
  const auto families = SessionGauges(sessions, kNow);
  std::size_t series = 0;
  for (const auto& family : families) {
    if (family.name == "nekoplane_queue_namespace_length") series = family.metric.size();
  }
  EXPECT_EQ(series, kNamedNamespaces + 1);
  EXPECT_EQ(Value(families, "nekoplane_queue_namespace_length", {{"namespace", "ns124"}}), 25);
  EXPECT_EQ(
      Value(families, "nekoplane_queue_namespace_length", {{"namespace", std::string(kOthers)}}),
      1 + 2 + 3 + 4 + 5);
}

}  // namespace
}  // namespace nekoplane::metrics
