// S1: There is never more than one container per session, over all machines; but for what a machine
// that was given up still runs.
#include <set>

#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckOneContainer(const View& view, Wrong& wrong) {
  std::set<std::string> seen;
  const auto ledger = view.program.store().Claims();
  for (const auto& [node, engine] : view.world.engines) {
    for (const auto& container : engine->Containers()) {
      const bool given_up = view.world.ever_lost.contains(node) &&
                            !ledger->Find(store::kClaimInstance, node, container.spec.session_uid);
      if (given_up) continue;
      if (!seen.insert(container.spec.session_uid).second) {
        wrong.push_back("two containers for session " + container.spec.session_uid);
      }
    }
  }
}

}  // namespace nekoplane::sim
