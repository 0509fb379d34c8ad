// World is what survives a crash of nekoplane: the disk, the machines and their engines, time, and
// the record of what was told to whom.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/log.h"
#include "api/base/random.h"
#include "controller/runtime/sim/sim_engine.h"
#include "tests/sim/event_log.h"
#include "tests/sim/fate.h"
#include "tests/sim/fibers.h"
#include "tests/support/fake_clock.h"
#include "tests/support/sim_disk/sim_disk.h"

namespace nekoplane::sim {

inline constexpr char kMustBePulled[] = "example.org/must-be-pulled:1";

// Keeps what was logged for as long as it takes to look for secrets in it.
class TaintedLog final : public Logger {
 public:
  explicit TaintedLog(const EventLog& events) : events_(events) {}

  void Write(LogLevel level, std::string_view message, Fields fields) override;

  std::set<std::string> leaks;  // messages that showed a secret

 private:
  void Look(std::string_view text, std::string_view message);

  const EventLog& events_;
};

struct World {
  // `nodes`: "host", "worker-1", ...
  World(std::uint64_t seed, int nodes);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // What happened, in order; two runs of one seed must agree.
  void Trace(std::string_view what);

  std::uint64_t EngineCalls() const;

  testing::FakeClock clock;
  SeededRandom random;  // who runs next
  SeededRandom ids;     // uids, passwords, jitter
  SimDisk disk;
  EventLog events;
  TaintedLog log{events};
  std::map<std::string, std::unique_ptr<runtime::SimEngine>, std::less<>> engines;
  Fibers fibers{random};

  bool arriving_late = false;  // the engine call about to take effect is a dead program's

  std::vector<std::string> pulled_twice;  // at once
  std::set<std::string> ever_lost;        // nodes that were given up at some time

  std::map<std::string, int> told;  // v1 Events by reason
  std::set<Point> reached, crashed;
  std::uint64_t trace_hash = 1469598103934665603ULL;
  std::string_view last;    // what was traced last; a literal
  std::uint64_t steps = 0;  // everything that counts as one simulated event
  std::uint64_t lives = 0, deaths = 0;
};

}  // namespace nekoplane::sim
