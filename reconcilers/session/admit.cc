// Admission: our finalizer is on the object before anything exists outside of it.
#include <algorithm>

#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {

Flow Admit(const Inputs& in, Plan& plan) {
  const auto& finalizers = in.session.metadata.finalizers;
  if (std::find(finalizers.begin(), finalizers.end(), v1alpha1::BrowserSession::kFinalizer) !=
      finalizers.end()) {
    return Flow::kNext;
  }
  plan.action = Action::kAddFinalizer;
  plan.look_again = Duration::zero();
  return Flow::kStop;
}

}  // namespace nekoplane::reconcilers::session
