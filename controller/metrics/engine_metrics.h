// Counts and times the calls that drivers make to engines:
// nekoplane_engine_calls_total{node,call,result}, nekoplane_engine_call_duration_seconds{call},
// nekoplane_engine_call_seconds_total{node,call}.
//
// The distribution of how long they took is over all nodes: a histogram for each of a thousand
// nodes would be most of a scrape. By node there is the sum, and so the mean.
//
// Thread safety: any thread may call. Lifetime: `registry` outlives it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "api/base/clock.h"
#include "api/base/mutex.h"

namespace nekoplane::metrics {

class EngineMetrics {
 public:
  explicit EngineMetrics(prometheus::Registry& registry);

  // `call` names a method ("EnsureStarted"), `result` is "ok" or a CodeName ("Unavailable"): both
  // from small fixed sets.
  void OnCall(const std::string& node, const std::string& call, const std::string& result,
              Duration took) EXCLUDES(mu_);

  // Drops the series of all nodes but these. A call that ends later brings one of them back; so
  // this is for each scrape.
  void KeepNodes(const std::vector<std::string>& nodes) EXCLUDES(mu_);

 private:
  prometheus::Counter& Calls(const std::string& node, const std::string& call,
                             const std::string& result) REQUIRES(mu_);
  prometheus::Histogram& Durations(const std::string& call) REQUIRES(mu_);
  prometheus::Counter& CallSeconds(const std::string& node, const std::string& call) REQUIRES(mu_);

  Mutex mu_;
  prometheus::Family<prometheus::Counter>& calls_ GUARDED_BY(mu_);
  prometheus::Family<prometheus::Histogram>& durations_ GUARDED_BY(mu_);
  prometheus::Family<prometheus::Counter>& seconds_ GUARDED_BY(mu_);
  std::map<std::tuple<std::string, std::string, std::string>, prometheus::Counter*> counters_
      GUARDED_BY(mu_);
  std::map<std::string, prometheus::Histogram*> histograms_ GUARDED_BY(mu_);
  std::map<std::pair<std::string, std::string>, prometheus::Counter*> sums_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::metrics
