// As much of PromQL as it takes to find what a query reads.
#pragma once

#include <string>
#include <vector>

namespace nekoplane::integration {

// A series selector: what a query asks Prometheus' storage for.
struct Selector {
  std::string name;      // of the metric
  std::string text;      // with its matchers: `up{job="x"}`
  std::string function;  // for `rate(x[5m])`: "rate"; "" if no range is read
};

// All selectors that begin with a metric's name, in order, repeated ones included.
std::vector<Selector> SelectorsOf(const std::string& query);

}  // namespace nekoplane::integration
