#include "tests/sim/world.h"

#include <utility>

namespace nekoplane::sim {

void TaintedLog::Look(std::string_view text, std::string_view message) {
  for (const auto& secret : events_.secrets()) {
    if (text.find(secret) != std::string_view::npos) leaks.emplace(message);
  }
}

void TaintedLog::Write(LogLevel, std::string_view message, Fields fields) {
  Look(message, message);
  for (const auto& field : fields) Look(field.value, message);
}

World::World(std::uint64_t seed, int nodes)
    : random(seed), ids(seed ^ 0x9e3779b97f4a7c15ULL), disk(seed) {
  for (int i = 0; i < nodes; ++i) {
    runtime::SimOptions options;
    options.node = i == 0 ? "host" : "worker-" + std::to_string(i);
    options.registry = {kMustBePulled};
    options.health_delay = std::chrono::milliseconds(40);
    options.pull_delay = std::chrono::seconds(3);
    const std::string name = options.node;
    engines.emplace(name, std::make_unique<runtime::SimEngine>(clock, std::move(options)));
  }
}

World::~World() = default;

void World::Trace(std::string_view what) {
  const auto mix = [this](std::uint64_t value) {
    trace_hash = (trace_hash ^ value) * 1099511628211ULL;
    trace_hash ^= trace_hash >> 29;
  };
  ++steps;
  last = what;
  for (const char c : what) mix(static_cast<unsigned char>(c));
  mix(static_cast<std::uint64_t>(clock.Now().time_since_epoch().count()));
  mix(events.last());
  mix(EngineCalls());
}

std::uint64_t World::EngineCalls() const {
  std::uint64_t calls = 0;
  for (const auto& [name, engine] : engines) calls += engine->calls();
  return calls;
}

}  // namespace nekoplane::sim
