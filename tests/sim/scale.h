// The whole program with many machines and many sessions, and nothing that fails: is every promise
// kept at that size too, and what does one more session cost?
#pragma once

#include <cstdint>

namespace nekoplane::sim {

struct ScaleOptions {
  int nodes = 1'000;
  int sessions = 20'000;
  std::uint64_t seed = 1;
};

// Prints what it does. Exit statuses: 0 = every promise was kept, 1 = some were not, each told;
// 2 = the options make no sense.
int RunScale(const ScaleOptions& options);

}  // namespace nekoplane::sim
