// One run: a world, its users and accidents, from one seed; then the faults stop, and everything
// must come right.
//
// Thread safety: one thread per run; runs share nothing.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/fate.h"
#include "tests/sim/scenario.h"

namespace nekoplane::sim {

struct Outcome {
  std::vector<std::string> wrong;  // empty: all went well
  std::uint64_t trace = 0;         // a hash of everything that happened, in order
  std::uint64_t events = 0, lives = 0, deaths = 0, strikes = 0;
  std::uint64_t versions = 0;  // that the store came to
  double hours = 0;            // of virtual time
  std::array<std::uint64_t, kFaults> struck{};
  std::set<std::string> reached, crashed;  // points
  std::map<std::string, int> told;         // v1 Events by reason
  std::map<int, int> answers;              // by HTTP status

  bool ok() const { return wrong.empty(); }
};

Outcome Run(const Scenario& scenario, std::uint64_t seed, const Mercy& mercy = {});

// The same run with as few faults as still go wrong, within `budget` more runs.
RunId Minimise(const Scenario& scenario, const RunId& failing, int budget = 60);

}  // namespace nekoplane::sim
