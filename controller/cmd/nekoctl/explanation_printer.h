// Prints a PlacementExplanation for people: nodes side by side in the order they would be taken,
// one line for each filter and each score, and what the refusals mean.
#pragma once

#include <iosfwd>
#include <nlohmann/json_fwd.hpp>

namespace nekoplane::ctl {

void PrintExplanation(std::ostream& out, const nlohmann::json& explanation);

}  // namespace nekoplane::ctl
