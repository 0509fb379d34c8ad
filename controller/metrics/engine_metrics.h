// Counts and times the calls that drivers make to engines.
//
// The distribution of how long they took is over all nodes: a histogram for each of a thousand
// nodes would be most of a scrape. By node there is the sum, and so the mean.
//
// Thread safety: any thread may call; the references stay good as long as this object, so that a
// driver can keep them. Lifetime: `registry` outlives it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "api/base/clock.h"
#include "api/base/mutex.h"

namespace nekoplane::metrics {

class EngineMetrics {
 public:
  explicit EngineMetrics(prometheus::Registry& registry);

  // nekoplane_engine_calls_total{node,call,result}. `call` names a method ("EnsureStarted"),
  // `result` is "ok" or a CodeName ("Unavailable"): both from small fixed sets.
  prometheus::Counter& EngineCall(const std::string& node, const std::string& call,
                                  const std::string& result) EXCLUDES(mu_);
  // nekoplane_engine_call_duration_seconds{call}.
  prometheus::Histogram& EngineCallDuration(const std::string& call) EXCLUDES(mu_);
  // nekoplane_engine_call_seconds_total{node,call}.
  prometheus::Counter& EngineCallSeconds(const std::string& node, const std::string& call)
      EXCLUDES(mu_);

  // All three at once.
  void OnCall(const std::string& node, const std::string& call, const std::string& result,
              Duration took);

 private:
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
