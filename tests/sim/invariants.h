// What must hold. Each returns what is wrong, in words; empty = nothing.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/world.h"

namespace nekoplane::sim {

// After every step, whatever happens: one container per session, no port of ours without a claim by
// the session it serves, one writer per volume, no secret in plain sight.
std::vector<std::string> AlwaysWrong(const World& world);

// Once faults have stopped and time has passed: the machine runs exactly what is declared, all of
// it ready or waiting for a stated reason, and nothing is left of what was deleted.
std::vector<std::string> WrongAfterSettling(const World& world);

// The versions of everything but nodes, whose heartbeat may move on.
std::string VersionsOf(const World& world);

}  // namespace nekoplane::sim
