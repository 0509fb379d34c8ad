// The sum over many runs, which may have been made in other processes.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/run.h"

namespace nekoplane::sim {

// One line without a newline, as Tally::Add takes it.
std::string ToText(const Outcome& outcome);

class Tally {
 public:
  void Add(std::string_view text);

  // "2000 seeds, 1200000 events, 120 virtual days, 6000 crashes, 45 of 46 points crashed at (97
  // %)".
  std::string Summary(double seconds) const;
  // " die-before 120 disk-full 7 ...".
  std::string Faults() const;
  std::vector<std::string> NotCrashedAt() const;

 private:
  std::uint64_t runs_ = 0, events_ = 0, lives_ = 0, deaths_ = 0, versions_ = 0;
  double hours_ = 0;
  std::array<std::uint64_t, kFaults> struck_{};
  std::set<std::string> reached_, crashed_;
};

}  // namespace nekoplane::sim
