// operatingMode: a suspended session has no container and holds no room; its profile, and with it
// its node, stay.
#include "api/base/mutant.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/session/decide.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {

namespace cond = v1alpha1::session;

Flow Suspend(const Inputs& in, Plan& plan) {
  if (in.session.spec.operatingMode != v1alpha1::OperatingMode::kSuspended) {
    Say(in, plan.status, cond::kSuspended, kFalse, cond::kReasonNotSuspended);
    return Flow::kNext;
  }
  switch (in.observation.kind) {
    case Observation::Kind::kUnknown:
      Say(in, plan.status, cond::kSuspended, kFalse, cond::kReasonStopping,
          "waiting for the node to answer");
      return EngineUnknown(in, plan, in.observation.why);
    case Observation::Kind::kFound:
      if (NEKO_MUTANT(kSuspendKeepsContainer)) break;
      Say(in, plan.status, cond::kSuspended, kFalse, cond::kReasonStopping);
      Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonStopping);
      SayNotRunning(in, plan.status, cond::kReasonStopping);
      plan.action = Action::kRemove;
      plan.look_again = Duration::zero();
      return Flow::kStop;
    case Observation::Kind::kGone:
    case Observation::Kind::kNotAsked:
      break;
  }
  if (!NEKO_MUTANT(kSuspendKeepsRoom)) ReleaseRoom(in, plan);
  Say(in, plan.status, cond::kScheduled, kFalse, cond::kReasonSuspended,
      "holds no room while it is suspended");
  if (in.session.status.volume.empty()) {
    Say(in, plan.status, cond::kProfileBound, kFalse, cond::kReasonSuspended);
  }
  Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonSuspended);
  SayNotRunning(in, plan.status, cond::kReasonSuspended);
  Say(in, plan.status, cond::kSuspended, kTrue, cond::kReasonSuspended);
  plan.look_again = in.options.suspended_look;
  return Flow::kStop;
}

}  // namespace nekoplane::reconcilers::session
