// A real Docker Engine as a RuntimeWorld: the one at $NEKO_TEST_DOCKER_HOST or $DOCKER_HOST.
#pragma once

#include <memory>
#include <string>

#include "tests/conformance/runtime_world.h"

namespace nekoplane::conformance {

// Errors: no engine answers there, or the stand-in image cannot be had.
Result<std::unique_ptr<RuntimeWorld>> MakeDockerWorld();

}  // namespace nekoplane::conformance
