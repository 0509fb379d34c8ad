// One nekoplane after the other over one world: who dies is followed by the next, at once or later,
// and now and then the whole machine loses its power.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/luck.h"
#include "tests/sim/program.h"
#include "tests/sim/world.h"

namespace nekoplane::sim {

class Life {
 public:
  // All outlive it. Every effect of every program asks `fates`.
  Life(World& world, Luck& luck, Fates fates, Program::Options options)
      : world_(world), luck_(luck), fates_(std::move(fates)), options_(options) {}

  ~Life() { End(); }

  // nullptr while nothing runs.
  Program* program() { return program_ && !program_->dead() ? program_.get() : nullptr; }

  // To be called between steps: buries the dead, and starts the next when its time has come.
  void Tend();
  void RestartNow();
  // The end of all: runs every task to its end, whoever began it. Idempotent.
  void End();

  // The next death is the whole machine's.
  void LosePowerNext() { power_ = true; }

  // One thing that can be done now, by whoever can; false if there is nothing.
  bool Step();
  // Lets a request of a dead program arrive.
  bool ArriveLate();
  // Lets that much virtual time go by, doing whatever is due. Not "": there is no end to what is
  // due at one instant; what it is.
  std::string Pass(Duration time);

 private:
  void Bury();
  void Start();
  void DropFinished();

  World& world_;
  Luck& luck_;
  const Fates fates_;
  const Program::Options options_;
  std::unique_ptr<Program> program_;
  std::vector<std::unique_ptr<Program>> dead_;  // with requests still on their way
  MonoTime returns_at_{};
  bool power_ = false;
};

}  // namespace nekoplane::sim
