// S3: Nothing is left on any machine of a session that is gone.
#include <set>

#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckOrphans(const View& view, Wrong& wrong) {
  std::set<std::string> uids;
  for (const auto& session : view.program.client().List<v1alpha1::BrowserSession>()) {
    uids.insert(session.metadata.uid);
  }
  for (const auto& [node, engine] : view.world.engines) {
    for (const auto& container : engine->Containers()) {
      if (!uids.contains(container.spec.session_uid)) {
        wrong.push_back("container " + container.name + " on " + node + " has no owner");
      }
    }
    for (const auto& volume : engine->Volumes()) {
      if (!volume.session_uid.empty() && !uids.contains(volume.session_uid)) {
        wrong.push_back("volume " + volume.name + " on " + node + " has no owner");
      }
    }
  }
  for (const auto& secret : view.program.client().List<v1alpha1::Secret>()) {
    const auto& owners = secret.metadata.ownerReferences;
    if (owners.size() != 1 || !uids.contains(owners[0].uid)) {
      wrong.push_back("secret " + secret.metadata.name + " has no owner");
    }
  }
}

}  // namespace nekoplane::sim
