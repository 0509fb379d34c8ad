// Scheduled is False: no node has room, or none can ever run it. Whoever could run somewhere waits
// in the queue (see common/placement_queue.h), for as long as lifecycle.maxPendingDuration allows.
#include <algorithm>
#include <utility>

#include "api/base/mutant.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {
namespace {

namespace cond = v1alpha1::session;

// So that those at the end of a long queue do not keep the machine busy with asking.
constexpr auto kLookPerPosition = std::chrono::milliseconds(50);

void SayWaiting(const Inputs& in, Plan& plan, std::string_view reason, const std::string& message) {
  Say(in, plan.status, cond::kScheduled, kFalse, reason, message);
  Say(in, plan.status, cond::kProfileBound, kFalse, cond::kReasonPending, "waits for a node");
  Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonPending, "waits for a node");
  SayNotRunning(in, plan.status, cond::kReasonNotStarted);
}

// The same cause in the same words is told once.
void Tell(const Inputs& in, Plan& plan, std::string_view reason, const std::string& message) {
  const auto* before = FindCondition(in.session.status.conditions, cond::kScheduled);
  if (before != nullptr && before->reason == reason && before->message.starts_with(message)) return;
  plan.events.push_back({.warning = true, .reason = "FailedScheduling", .message = message});
}

// How long it may go on waiting; nullopt = for ever.
std::optional<Duration> PatienceLeft(const Inputs& in, WallTime since) {
  const auto limit = ParseDuration(in.session.spec.lifecycle.maxPendingDuration);
  if (!limit || *limit <= Duration::zero()) return std::nullopt;
  return std::max<Duration>(*limit - (in.now - since), Duration::zero());
}

}  // namespace

void KeepPlaceInQueue(const Inputs& in, Plan& plan) {
  if (!in.session.status.queue || Placed(in.session)) return;
  plan.status.queue = in.session.status.queue;
  plan.status.queue->position = in.queue.position;
  plan.status.queue->nominatedNode.clear();
}

bool GaveUp(const Inputs& in) {
  const auto* scheduled = FindCondition(in.session.status.conditions, cond::kScheduled);
  return scheduled != nullptr && scheduled->reason == cond::kReasonPendingTimeout &&
         scheduled->observedGeneration == in.session.metadata.generation;
}

Flow CannotRun(const Inputs& in, Plan& plan, std::string_view reason, const std::string& message) {
  SayWaiting(in, plan, reason, message);
  Tell(in, plan, reason, message);
  plan.placement =
      reason == cond::kReasonNoCapableNode ? Placement::kNoCapableNode : Placement::kUnschedulable;
  if (reason == cond::kReasonNoCapableNode) KeepPlaceInQueue(in, plan);
  plan.look_again = in.options.pending_retry;
  return Flow::kStop;
}

Flow WaitForRoom(const Inputs& in, Plan& plan, const scheduler::Placement& refusal) {
  const WallTime since = AsWaiting(in.session, in.now).since;
  plan.placement = Placement::kUnschedulable;
  const auto left = PatienceLeft(in, since);
  if (left == Duration::zero()) {
    const std::string message = "no room within maxPendingDuration " +
                                in.session.spec.lifecycle.maxPendingDuration +
                                "; edit the spec to try again. " + refusal.message;
    SayWaiting(in, plan, cond::kReasonPendingTimeout, message);
    Tell(in, plan, cond::kReasonPendingTimeout, message);
    return Flow::kStop;
  }
  const char* const reason = cond::kReasonUnschedulable;
  const std::int64_t position = in.queue.position;
  SayWaiting(in, plan, reason,
             refusal.message + " It is number " + std::to_string(position) + " in the queue.");
  Tell(in, plan, reason, refusal.message);
  if (!NEKO_MUTANT(kQueueNotTold))
    plan.status.queue = v1alpha1::SessionQueue{
        .position = position, .since = FormatMicroTime(since), .nominatedNode = refusal.nominee};
  plan.look_again = std::max<Duration>(in.options.pending_retry, position * kLookPerPosition);
  if (left) plan.look_again = std::min(*plan.look_again, *left);
  return Flow::kStop;
}

}  // namespace nekoplane::reconcilers::session
