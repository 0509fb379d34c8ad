// The question the wrapper asks before it stores a session. The answer comes from the scheduler,
// which api/ must not know.
#pragma once

#include <functional>
#include <string>

#include "api/v1alpha1/browser_session.h"

namespace nekoplane::taos {

struct PlacementAnswer {
  enum class Outcome {
    kCapableAndRoom,
    kNoCapableNode,  // no node could run it, even an empty one
    kNoCapacity,     // some could, but not now
  };
  Outcome outcome = Outcome::kCapableAndRoom;
  std::string message;  // the scheduler's sentence; "" if there is nothing to say
};

// Must not block. Called from any thread.
using PlacementCheck = std::function<PlacementAnswer(const v1alpha1::BrowserSession&)>;

}  // namespace nekoplane::taos
