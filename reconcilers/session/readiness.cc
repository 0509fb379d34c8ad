// Ready: Neko answers, so people can open it. Asked often at first and ever less often, so that a
// fast start costs milliseconds and a slow one costs little.
#include <algorithm>

#include "api/base/mutant.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {

namespace cond = v1alpha1::session;

Flow BecomeReady(const Inputs& in, Plan& plan) {
  if (IsTrue(plan.status.conditions, cond::kReady)) return Flow::kNext;
  if (in.probe.kind == Probe::Kind::kAnswered || NEKO_MUTANT(kReadyWithoutProbe)) {
    Say(in, plan.status, cond::kReady, kTrue, cond::kReasonReady);
    Say(in, plan.status, cond::kHealthy, kTrue, cond::kReasonHealthy);
    plan.events.push_back(
        {.warning = false, .reason = cond::kReasonReady, .message = "Neko answers"});
    plan.look_again = in.options.probe_interval;
    return Flow::kStop;
  }
  Say(in, plan.status, cond::kReady, kFalse, cond::kReasonProbing, "waiting for Neko to answer");
  Say(in, plan.status, cond::kHealthy, kUnknown, cond::kReasonProbing);
  const auto limit = ParseDuration(in.session.spec.lifecycle.maxStartingDuration);
  // Several silent probes, so that one lost answer after a long pause of ours is not a late start.
  if (limit && *limit > Duration::zero() && in.since_start > *limit &&
      in.probe.failures >= in.options.probe_failures) {
    return InstanceFailed(in, plan, cond::kReasonStartTimeout,
                          "Neko did not answer within " +
                              in.session.spec.lifecycle.maxStartingDuration + ": " +
                              in.probe.message);
  }
  plan.look_again =
      std::clamp(in.since_start / 8, in.options.first_probe, in.options.slowest_probe);
  return Flow::kStop;
}

}  // namespace nekoplane::reconcilers::session
