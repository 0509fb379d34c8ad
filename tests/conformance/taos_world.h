// A taOS browser-worker as a RuntimeWorld: the fake of tests/support, driven by the real driver.
#pragma once

#include <memory>

#include "tests/conformance/runtime_world.h"

namespace nekoplane::conformance {

std::unique_ptr<RuntimeWorld> MakeTaosWorld();

}  // namespace nekoplane::conformance
