// S1: There is never more than one container per session, over all machines; but for what a machine
// that was given up still runs.
#include <set>

#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckOneContainer(const View& view, Wrong& wrong) {
  std::set<std::string> seen;
  for (const auto& [node, engine] : view.world.engines) {
    if (view.world.ever_lost.contains(node)) continue;
    for (const auto& container : engine->Containers()) {
      if (!seen.insert(container.spec.session_uid).second) {
        wrong.push_back("two containers for session " + container.spec.session_uid);
      }
    }
  }
}

}  // namespace nekoplane::sim
