// Sessions under chaos: users come and go, containers die, the engine goes away, nekoplane is
// killed at random instants; then the faults stop and everything must come right.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/chaos.h"
#include "tests/sim/invariants.h"
#include "tests/sim/life.h"
#include "tests/sim/world.h"

namespace nekoplane::sim {
namespace {

constexpr std::uint64_t kSeeds = 40;
constexpr int kChaosSteps = 600;
constexpr auto kSettle = std::chrono::minutes(16);  // the longest back-off, three times
constexpr auto kIdle = std::chrono::minutes(10);

std::string Join(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += "\n  " + line;
  return text;
}

class Scenario {
 public:
  explicit Scenario(std::uint64_t seed)
      : world_(seed, {.registry = {"example.org/must-be-pulled:1"},
                      .health_delay = std::chrono::milliseconds(40),
                      .pull_delay = std::chrono::seconds(3)}),
        chaos_(world_, {}),
        life_(world_, [this] { return chaos_.NextFate(); }) {}

  // Empty: all went well.
  std::string Run() {
    chaos_.Prepare();
    life_.Restart();
    for (int step = 0; step < kChaosSteps; ++step) {
      Step();
      const auto wrong = AlwaysWrong(world_);
      if (!wrong.empty()) return "after step " + std::to_string(step) + ":" + Join(wrong);
    }
    chaos_.Calm();
    life_.RestartIfDead();
    if (!life_.Pass(kSettle)) return "it never comes to rest";
    auto wrong = WrongAfterSettling(world_);
    if (!wrong.empty()) return "after settling:" + Join(wrong);
    const std::string before = VersionsOf(world_);
    if (!life_.Pass(kIdle)) return "it never comes to rest";
    wrong = WrongAfterSettling(world_);
    if (!wrong.empty()) return "after idling:" + Join(wrong);
    if (VersionsOf(world_) != before) {
      return "writes at idle:\n  " + before + "\n  " + VersionsOf(world_);
    }
    return "";
  }

  std::uint64_t trace() const { return world_.trace_hash; }

  int deaths() const { return chaos_.deaths; }

  const std::map<std::string, int>& events() const { return world_.events; }

 private:
  void Step() {
    auto& random = world_.random;
    const auto what = random.Below(100);
    if (what < 7) {
      chaos_.Act();
      world_.Trace("act");
    } else if (what < 60) {
      life_.program().Process(0);  // sessions
      world_.Trace("session");
    } else if (what < 75) {
      life_.program().Process(random.Below(life_.program().controllers()));
      world_.Trace("other");
    } else if (what < 80) {
      life_.program().RunPull();
      world_.Trace("pull");
    } else if (what < 97) {
      world_.clock.Advance(std::chrono::milliseconds(random.Below(2000)));
      world_.Trace("time");
    } else {
      world_.clock.Advance(std::chrono::seconds(random.Below(60)));
      world_.Trace("time");
    }
    life_.RestartIfDead();
  }

  World world_;
  Chaos chaos_;
  Life life_;
};

std::optional<std::uint64_t> NumberFromEnvironment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::strtoull(text, nullptr, 0);
}

// NEKO_SIM_SEED=n runs only that seed; NEKO_SIM_SEEDS=n runs so many, from 1 on.
TEST(SessionSim, ChaosEndsInExactlyWhatIsDeclared) {
  const auto only = NumberFromEnvironment("NEKO_SIM_SEED");
  const std::uint64_t first = only.value_or(1);
  const std::uint64_t count = only ? 1 : NumberFromEnvironment("NEKO_SIM_SEEDS").value_or(kSeeds);
  int deaths = 0, failed = 0;
  std::map<std::string, int> events;
  for (std::uint64_t seed = first; seed < first + count && failed < 5; ++seed) {
    Scenario scenario(seed);
    const std::string wrong = scenario.Run();
    deaths += scenario.deaths();
    for (const auto& [reason, n] : scenario.events()) events[reason] += n;
    if (wrong.empty()) continue;
    ADD_FAILURE() << "repeat with NEKO_SIM_SEED=" << seed << ": " << wrong;
    ++failed;
  }
  std::printf("seeds %llu..%llu; nekoplane was killed %d times; told:",
              static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(first + count - 1), deaths);
  for (const auto& [reason, n] : events) std::printf(" %s %d", reason.c_str(), n);
  std::printf("\n");
  if (only) return;
  // Else the dark corners were not visited, and a green run says little.
  EXPECT_GT(deaths, static_cast<int>(count));
  for (const char* reason : {"Scheduled", "Started", "Ready", "ContainerDied", "ContainerGone",
                             "Unhealthy", "PortInUse", "Pulling", "FailedScheduling"}) {
    EXPECT_GT(events[reason], 0) << reason << " never happened";
  }
}

TEST(SessionSim, OneSeedGivesOneTrace) {
  for (const std::uint64_t seed : {7ULL, 8ULL, 9ULL}) {
    Scenario first(seed), second(seed);
    EXPECT_EQ(first.Run(), second.Run());
    EXPECT_EQ(first.trace(), second.trace()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace nekoplane::sim
