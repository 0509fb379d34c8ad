// S14: No image is pulled twice at once on a node.
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckPulls(const View& view, Wrong& wrong) {
  wrong.insert(wrong.end(), view.world.pulled_twice.begin(), view.world.pulled_twice.end());
}

}  // namespace nekoplane::sim
