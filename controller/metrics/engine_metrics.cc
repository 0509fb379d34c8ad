#include "controller/metrics/engine_metrics.h"

#include <set>
#include <string_view>

#include "controller/metrics/families.h"

namespace nekoplane::metrics {

namespace {

// From an inspect over a unix socket to the pull of an image.
const Buckets kCallBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                              1,     2.5,    5,     10,   30,    60,   120, 300};

}  // namespace

EngineMetrics::EngineMetrics(prometheus::Registry& registry)
    : calls_(CounterFamily(registry, "nekoplane_engine_calls_total",
                           "Calls to container engines by node, call and result (ok or the code of "
                           "the error).")),
      durations_(HistogramFamily(registry, "nekoplane_engine_call_duration_seconds",
                                 "How long calls to container engines took, by call.")),
      seconds_(CounterFamily(registry, "nekoplane_engine_call_seconds_total",
                             "How long calls to container engines took in all, by node and "
                             "call.")) {}

prometheus::Counter& EngineMetrics::Calls(const std::string& node, const std::string& call,
                                          const std::string& result) {
  auto*& counter = counters_[{node, call, result}];
  if (counter == nullptr) {
    counter = &calls_.Add({{"node", node}, {"call", call}, {"result", result}});
  }
  return *counter;
}

prometheus::Histogram& EngineMetrics::Durations(const std::string& call) {
  auto*& histogram = histograms_[call];
  if (histogram == nullptr) histogram = &durations_.Add({{"call", call}}, kCallBuckets);
  return *histogram;
}

prometheus::Counter& EngineMetrics::CallSeconds(const std::string& node, const std::string& call) {
  auto*& sum = sums_[{node, call}];
  if (sum == nullptr) sum = &seconds_.Add({{"node", node}, {"call", call}});
  return *sum;
}

void EngineMetrics::OnCall(const std::string& node, const std::string& call,
                           const std::string& result, Duration took) {
  MutexLock lock(mu_);
  Calls(node, call, result).Increment();
  Durations(call).Observe(Seconds(took));
  CallSeconds(node, call).Increment(Seconds(took));
}

void EngineMetrics::KeepNodes(const std::vector<std::string>& nodes) {
  const std::set<std::string_view> keep(nodes.begin(), nodes.end());
  const auto drop_others = [&](auto& series, auto& family) {
    std::erase_if(series, [&](const auto& entry) {
      if (keep.contains(std::get<0>(entry.first))) return false;
      family.Remove(entry.second);
      return true;
    });
  };
  MutexLock lock(mu_);
  drop_others(counters_, calls_);
  drop_others(sums_, seconds_);
}

}  // namespace nekoplane::metrics
