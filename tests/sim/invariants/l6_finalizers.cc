// L6: What people took off by hand is there again.
#include <algorithm>

#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckFinalizers(const View& view, Wrong& wrong) {
  using v1alpha1::BrowserSession;
  for (const auto& session : view.program.client().List<BrowserSession>()) {
    const auto& finalizers = session.metadata.finalizers;
    if (std::find(finalizers.begin(), finalizers.end(), BrowserSession::kFinalizer) ==
        finalizers.end()) {
      wrong.push_back(NameOf(session) + " has no finalizer");
    }
  }
}

}  // namespace nekoplane::sim
