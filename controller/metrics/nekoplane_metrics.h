// What is measured about browsers and the machines that run them. Never a session's name in a
// label.
//
// Thread safety: any thread may call. Lifetime: `registry` outlives it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/clock.h"
#include "api/base/mutex.h"

namespace nekoplane::metrics {

// The values of the labels, all present from the start. Anything else counts as the last of its
// list.
inline constexpr std::array<std::string_view, 7> kPhases{
    "Pending", "Starting", "Running", "Suspended", "Terminating", "Failed", "Unknown"};
inline constexpr std::array<std::string_view, 5> kStartStages{"scheduled", "started", "ready",
                                                              "total", "other"};
inline constexpr std::array<std::string_view, 5> kGcKinds{"container", "volume", "claim", "secret",
                                                          "other"};
inline constexpr std::array<std::string_view, 4> kPlacementResults{"scheduled", "unschedulable",
                                                                   "no_capable_node", "error"};

// How many sessions there are, by (phase, node); node "" is none yet.
using SessionCounts = std::map<std::pair<std::string, std::string>, std::int64_t>;

// nullopt: not known, then there is no series.
struct NodeAmounts {
  std::optional<double> memory_bytes, cpu_cores, ports, gpus;
};

struct NodeUsage {
  std::string node;
  NodeAmounts capacity, allocatable, allocated;
};

class NekoplaneMetrics {
 public:
  // `version` goes into nekoplane_build_info.
  NekoplaneMetrics(prometheus::Registry& registry, const std::string& version);

  // nekoplane_sessions{phase,node}: replaces what was set before.
  void SetSessions(const SessionCounts& counts) EXCLUDES(mu_);
  // nekoplane_node_capacity, _allocatable, _allocated{node,resource}: replaces what was set before.
  void SetNodes(const std::vector<NodeUsage>& nodes) EXCLUDES(mu_);

  // nekoplane_session_start_duration_seconds{stage}.
  void OnStartStage(std::string_view stage, Duration took);
  // nekoplane_gc_removed_total{kind}.
  void OnGcRemoved(std::string_view kind);
  // nekoplane_placement_attempts_total{result}.
  void OnPlacement(std::string_view result);

 private:
  using GaugeFamilyRef = prometheus::Family<prometheus::Gauge>&;
  using GaugeMap = std::map<prometheus::Labels, prometheus::Gauge*>;

  // Makes the family have exactly these series.
  static void Replace(GaugeFamilyRef family, GaugeMap& have,
                      const std::map<prometheus::Labels, double>& want);

  Mutex mu_;
  GaugeFamilyRef sessions_ GUARDED_BY(mu_);
  GaugeFamilyRef capacity_ GUARDED_BY(mu_);
  GaugeFamilyRef allocatable_ GUARDED_BY(mu_);
  GaugeFamilyRef allocated_ GUARDED_BY(mu_);
  GaugeMap session_series_ GUARDED_BY(mu_), capacity_series_ GUARDED_BY(mu_),
      allocatable_series_ GUARDED_BY(mu_), allocated_series_ GUARDED_BY(mu_);

  // Constant after construction; the series are thread-safe.
  std::array<prometheus::Histogram*, kStartStages.size()> start_stages_{};
  std::array<prometheus::Counter*, kGcKinds.size()> gc_removed_{};
  std::array<prometheus::Counter*, kPlacementResults.size()> placements_{};
};

}  // namespace nekoplane::metrics
