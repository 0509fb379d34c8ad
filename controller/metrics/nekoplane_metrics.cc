#include "controller/metrics/nekoplane_metrics.h"

#include "controller/metrics/families.h"

namespace nekoplane::metrics {

namespace {

const Buckets kStartBuckets = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,   2,   3,
                               5,    8,     13,   20,  30,   60,  120, 300, 600};

// The place of a value in its list; the last place for one that is not there.
template <std::size_t N>
std::size_t IndexOf(const std::array<std::string_view, N>& values, std::string_view value) {
  for (std::size_t i = 0; i + 1 < N; ++i) {
    if (values[i] == value) return i;
  }
  return N - 1;
}

void AddAmounts(std::map<prometheus::Labels, double>& series, const std::string& node,
                const NodeAmounts& amounts) {
  const auto add = [&](const char* resource, const std::optional<double>& amount) {
    if (amount) series[{{"node", node}, {"resource", resource}}] = *amount;
  };
  add("memory", amounts.memory_bytes);
  add("cpu", amounts.cpu_cores);
  add("ports", amounts.ports);
  add("gpus", amounts.gpus);
}

}  // namespace

NekoplaneMetrics::NekoplaneMetrics(prometheus::Registry& registry, const std::string& version)
    : sessions_(GaugeFamily(registry, "nekoplane_sessions",
                            "Browser sessions by phase and node; node is empty before placement.")),
      capacity_(GaugeFamily(registry, "nekoplane_node_capacity",
                            "What a node has: memory in bytes, cpu in cores, ports and gpus.")),
      allocatable_(GaugeFamily(registry, "nekoplane_node_allocatable",
                               "What of a node's capacity sessions may take: memory in bytes, cpu "
                               "in cores, ports and gpus.")),
      allocated_(GaugeFamily(registry, "nekoplane_node_allocated",
                             "What sessions have claimed of a node: memory in bytes, cpu in cores, "
                             "ports and gpus.")) {
  GaugeFamily(registry, "nekoplane_build_info", "Always 1; the version is in the label.")
      .Add({{"version", version}})
      .Set(1);
  auto& stages = HistogramFamily(
      registry, "nekoplane_session_start_duration_seconds",
      "How long the stages of a session's first start took: scheduled, started, ready, and total.");
  for (std::size_t i = 0; i < kStartStages.size(); ++i) {
    start_stages_[i] = &stages.Add({{"stage", std::string(kStartStages[i])}}, kStartBuckets);
  }
  auto& removed = CounterFamily(registry, "nekoplane_gc_removed_total",
                                "What garbage collection removed because nobody owned it.");
  for (std::size_t i = 0; i < kGcKinds.size(); ++i) {
    gc_removed_[i] = &removed.Add({{"kind", std::string(kGcKinds[i])}});
  }
  auto& placements = CounterFamily(registry, "nekoplane_placement_attempts_total",
                                   "Attempts to find a node for a session, by their result.");
  for (std::size_t i = 0; i < kPlacementResults.size(); ++i) {
    placements_[i] = &placements.Add({{"result", std::string(kPlacementResults[i])}});
  }
  SetSessions({});
}

void NekoplaneMetrics::Replace(GaugeFamilyRef family, GaugeMap& have,
                               const std::map<prometheus::Labels, double>& want) {
  for (auto it = have.begin(); it != have.end();) {
    if (want.contains(it->first)) {
      ++it;
    } else {
      family.Remove(it->second);
      it = have.erase(it);
    }
  }
  for (const auto& [labels, value] : want) {
    auto*& gauge = have[labels];
    if (gauge == nullptr) gauge = &family.Add(labels);
    gauge->Set(value);
  }
}

void NekoplaneMetrics::SetSessions(const SessionCounts& counts) {
  std::map<prometheus::Labels, double> want;
  for (const auto phase : kPhases) want[{{"phase", std::string(phase)}, {"node", ""}}] = 0;
  for (const auto& [group, count] : counts) {
    const std::string phase(kPhases[IndexOf(kPhases, group.first)]);
    want[{{"phase", phase}, {"node", group.second}}] += static_cast<double>(count);
  }
  MutexLock lock(mu_);
  Replace(sessions_, session_series_, want);
}

void NekoplaneMetrics::SetNodes(const std::vector<NodeUsage>& nodes) {
  std::map<prometheus::Labels, double> capacity, allocatable, allocated;
  for (const NodeUsage& usage : nodes) {
    AddAmounts(capacity, usage.node, usage.capacity);
    AddAmounts(allocatable, usage.node, usage.allocatable);
    AddAmounts(allocated, usage.node, usage.allocated);
  }
  MutexLock lock(mu_);
  Replace(capacity_, capacity_series_, capacity);
  Replace(allocatable_, allocatable_series_, allocatable);
  Replace(allocated_, allocated_series_, allocated);
}

void NekoplaneMetrics::OnStartStage(std::string_view stage, Duration took) {
  start_stages_[IndexOf(kStartStages, stage)]->Observe(Seconds(took));
}

void NekoplaneMetrics::OnGcRemoved(std::string_view kind) {
  gc_removed_[IndexOf(kGcKinds, kind)]->Increment();
}

void NekoplaneMetrics::OnPlacement(std::string_view result) {
  placements_[IndexOf(kPlacementResults, result)]->Increment();
}

}  // namespace nekoplane::metrics
