// S9: No session disappears that nobody asked to delete.
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckNoSessionLost(const View& view, Wrong& wrong) {
  for (const auto& entry : view.world.events.entries()) {
    if (entry.type != store::EventType::kDeleted || entry.object == nullptr) continue;
    const auto& key = entry.object->key;
    if (key.resource != v1alpha1::BrowserSession::kResource) continue;
    if (!view.users.deleted().contains(key.name)) {
      wrong.push_back(key.name + " was deleted at version " +
                      std::to_string(entry.object->version) + ", and nobody had asked for it");
    }
  }
}

}  // namespace nekoplane::sim
