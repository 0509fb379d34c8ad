// Reads single samples out of a registry, as a scrape would see them.
#pragma once

#include <prometheus/labels.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace nekoplane::metrics {

// The series with exactly these labels; nullptr if there is none.
inline const prometheus::ClientMetric* FindSample(
    const std::vector<prometheus::MetricFamily>& families, const std::string& name,
    const prometheus::Labels& labels) {
  for (const auto& family : families) {
    if (family.name != name) continue;
    for (const auto& metric : family.metric) {
      prometheus::Labels have;
      for (const auto& label : metric.label) have[label.name] = label.value;
      if (have == labels) return &metric;
    }
  }
  return nullptr;
}

// A counter's or gauge's value, a histogram's count; NaN if there is no such series.
inline double Value(const std::vector<prometheus::MetricFamily>& families, const std::string& name,
                    const prometheus::Labels& labels = {}) {
  const auto* metric = FindSample(families, name, labels);
  if (metric == nullptr) return std::numeric_limits<double>::quiet_NaN();
  return metric->counter.value + metric->gauge.value +
         static_cast<double>(metric->histogram.sample_count);
}

inline double Value(const prometheus::Collectable& from, const std::string& name,
                    const prometheus::Labels& labels = {}) {
  return Value(from.Collect(), name, labels);
}

}  // namespace nekoplane::metrics
