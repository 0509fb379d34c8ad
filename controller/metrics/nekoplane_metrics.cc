#include "controller/metrics/nekoplane_metrics.h"

#include "controller/metrics/families.h"

namespace nekoplane::metrics {

namespace {

const Buckets kStartBuckets = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,   2,   3,
                               5,    8,     13,   20,  30,   60,  120, 300, 600};
// An image is up to some gigabytes.
const Buckets kPullBuckets = {0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600};

// The place of a value in its list; the last place for one that is not there.
template <std::size_t N>
std::size_t IndexOf(const std::array<std::string_view, N>& values, std::string_view value) {
  for (std::size_t i = 0; i + 1 < N; ++i) {
    if (values[i] == value) return i;
  }
  return N - 1;
}

bool Refused(std::string_view result) {
  return result == "unschedulable" || result == "no_capable_node";
}

}  // namespace

NekoplaneMetrics::NekoplaneMetrics(prometheus::Registry& registry, const std::string& version)
    : pulls_running_(GaugeFamily(registry, "nekoplane_image_pulls_running",
                                 "Image pulls that run now, on all nodes together.")
                         .Add({})) {
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
                                   "Attempts to find a node for a session, by result and by the "
                                   "reason that refused most nodes.");
  for (const auto result : kPlacementResults) {
    for (const auto reason : kPlacementReasons) {
      if (Refused(result) == reason.empty()) continue;
      placements_[{result, reason}] =
          &placements.Add({{"result", std::string(result)}, {"reason", std::string(reason)}});
      if (!Refused(result)) break;
    }
  }
  auto& pulls = HistogramFamily(registry, "nekoplane_image_pull_duration_seconds",
                                "How long pulls of images took, by how they ended.");
  for (std::size_t i = 0; i < kPullResults.size(); ++i) {
    pulls_[i] = &pulls.Add({{"result", std::string(kPullResults[i])}}, kPullBuckets);
  }
}

void NekoplaneMetrics::OnStartStage(std::string_view stage, Duration took) {
  start_stages_[IndexOf(kStartStages, stage)]->Observe(Seconds(took));
}

void NekoplaneMetrics::OnGcRemoved(std::string_view kind) {
  gc_removed_[IndexOf(kGcKinds, kind)]->Increment();
}

void NekoplaneMetrics::OnPlacement(std::string_view result, std::string_view message) {
  const auto known = kPlacementResults[IndexOf(kPlacementResults, result)];
  placements_.at({known, Refused(known) ? PlacementReason(message) : ""})->Increment();
}

void NekoplaneMetrics::OnPull(std::string_view result, Duration took) {
  pulls_[IndexOf(kPullResults, result)]->Observe(Seconds(took));
}

void NekoplaneMetrics::SetPullsRunning(std::int64_t running) {
  pulls_running_.Set(static_cast<double>(running));
}

}  // namespace nekoplane::metrics
