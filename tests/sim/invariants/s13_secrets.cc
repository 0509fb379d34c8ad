// S13: No secret is in a status, an event or the log. (Statuses: EventLog, version by version.)
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckSecrets(const View& view, Wrong& wrong) {
  for (const auto& message : view.world.log.leaks) wrong.push_back("it was told: " + message);
}

}  // namespace nekoplane::sim
