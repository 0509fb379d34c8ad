#include "reconcilers/driver/driver_triggers.h"

#include "api/registry/namespaces.h"
#include "controller/runtime/node_drivers.h"

namespace nekoplane::reconcilers::driver {

void DriverTriggers::OnNode(const informer::Change<v1alpha1::BrowserNode>& change) const {
  const auto* before = change.before.get();
  const auto* after = change.after.get();
  if (before != nullptr && after != nullptr && before->metadata.uid == after->metadata.uid &&
      before->metadata.generation == after->metadata.generation) {
    return;
  }
  enqueue_({"", (after != nullptr ? after : before)->metadata.name});
}

void DriverTriggers::OnSecret(std::string_view ns, std::string_view name) const {
  if (ns != registry::kSystemNamespace) return;
  for (const auto& node : nodes_()) {
    if (runtime::SecretOfNode(*node) == name) enqueue_({"", node->metadata.name});
  }
}

}  // namespace nekoplane::reconcilers::driver
