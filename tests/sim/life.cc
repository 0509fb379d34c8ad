#include "tests/sim/life.h"

namespace nekoplane::sim {
namespace {

constexpr int kLivelock = 5000;

}  // namespace

void Life::Restart() {
  program_.reset();
  program_ = std::make_unique<Program>(world_, fates_);
  world_.Trace("start");
}

void Life::RestartIfDead() {
  if (program_->dead()) Restart();
}

bool Life::Pass(Duration time) {
  const MonoTime end = world_.clock.Now() + time;
  int at_once = 0;
  while (at_once < kLivelock) {
    bool busy = program_->RunPull();
    for (std::size_t i = 0; i < program_->controllers() && !program_->dead(); ++i) {
      if (program_->Process(i)) busy = true;
    }
    ++at_once;
    if (program_->dead()) {
      Restart();
      continue;
    }
    if (busy) continue;
    const auto due = program_->NextDue();
    if (!due || *due > end) {
      world_.clock.AdvanceTo(end);
      return true;
    }
    world_.clock.AdvanceTo(*due);
    world_.Trace("pass");
    at_once = 0;
  }
  return false;
}

}  // namespace nekoplane::sim
