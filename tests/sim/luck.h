// Whether something goes wrong now. One stream of random numbers for nothing else, so that sparing
// a run one fault changes as little as possible of the others.
//
// Thread safety: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "api/base/random.h"
#include "tests/sim/scenario.h"

namespace nekoplane::sim {

class Luck {
 public:
  Luck(std::uint64_t seed, const Scenario& scenario, Mercy mercy)
      : random_(seed), mercy_(std::move(mercy)) {
    for (const auto& [fault, rate] : scenario.faults) {
      const bool active = random_.Below(100) < rate.active;
      rates_[Index(fault)] = active ? rate.rate : 0;
    }
  }

  // One chance of `fault`: does it strike?
  bool Strikes(Fault fault) {
    const std::uint64_t rate = rates_[Index(fault)];
    if (!on_ || rate == 0 || random_.Below(10'000) >= rate) return false;
    const std::uint64_t number = strikes_++;
    if (mercy_.kinds.contains(fault) || number >= mercy_.until || mercy_.spare.contains(number)) {
      return false;
    }
    ++struck_[Index(fault)];
    return true;
  }

  std::uint64_t Below(std::uint64_t n) { return random_.Below(n); }

  Random& random() { return random_; }

  void Off() { on_ = false; }

  void On() { on_ = true; }

  bool on() const { return on_; }

  // How often each did, and how often any could have but for mercy.
  const std::array<std::uint64_t, kFaults>& struck() const { return struck_; }

  std::uint64_t strikes() const { return strikes_; }

 private:
  static std::size_t Index(Fault fault) { return static_cast<std::size_t>(fault); }

  SeededRandom random_;
  const Mercy mercy_;
  std::array<std::uint64_t, kFaults> rates_{}, struck_{};
  std::uint64_t strikes_ = 0;
  bool on_ = false;
};

}  // namespace nekoplane::sim
