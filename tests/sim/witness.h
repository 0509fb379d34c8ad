// Looks at every engine call at the instant it takes effect, and asks the store of that instant
// whether it may: S10 (nothing is destroyed that the store does not say is to go), S8 (no profile's
// data goes before its profile) and S4's other half (nothing is made before it is claimed).
//
// Thread safety: one thread. Lifetime: the world's engines refer to it until its destructor.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/life.h"
#include "tests/sim/users.h"
#include "tests/sim/world.h"

namespace nekoplane::sim {

class Witness {
 public:
  Witness(World& world, Life& life, const Users& users);
  ~Witness();

  std::vector<std::string> wrong;

 private:
  void See(const std::string& node, const runtime::SimEngine& engine, runtime::SimCall call,
           std::string_view target);
  void SeeMaking(const std::string& node, const std::string& uid);
  void SeeStopping(const std::string& node, const runtime::SimEngine& engine,
                   const std::string& uid);
  bool HasAnother(const store::ObjectPtr& owner, const std::string& node,
                  std::string_view volume) const;
  bool LeavesForGood(const store::ObjectPtr& owner, const std::string& node) const;
  void SeeVolumeRemoval(const std::string& node, const runtime::SimEngine& engine,
                        std::string_view name);
  bool MayGo(const std::string& profile_uid) const;
  store::ObjectPtr Find(const char* resource, std::string_view uid) const;

  World& world_;
  Life& life_;
  const Users& users_;
};

}  // namespace nekoplane::sim
