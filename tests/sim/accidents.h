// What happens to the machines while nekoplane runs on them.
//
// Thread safety: one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/luck.h"
#include "tests/sim/users.h"
#include "tests/sim/world.h"

namespace nekoplane::sim {

class Accidents {
 public:
  // An engine that is down comes back within so many chances, on average.
  Accidents(World& world, Luck& luck, Users& users, std::uint64_t repair = 100)
      : world_(world), luck_(luck), users_(users), repair_(repair) {}

  // One chance of each.
  void MayHappen();
  // The end of all: engines are up and hints flow. Strangers keep the ports they have.
  void End();

  // Containers, by session uid, that were killed or made sick, and when last.
  const std::map<std::string, MonoTime>& hurt() const { return hurt_; }

 private:
  runtime::SimEngine& AnyEngine();
  // A session with a container on that engine; "" if there is none.
  std::string AnyContainer(const runtime::SimEngine& engine);
  void TakePort();
  void Swizzle();

  World& world_;
  Luck& luck_;
  Users& users_;
  const std::uint64_t repair_;
  std::set<std::string> down_, held_;
  std::vector<std::pair<std::string, std::pair<std::string, int>>> taken_;
  std::map<std::string, MonoTime> hurt_;
};

}  // namespace nekoplane::sim
