// Admission: our finalizer is on the object before anything exists outside of it.
#include "api/base/mutant.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {

Flow Admit(const Inputs& in, Plan& plan) {
  if (HasFinalizer(in.session) || NEKO_MUTANT(kNoFinalizer)) return Flow::kNext;
  plan.action = Action::kAddFinalizer;
  plan.look_again = Duration::zero();
  return Flow::kStop;
}

}  // namespace nekoplane::reconcilers::session
