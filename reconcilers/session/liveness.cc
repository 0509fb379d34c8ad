// Healthy: a container can run with nothing useful in it (supervisord outlives Neko), so liveness
// is our own probe, for as long as the session runs.
#include <algorithm>

#include "api/base/mutant.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {

namespace cond = v1alpha1::session;

Flow StayHealthy(const Inputs& in, Plan& plan) {
  switch (in.probe.kind) {
    case Probe::Kind::kAnswered:
      Say(in, plan.status, cond::kHealthy, kTrue, cond::kReasonHealthy);
      break;
    case Probe::Kind::kSilent:
      if (in.probe.failures >= in.options.probe_failures && !NEKO_MUTANT(kSickStaysReady)) {
        return InstanceFailed(in, plan, cond::kReasonUnhealthy,
                              "Neko stopped answering: " + in.probe.message);
      }
      break;
    case Probe::Kind::kNotAsked:
      break;
  }
  plan.status.failures = FailuresNow(in);
  plan.look_again =
      std::max(in.options.probe_interval - in.probe.since_last, in.options.first_probe);
  return Flow::kStop;
}

}  // namespace nekoplane::reconcilers::session
