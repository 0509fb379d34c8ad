// What happens to the world while the scenario runs: users, accidents, faults. Every choice comes
// from the world's seeded random numbers.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/world.h"

namespace nekoplane::sim {

struct ChaosOptions {
  int max_sessions = 8;
  int profiles = 2;
};

class Chaos {
 public:
  Chaos(World& world, ChaosOptions options) : world_(world), options_(options) {}

  // The objects that are there from the start: namespace, class, node, profiles.
  void Prepare();
  // One act of a user or one accident.
  void Act();
  // The end of all faults: the engine is up and hints flow. Strangers keep the ports they have.
  void Calm();

  // For Program. While faults are on, some effects fail, and now and then one is the last.
  Fate NextFate();

  bool faults = true;
  int deaths = 0;

 private:
  std::uint64_t Below(std::uint64_t n) { return world_.random.Below(n); }

  bool Chance(std::uint64_t percent) { return Below(100) < percent; }

  std::vector<v1alpha1::BrowserSession> Sessions() const;
  // A random one; nullopt if there is none.
  std::optional<v1alpha1::BrowserSession> Pick();
  void Create();
  void Delete();
  void Edit();
  void ToggleMode();
  void EditProfiles();
  void Accident();
  void PatchSpec(const v1alpha1::BrowserSession& session, const std::string& json);

  World& world_;
  const ChaosOptions options_;
  int created_ = 0;
  bool engine_down_ = false, hints_held_ = false;
  std::vector<std::pair<std::string, int>> occupied_;
};

}  // namespace nekoplane::sim
