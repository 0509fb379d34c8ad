// S2: Every port that a container of ours binds is claimed by the session it serves.
#include <map>

#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {
namespace {

bool Exists(const View& view, const std::string& uid) {
  bool found = false;
  view.program.store()
      .List(v1alpha1::BrowserSession::kResource)
      ->ForEach("", "", [&](const store::ObjectPtr& object) {
        found = object->uid == uid;
        return !found;
      });
  return found;
}

}  // namespace

void CheckPorts(const View& view, Wrong& wrong) {
  const auto ledger = view.program.store().Claims();
  for (const auto& [node, engine] : view.world.engines) {
    std::map<std::string, std::string> uid_of;
    for (const auto& container : engine->Containers()) {
      uid_of[container.name] = container.spec.session_uid;
    }
    if (uid_of.empty()) continue;
    for (const auto& [port, holder] : engine->BoundPorts()) {
      const auto it = uid_of.find(holder);
      if (it == uid_of.end()) continue;  // a stranger's
      const auto slash = port.find('/');
      const auto claim =
          ledger->Find("port-" + port.substr(0, slash), node, port.substr(slash + 1));
      if (claim && claim->owner == it->second) continue;
      // Given up with the machine, which runs it until the collector's next look.
      if (view.world.ever_lost.contains(node) &&
          !ledger->Find(store::kClaimInstance, node, it->second)) {
        continue;
      }
      // What is left of a session that is gone lives until the collector's next look.
      if (!claim && !Exists(view, it->second)) continue;
      wrong.push_back(port + " of " + node + " is bound by " + holder +
                      (claim ? " but claimed by " + claim->owner : " without a claim"));
    }
  }
}

}  // namespace nekoplane::sim
