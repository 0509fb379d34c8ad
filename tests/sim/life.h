// One nekoplane after the other over one world: who is killed is followed by the next at once.
#pragma once

#include <memory>

#include "tests/sim/world.h"

namespace nekoplane::sim {

class Life {
 public:
  // `world` outlives it. Every effect of every program asks `fates`.
  Life(World& world, Fates fates) : world_(world), fates_(std::move(fates)) {}

  Program& program() { return *program_; }

  // Kills the program that runs, if any, and starts the next.
  void Restart();
  void RestartIfDead();

  // Lets that much virtual time go by, doing whatever is due. False: there is no end to what is due
  // at one instant.
  bool Pass(Duration time);

 private:
  World& world_;
  const Fates fates_;
  std::unique_ptr<Program> program_;
};

}  // namespace nekoplane::sim
