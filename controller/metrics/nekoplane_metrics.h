// What happens to browsers, counted and timed as it happens. What there is of them at the moment is
// counted at the scrape: session_gauges.h, node_gauges.h. Never a session's name in a label.
//
// Thread safety: any thread may call. Lifetime: `registry` outlives it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "api/base/clock.h"
#include "controller/metrics/placement_reason.h"

namespace nekoplane::metrics {

// The values of the labels, all present from the start. Anything else counts as the last of its
// list.
inline constexpr std::array<std::string_view, 5> kStartStages{"scheduled", "started", "ready",
                                                              "total", "other"};
inline constexpr std::array<std::string_view, 5> kGcKinds{"container", "volume", "claim", "secret",
                                                          "other"};
inline constexpr std::array<std::string_view, 4> kPlacementResults{"scheduled", "unschedulable",
                                                                   "no_capable_node", "error"};
inline constexpr std::array<std::string_view, 2> kPullResults{"success", "error"};

class NekoplaneMetrics {
 public:
  // `version` goes into nekoplane_build_info.
  NekoplaneMetrics(prometheus::Registry& registry, const std::string& version);

  // nekoplane_session_start_duration_seconds{stage}.
  void OnStartStage(std::string_view stage, Duration took);
  // nekoplane_gc_removed_total{kind}.
  void OnGcRemoved(std::string_view kind);
  // nekoplane_placement_attempts_total{reason,result}. `message`: the scheduler's, of a refusal.
  void OnPlacement(std::string_view result, std::string_view message);
  // nekoplane_image_pull_duration_seconds{result}: a pull ended.
  void OnPull(std::string_view result, Duration took);
  // nekoplane_image_pulls_running: on all nodes together.
  void SetPullsRunning(std::int64_t running);

 private:
  // Constant after construction; the series are thread-safe.
  std::array<prometheus::Histogram*, kStartStages.size()> start_stages_{};
  std::array<prometheus::Counter*, kGcKinds.size()> gc_removed_{};
  std::map<std::pair<std::string_view, std::string_view>, prometheus::Counter*>
      placements_;  // by result, reason
  std::array<prometheus::Histogram*, kPullResults.size()> pulls_{};
  prometheus::Gauge& pulls_running_;
};

}  // namespace nekoplane::metrics
