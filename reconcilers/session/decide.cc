#include "reconcilers/session/decide.h"

#include <algorithm>
#include <utility>

#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {
namespace {

namespace cond = v1alpha1::session;

constexpr const char* kAllConditions[] = {cond::kScheduled, cond::kProfileBound, cond::kStarted,
                                          cond::kReady,     cond::kHealthy,      cond::kSuspended};

// All conditions, from the first write on, in one order, and all about the same generation.
void CompleteConditions(const Inputs& in, v1alpha1::BrowserSessionStatus& status) {
  for (const char* type : kAllConditions) {
    if (FindCondition(status.conditions, type) == nullptr) {
      Say(in, status, type, kUnknown, cond::kReasonPending, "not looked at yet");
    }
  }
  const auto rank = [](const v1alpha1::Condition& c) {
    return std::find(std::begin(kAllConditions), std::end(kAllConditions), c.type) -
           std::begin(kAllConditions);
  };
  std::stable_sort(status.conditions.begin(), status.conditions.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  for (auto& c : status.conditions) {
    // Giving up is about the spec that was given up on, until this one was tried.
    if (c.reason != cond::kReasonPendingTimeout) {
      c.observedGeneration = in.session.metadata.generation;
    }
  }
}

// Why the last try of this removal failed stays until something else is to be said, so that trying
// again writes nothing.
void KeepFailedRemoval(const Inputs& in, Plan& plan) {
  if (plan.action != Action::kRemove && plan.action != Action::kRemoveVolume &&
      plan.action != Action::kLeaveVolume) {
    return;
  }
  const auto* before = FindCondition(in.session.status.conditions, cond::kStarted);
  const auto* now = FindCondition(plan.status.conditions, cond::kStarted);
  if (before == nullptr || now == nullptr || before->status != now->status ||
      before->reason != now->reason) {
    return;
  }
  Say(in, plan.status, cond::kStarted, before->status, before->reason, before->message);
}

// Being deleted, and our part of that is done: somebody else's finalizer holds the object.
bool LetGo(const Inputs& in) { return in.session.metadata.deleting() && !HasFinalizer(in.session); }

}  // namespace

bool HasFinalizer(const v1alpha1::BrowserSession& session) {
  const auto& finalizers = session.metadata.finalizers;
  return std::find(finalizers.begin(), finalizers.end(), v1alpha1::BrowserSession::kFinalizer) !=
         finalizers.end();
}

std::string_view ActionName(Action action) {
  switch (action) {
    case Action::kNone:
      return "none";
    case Action::kAddFinalizer:
      return "add finalizer";
    case Action::kMakeSecret:
      return "make secret";
    case Action::kStart:
      return "start";
    case Action::kRemove:
      return "remove";
    case Action::kRemoveVolume:
      return "remove volume";
    case Action::kLeaveVolume:
      return "leave volume";
    case Action::kFinish:
      return "finish";
  }
  return "none";
}

Plan Decide(const Inputs& in) {
  Plan plan;
  plan.status = in.session.status;
  plan.status.observedGeneration = in.session.metadata.generation;
  plan.status.queue.reset();  // unless it turns out that it still waits
  plan.status.viewers = in.viewers.value_or(0);
  for (const auto step :
       {TearDown, Admit, Suspend, Vacate, BindProfile, Place, Launch, BecomeReady, StayHealthy}) {
    if (step(in, plan) == Flow::kStop) break;
  }
  // About metadata only: a status write would say nothing new.
  if (plan.action == Action::kAddFinalizer || plan.action == Action::kFinish || LetGo(in)) {
    plan.status = in.session.status;
    return plan;
  }
  KeepFailedRemoval(in, plan);
  CompleteConditions(in, plan.status);
  KeepTransitionTimes(in.session.status.conditions, plan.status.conditions);
  auto after = in.session;
  after.status = plan.status;
  plan.status.phase = DerivePhase(after);
  return plan;
}

std::string DerivePhase(const v1alpha1::BrowserSession& session) {
  const auto& conditions = session.status.conditions;
  if (session.metadata.deleting()) return "Terminating";
  if (IsTrue(conditions, cond::kSuspended)) return "Suspended";
  if (IsTrue(conditions, cond::kReady)) return "Running";
  if (!IsTrue(conditions, cond::kScheduled)) {
    return ReasonOf(conditions, cond::kScheduled) == cond::kReasonPendingTimeout ? "Failed"
                                                                                 : "Pending";
  }
  const auto why = ReasonOf(conditions, cond::kStarted);
  if (why == cond::kReasonStartFailed || why == cond::kReasonImagePullFailed) return "Failed";
  return "Starting";
}

std::string NodeOf(const v1alpha1::BrowserSession& session, const store::Ledger& ledger) {
  if (!session.status.nodeName.empty()) return session.status.nodeName;
  std::string node;
  ledger.ForEachOfOwner(session.metadata.uid, [&](const store::Claim& claim) {
    if (claim.kind == store::kClaimInstance) node = claim.scope;
  });
  return node;
}

bool Placed(const v1alpha1::BrowserSession& session) {
  return !session.status.nodeName.empty() && session.status.ports.has_value();
}

void SayNotRunning(const Inputs& in, v1alpha1::BrowserSessionStatus& status,
                   std::string_view reason) {
  Say(in, status, cond::kReady, kFalse, reason);
  Say(in, status, cond::kHealthy, kUnknown, reason);
}

void SayEngineUnknown(const Inputs& in, v1alpha1::BrowserSessionStatus& status, const Status& why) {
  const std::string message = "node " + NodeOf(in.session, *in.ledger) +
                              " does not answer; nothing is done until it does: " + why.message;
  Say(in, status, cond::kStarted, kUnknown, cond::kReasonEngineUnavailable, message);
  if (in.session.metadata.deleting()) return;  // Ready and Healthy say Terminating
  Say(in, status, cond::kReady, kUnknown, cond::kReasonEngineUnavailable, message);
  Say(in, status, cond::kHealthy, kUnknown, cond::kReasonEngineUnavailable, message);
}

Flow EngineUnknown(const Inputs& in, Plan& plan, const Status& why) {
  SayEngineUnknown(in, plan.status, why);
  plan.retry = why;
  return Flow::kStop;
}

Record AfterFailedRemoval(const Inputs& in, const Plan& plan, const Status& why) {
  Record record{.status = plan.status};
  if (OutcomeUnknown(why.code) && why.reason != runtime::kReasonStillStarting) {
    SayEngineUnknown(in, record.status, why);
  } else {
    const auto* started = FindCondition(record.status.conditions, cond::kStarted);
    const std::string status = started != nullptr ? started->status : kUnknown;
    const std::string reason = started != nullptr ? started->reason : cond::kReasonStopping;
    Say(in, record.status, cond::kStarted, status, reason,
        "removal failed, trying again: " + why.message);
  }
  record.retry = why;
  return record;
}

void ReleaseRoom(const Inputs& in, Plan& plan) {
  for (auto& claim : ClaimsOf(*in.ledger, in.session.metadata.uid)) {
    if (claim.kind != store::kClaimProfile) plan.claims.push_back(Release(std::move(claim)));
  }
  plan.status.ports.reset();
  plan.status.instance.reset();
  plan.status.endpoints.reset();
  plan.status.failures = 0;
  plan.status.nextAttemptTime.clear();
}

std::optional<WallTime> StartedAt(const v1alpha1::BrowserSessionStatus& status) {
  if (!status.instance) return std::nullopt;
  const auto at = ParseTime(status.instance->startedAt);
  if (!at) return std::nullopt;
  return *at;
}

std::int64_t FailuresNow(const Inputs& in) {
  const auto started = StartedAt(in.session.status);
  const bool stable = started && in.session.status.nextAttemptTime.empty() &&
                      in.now - *started >= in.options.backoff.stable;
  return stable ? 0 : in.session.status.failures;
}

}  // namespace nekoplane::reconcilers::session
