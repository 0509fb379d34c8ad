// S8: A profile's data is there for as long as its profile is, and has one writer.
//
// That nothing removes a volume too early is watched at the instant it would happen (Witness);
// here: two writers, and the volume of what runs.
#include <set>

#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckProfileData(const View& view, Wrong& wrong) {
  for (const auto& [node, engine] : view.world.engines) {
    for (const auto& violation : engine->Violations()) wrong.push_back(node + ": " + violation);
    std::set<std::string> volumes;
    for (const auto& volume : engine->Volumes()) volumes.insert(volume.name);
    for (const auto& container : engine->Containers()) {
      const auto& profile = container.spec.profile;
      if (!profile) continue;
      if (!volumes.contains(profile->volume)) {
        wrong.push_back(container.name + " on " + node + " has lost its volume");
      }
      // Another profile of the same name must never meet it.
      if (!profile->profile_uid.empty() &&
          profile->volume != runtime::ProfileVolumeName(profile->profile_uid)) {
        wrong.push_back(profile->volume + " is not named after its profile's uid");
      }
    }
  }
}

}  // namespace nekoplane::sim
