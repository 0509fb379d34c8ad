// The experiment: lives of nekoplane that all end with SIGKILL, clients that work through it, and
// the verdict.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/blackbox/recorder.h"

namespace nekoplane::blackbox {

struct RunOptions {
  std::string binary;  // nekoplane
  std::string
      folder;  // made; one folder per installation in it, deleted unless something was found
  std::uint64_t seed = 1;
  int kills = 20;
  // Then a fresh data folder, so that starting stays quick and the first starts are killed as well.
  int kills_per_installation = 250;
  int writers = 8;
  std::function<void(const std::string&)> progress;  // may be empty; one line
};

struct RunReport {
  int kills = 0;
  int kills_while_starting = 0, kills_when_quiet = 0;
  Tally tally;
  std::vector<std::string> violations;
  std::string kept;  // the folder of the installation they were found in
};

// Ends after the first installation in which something is wrong.
RunReport Run(const RunOptions& options);

// kills, acknowledged writes, unknown writes, watch events, violations: one line.
std::string Summary(const RunReport& report);

}  // namespace nekoplane::blackbox
