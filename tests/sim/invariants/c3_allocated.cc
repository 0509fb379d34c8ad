// C3: What a node says is taken is what is claimed there.
#include "api/base/quantity.h"
#include "api/v1alpha1/browser_node.h"
#include "reconcilers/common/claims.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckAllocated(const View& view, Wrong& wrong) {
  const auto ledger = view.program.store().Claims();
  for (const auto& node : view.program.client().List<v1alpha1::BrowserNode>()) {
    const auto use = reconcilers::UseOf(node, *ledger);
    const auto memory = ParseBytes(node.status.allocated.memory);
    if (node.status.sessions != use.sessions || !memory || *memory != use.allocated.memory_bytes) {
      wrong.push_back(node.metadata.name + " says that " + std::to_string(node.status.sessions) +
                      " sessions hold " + node.status.allocated.memory + ", but " +
                      std::to_string(use.sessions) + " hold " +
                      std::to_string(use.allocated.memory_bytes));
    }
  }
}

}  // namespace nekoplane::sim
