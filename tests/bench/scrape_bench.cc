// What a scrape costs: the objects of a large installation counted and written as text.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "api/v1alpha1/session_conditions.h"
#include "controller/cmd/nekoplane/object_collector.h"
#include "controller/metrics/exposition.h"
#include "tests/support/builders.h"

namespace nekoplane {
namespace {

namespace cond = v1alpha1::session;

metrics::Nodes MakeNodes(int count) {
  metrics::Nodes nodes;
  for (int i = 0; i < count; ++i) {
    auto node = std::make_shared<v1alpha1::BrowserNode>(
        testing::MakeNode("worker-" + std::to_string(100000 + i)));
    node->status.allocated = {.memory = "4608Mi", .cpu = "2500m", .gpus = 0, .ports = 3};
    nodes.push_back(std::move(node));
  }
  return nodes;
}

// Three of four run; the others wait for a node.
metrics::Sessions MakeSessions(int count, const metrics::Nodes& nodes) {
  metrics::Sessions sessions;
  for (int i = 0; i < count; ++i) {
    auto session = std::make_shared<v1alpha1::BrowserSession>(
        testing::MakeSession("session-" + std::to_string(i)));
    session->metadata.namespace_ = "team-" + std::to_string(i % 50);
    const bool runs = i % 4 != 0 && !nodes.empty();
    session->status.phase = runs ? "Running" : "Pending";
    if (runs)
      session->status.nodeName = nodes[static_cast<std::size_t>(i) % nodes.size()]->metadata.name;
    for (const char* type : {cond::kScheduled, cond::kProfileBound, cond::kStarted, cond::kReady,
                             cond::kHealthy, cond::kSuspended}) {
      session->status.conditions.push_back({.type = type,
                                            .status = runs ? "True" : "False",
                                            .reason = cond::kReasonUnschedulable,
                                            .lastTransitionTime = "2026-01-01T00:00:00Z"});
    }
    sessions.push_back(std::move(session));
  }
  return sessions;
}

void BM_Scrape(benchmark::State& state) {
  const auto nodes = MakeNodes(static_cast<int>(state.range(0)));
  const auto sessions = MakeSessions(static_cast<int>(state.range(1)), nodes);
  const std::vector<v1alpha1::BrowserClass> classes{
      testing::MakeClass("chromium"), testing::MakeClass("firefox"), testing::MakeClass("tor")};
  const SystemClock clock;
  const ObjectCollector collector(clock, {.host_min_ram_mb = 6144, .worker_min_cores = 4},
                                  {.sessions = [&] { return sessions; },
                                   .nodes = [&] { return nodes; },
                                   .classes = [&] { return classes; }});
  metrics::Exposition exposition;
  exposition.AddCollectable(collector);
  std::size_t bytes = 0;
  for (auto _ : state) bytes = exposition.Text().size();
  state.counters["bytes"] = static_cast<double>(bytes);
}

BENCHMARK(BM_Scrape)
    ->Args({1, 10})
    ->Args({10, 200})
    ->Args({1000, 20000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nekoplane

BENCHMARK_MAIN();
