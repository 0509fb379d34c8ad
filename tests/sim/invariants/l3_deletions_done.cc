// L3: Every deletion has come to its end.
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckDeletionsDone(const View& view, Wrong& wrong) {
  for (const auto& session : view.program.client().List<v1alpha1::BrowserSession>()) {
    if (session.metadata.deleting()) wrong.push_back(Describe(session) + " is still being deleted");
  }
  for (const auto& profile : view.program.client().List<v1alpha1::BrowserProfile>()) {
    // One that a session uses waits for that session, and says so.
    if (profile.metadata.deleting() && !profile.status.holder) {
      wrong.push_back("profile " + profile.metadata.name + " is still being deleted");
    }
  }
}

}  // namespace nekoplane::sim
