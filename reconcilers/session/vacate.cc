// Leaving a node: because it is lost, drained, or being deleted.
//
// A lost node (the node reconciler says so: Ready is False with reason NodeLost) may still run the
// container. After the grace time the session gives up everything it holds there and is placed
// anew, if its policy lets it lose what lies there; the collector removes the old container when
// the node returns. A node that is drained or deleted answers: the container goes first.
#include <utility>

#include "api/base/mutant.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {
namespace {

namespace cond = v1alpha1::session;
using v1alpha1::NodeLossPolicy;

// What it lies there for does not exist any more, or the spec asks for another profile by now:
// nothing binds it to the node.
bool NothingLiesThere(const Inputs& in) {
  if (in.session.spec.profileRef && !HasProfile(in)) return true;
  const std::string& volume = in.session.status.volume;
  return !volume.empty() && volume != Wanted(in).volume;
}

// Whether the spec lets it start on another node without what is in its profile.
bool MayStartEmpty(const Inputs& in) {
  const auto& spec = in.session.spec;
  if (spec.nodeName == in.session.status.nodeName) return false;
  if (NothingLiesThere(in)) return true;
  switch (spec.nodeLossPolicy) {
    case NodeLossPolicy::kWait:
      return false;
    case NodeLossPolicy::kStartEmpty:
      return true;
    case NodeLossPolicy::kAuto:
      break;
  }
  return !spec.profileRef;
}

const char* WhyItWaits(const v1alpha1::BrowserSessionSpec& spec) {
  if (!spec.nodeName.empty()) return "spec.nodeName names it";
  return spec.nodeLossPolicy == NodeLossPolicy::kWait ? "spec.nodeLossPolicy is Wait"
                                                      : "its profile lies there";
}

Flow WaitForNode(const Inputs& in, Plan& plan, std::string message, Duration look_again) {
  Say(in, plan.status, cond::kStarted, kUnknown, cond::kReasonNodeLost, message);
  Say(in, plan.status, cond::kReady, kUnknown, cond::kReasonNodeLost, message);
  Say(in, plan.status, cond::kHealthy, kUnknown, cond::kReasonNodeLost, std::move(message));
  KeepPlaceInQueue(in, plan);
  plan.look_again = look_again;
  return Flow::kStop;
}

// Nothing binds it to the node any more.
void LetGo(const Inputs& in, Plan& plan, std::string_view reason, const std::string& message) {
  ReleaseRoom(in, plan);
  plan.claims = {ReleaseOwner(in.session.metadata.uid)};
  plan.status.nodeName.clear();
  plan.status.volume.clear();
  Say(in, plan.status, cond::kScheduled, kFalse, reason, message);
  Say(in, plan.status, cond::kProfileBound, kFalse, cond::kReasonPending);
  Say(in, plan.status, cond::kStarted, kFalse, reason, message);
  SayNotRunning(in, plan.status, reason);
  plan.events.push_back({.warning = true, .reason = std::string(reason), .message = message});
  plan.look_again = Duration::zero();
}

Flow LeaveLost(const Inputs& in, Plan& plan) {
  const std::string node = "node " + in.session.status.nodeName;
  const std::string fate = in.node ? node + " is lost" : node + " does not exist any more";
  if (!MayStartEmpty(in)) {
    return WaitForNode(in, plan,
                       fate + "; the session waits for it, since " + WhyItWaits(in.session.spec),
                       in.options.pending_retry);
  }
  const Duration left = in.node ? in.options.node_loss_grace - in.lost_for : Duration::zero();
  if (left > Duration::zero()) {
    return WaitForNode(
        in, plan, fate + "; unless it returns, the session starts elsewhere with an empty profile",
        left);
  }
  LetGo(in, plan, cond::kReasonNodeLost, fate + "; starting elsewhere with an empty profile");
  return Flow::kStop;
}

// Since drainStartedTime: is the time over that users were given?
bool DeadlineOver(const Inputs& in) {
  const auto& drain = *in.node->spec.drain;
  const auto limit = ParseDuration(drain.deadline);
  const auto since = ParseTime(in.node->status.drainStartedTime);
  return limit && *limit > Duration::zero() && since && in.now - *since >= *limit;
}

bool MustLeave(const Inputs& in) {
  const auto& node = *in.node;
  if (NEKO_MUTANT(kDrainIgnored)) return false;
  if (node.metadata.deleting()) return true;
  if (!node.spec.drain) return false;
  switch (node.spec.drain->policy) {
    case v1alpha1::DrainPolicy::kEvict:
      return true;
    case v1alpha1::DrainPolicy::kMigrate:  // refused, and the node says so
      return false;
    case v1alpha1::DrainPolicy::kWaitForUsers:
      break;
  }
  if (DeadlineOver(in)) return true;
  if (in.viewers) return *in.viewers == 0;
  // Nobody can watch what is known not to be ready; of anything else nobody knows.
  const auto* ready = FindCondition(in.session.status.conditions, cond::kReady);
  return ready == nullptr || ready->status == kFalse;
}

// On a machine that leaves for good, nobody else would remove its private profile.
bool LeavesVolume(const Inputs& in) {
  const auto& session = in.session;
  return session.status.volume == runtime::PrivateVolumeName(session.metadata.uid) &&
         CapabilitiesOf(in, session.status.nodeName).volumes && !in.left_volume;
}

Flow LeaveDrained(const Inputs& in, Plan& plan) {
  const bool deleting = in.node->metadata.deleting();
  const std::string why =
      "node " + in.session.status.nodeName + " is being " + (deleting ? "deleted" : "drained");
  switch (in.observation.kind) {
    case Observation::Kind::kUnknown:
      return EngineUnknown(in, plan, in.observation.why);
    case Observation::Kind::kFound:
      Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonNodeDraining, why);
      SayNotRunning(in, plan.status, cond::kReasonNodeDraining);
      plan.action = Action::kRemove;
      plan.look_again = Duration::zero();
      return Flow::kStop;
    case Observation::Kind::kGone:
    case Observation::Kind::kNotAsked:
      break;
  }
  if (deleting && MayStartEmpty(in)) {
    if (LeavesVolume(in)) {
      Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonNodeDraining, why);
      SayNotRunning(in, plan.status, cond::kReasonNodeDraining);
      plan.action = Action::kLeaveVolume;
      plan.look_again = Duration::zero();
      return Flow::kStop;
    }
    LetGo(in, plan, cond::kReasonNodeDraining, why + "; starting elsewhere with an empty profile");
    return Flow::kStop;
  }
  if (NothingLiesThere(in)) {
    LetGo(in, plan, cond::kReasonNodeDraining, why + ", and the profile it had there is gone");
    return Flow::kStop;
  }
  const std::string message = why + "; the session is stopped, and its profile waits there";
  if (Placed(in.session)) {
    ReleaseRoom(in, plan);
    plan.events.push_back(
        {.warning = true, .reason = cond::kReasonNodeDraining, .message = message});
  }
  Say(in, plan.status, cond::kScheduled, kFalse, cond::kReasonNodeDraining, message);
  Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonNodeDraining, message);
  SayNotRunning(in, plan.status, cond::kReasonNodeDraining);
  plan.look_again = in.options.pending_retry;
  return Flow::kStop;
}

}  // namespace

bool IsLost(const v1alpha1::BrowserNode& node) {
  const auto* ready = FindCondition(node.status.conditions, v1alpha1::node::kReady);
  if (NEKO_MUTANT(kUnknownIsLost)) return ready != nullptr && !ready->is_true();
  return ready != nullptr && ready->status == kFalse &&
         ready->reason == v1alpha1::node::kReasonNodeLost;
}

Flow Vacate(const Inputs& in, Plan& plan) {
  if (in.session.status.nodeName.empty()) return Flow::kNext;
  if (!in.node) return in.node_gone ? LeaveLost(in, plan) : Flow::kNext;
  if (IsLost(*in.node)) return LeaveLost(in, plan);
  // One that lies there and does not run is not to be started there either; it waits for no room.
  const bool rests = !Placed(in.session) && in.node->spec.drain.has_value() &&
                     in.node->spec.drain->policy != v1alpha1::DrainPolicy::kMigrate;
  if (rests || MustLeave(in)) return LeaveDrained(in, plan);
  return Flow::kNext;
}

}  // namespace nekoplane::reconcilers::session
