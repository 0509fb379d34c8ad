// S13: No secret is in a status, an event or the log.
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckSecrets(const View& view, Wrong& wrong) {
  for (const auto& message : view.world.log.leaks) wrong.push_back("it was told: " + message);
  const auto& secrets = view.world.events.secrets();
  for (const char* resource :
       {v1alpha1::BrowserSession::kResource, v1alpha1::BrowserProfile::kResource,
        v1alpha1::BrowserNode::kResource}) {
    view.program.store().List(resource)->ForEach("", "", [&](const store::ObjectPtr& object) {
      for (const auto& secret : secrets) {
        if (object->bytes.find(secret) != std::string::npos) {
          wrong.push_back(NameOf(object->key) + " shows one");
        }
      }
      return true;
    });
  }
}

}  // namespace nekoplane::sim
