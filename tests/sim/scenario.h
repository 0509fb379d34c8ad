// A scenario is data: who uses nekoplane, on which machines, and what may go wrong how often. The
// files are in tests/sim/scenarios/; their format is described in tests/sim/README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "api/base/result.h"

namespace nekoplane::sim {

// Everything that can go wrong. Names in scenario files: FaultName.
enum class Fault {
  // Per effect.
  kCommitFails,
  kCommitReplyLost,
  kCallFails,
  kCallReplyLost,
  kDieBefore,
  kDieAfter,
  kDieLate,
  kSlow,
  // Per disk operation.
  kDiskFull,
  kDiskError,
  kDiskTorn,
  kSyncFails,
  kDieInDisk,
  // Per death.
  kPowerLoss,
  kSlowReturn,
  // Per step.
  kContainerDies,
  kContainerVanishes,
  kContainerSick,
  kPortTaken,
  kEngineDown,
  kEngineReboot,
  kHintsHeld,
  kClockJump,
  kSwizzle,
  kWatchCut,
  // Per run.
  kShortHistory,
  kSmallHost,
  kImageMissing,
  kPrepull,  // no fault, but another course
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::kPrepull) + 1;

const char* FaultName(Fault fault);

struct Rate {
  std::uint64_t active = 0;  // of 100 runs so many have it at all
  std::uint64_t rate = 0;    // of 10,000 chances it takes so many
};

struct Scenario {
  std::string name, about;
  int steps = 500;   // in which faults happen
  int nodes = 1;     // "host" and workers
  int sessions = 8;  // at most, at a time
  int profiles = 2;
  int user_percent = 7;     // of the steps are a user's
  int force_percent = 0;    // of the acts of users are by force, or on profiles
  int profile_percent = 0;  // of them make and delete profiles, and every session wants one
  int rare = 1;             // among others, it has its turn only once in so many
  int losses = 0;           // when all is over, so often a machine is lost, then most of them
  int admin_percent = 0;  // of the acts of users are about machines; these come and go faster then
  int time_percent = 3;   // after so many, time passes although there is something to do
  std::map<Fault, Rate> faults;
};

// Errors: kInvalid, names what is wrong and where.
Result<Scenario> ParseScenario(const std::string& text);
Result<Scenario> LoadScenario(const std::string& path);
// All of a folder, by name.
Result<std::vector<Scenario>> LoadScenarios(const std::string& folder);

// What a failing run is spared, to find out which faults it needs.
struct Mercy {
  std::set<Fault> kinds;          // never strike
  std::uint64_t until = ~0ULL;    // strikes from this number on do not happen,
  std::set<std::uint64_t> spare;  // nor do these
};

// One line that says all about a run: "chaos 17 without=clock-jump until=31 spare=4,7".
struct RunId {
  std::string scenario;
  std::uint64_t seed = 0;
  Mercy mercy;
};

std::string ToLine(const RunId& id);
Result<RunId> ParseRunId(const std::string& line);

}  // namespace nekoplane::sim
