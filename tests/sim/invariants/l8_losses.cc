// L8: Nobody stays on a lost machine who may leave it.
#include <set>

#include "api/v1alpha1/browser_node.h"
#include "reconcilers/session/steps.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckLosses(const View& view, Wrong& wrong) {
  const auto& client = view.program.client();
  std::set<std::string> lost;
  for (const auto& node : client.List<v1alpha1::BrowserNode>()) {
    if (reconcilers::session::IsLost(node)) lost.insert(node.metadata.name);
  }
  for (const auto& session : client.List<v1alpha1::BrowserSession>()) {
    const auto& spec = session.spec;
    const bool bound = spec.profileRef || spec.nodeName == session.status.nodeName ||
                       spec.nodeLossPolicy == v1alpha1::NodeLossPolicy::kWait ||
                       spec.operatingMode == v1alpha1::OperatingMode::kSuspended;
    if (!bound && !session.metadata.deleting() && lost.contains(session.status.nodeName)) {
      wrong.push_back(Describe(session) + " stays on " + session.status.nodeName);
    }
  }
}

}  // namespace nekoplane::sim
