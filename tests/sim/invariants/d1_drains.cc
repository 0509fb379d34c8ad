// D1: A drain has come to its end, or says why not.
#include "api/v1alpha1/browser_node.h"
#include "reconcilers/common/conditions.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckDrains(const View& view, Wrong& wrong) {
  const auto ledger = view.program.store().Claims();
  for (const auto& node : view.program.client().List<v1alpha1::BrowserNode>()) {
    const std::string& name = node.metadata.name;
    const auto* drained =
        reconcilers::FindCondition(node.status.conditions, v1alpha1::node::kDrained);
    if (drained == nullptr) {
      wrong.push_back(name + " says nothing about being drained");
      continue;
    }
    if (!node.spec.drain) {
      if (drained->is_true()) wrong.push_back(name + " is drained, though nobody asked for it");
      continue;
    }
    int held = 0;
    ledger->ForEachInScope(name, [&](const store::Claim& claim) {
      held += claim.kind == store::kClaimInstance ? 1 : 0;
    });
    if (drained->is_true() != (held == 0)) {
      wrong.push_back(name + " says Drained=" + drained->status + ", but " + std::to_string(held) +
                      " sessions hold room there");
    }
    const auto& drain = *node.spec.drain;
    const bool waits_for_users =
        drain.policy == v1alpha1::DrainPolicy::kWaitForUsers && drain.deadline.empty();
    if (held > 0 && !waits_for_users) {
      wrong.push_back(name + " is not empty long after it should be: " + drained->message);
    }
    if (held > 0 && drained->message.find("left") == std::string::npos) {
      wrong.push_back(name + " does not say what is left: " + drained->message);
    }
  }
}

}  // namespace nekoplane::sim
