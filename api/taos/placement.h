// The questions the wrapper asks about a session that is not stored yet. The answers come from the
// scheduler, which api/ must not know.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "api/base/result.h"
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

// The whole answer, as it is sent: every node with every filter's verdict and every score.
// Must not block. Called from any thread. Errors: kNotFound: the session's class.
using PlacementExplain =
    std::function<Result<nlohmann::ordered_json>(const v1alpha1::BrowserSession& session)>;

}  // namespace nekoplane::taos
