// Makes a family of gauges out of a count that was just taken, for collectors that keep no series
// between two scrapes.
#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace nekoplane::metrics {

class GaugeBuilder {
 public:
  using Label = std::pair<std::string_view, std::string_view>;

  // `help` on one line.
  GaugeBuilder(std::string name, std::string help)
      : family_{std::move(name), std::move(help), prometheus::MetricType::Gauge, {}} {}

  // Labels by name, series by labels: then nothing has to be sorted at the scrape.
  void Add(std::initializer_list<Label> labels, double value) {
    auto& metric = family_.metric.emplace_back();
    metric.label.reserve(labels.size());
    for (const auto& [name, text] : labels) {
      metric.label.push_back({std::string(name), std::string(text)});
    }
    metric.gauge.value = value;
  }

  prometheus::MetricFamily Take() { return std::move(family_); }

 private:
  prometheus::MetricFamily family_;
};

}  // namespace nekoplane::metrics
