// What is known of a worker's machine, as NodeFacts. Pure.
#pragma once

#include <optional>
#include <string>

#include "api/base/clock.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime::taos {

// The last that a worker, or a taOS controller on its behalf, said of itself.
struct WorkerReport {
  MonoTime at{};
  WallTime wall{};
  bool online = true;    // neither draining nor updating nor anything else
  bool browsers = true;  // offers the capability "browser"
  std::string status;    // its own word: "online"
  std::int64_t ram_mb = 0, cores = 0;
  std::string arch, soc;  // arch as in Go
  std::optional<GpuFacts> gpu;
  double load = 0;  // 0..1, of the processors
};

// What is on record of the machine, besides its reports.
struct Declaration {
  bool reports = false;  // it registered or is mirrored: silence means that it is down
  // It is mirrored, and the taOS controller that tells of it does not answer: silence means
  // nothing.
  bool controller_silent = false;
  // Written down by an operator, for one that reports nothing; else what it reported last.
  std::int64_t memory_bytes = 0, cores = 0;
  std::string arch, soc;
  std::optional<GpuFacts> gpu;
};

inline constexpr Duration kSilentAfter = std::chrono::seconds(30);  // as taOS: then it is offline

// Errors: kUnavailable: reasons NoHeartbeat, WorkerNotOnline, NoBrowserCapability.
Result<NodeFacts> FactsOf(const WorkerReport& report, MonoTime now);

NodeFacts FactsOf(const Declaration& declared);

}  // namespace nekoplane::runtime::taos
