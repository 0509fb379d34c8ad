// Exposition turns everything that is measured into the text that Prometheus scrapes.
//
// Thread safety: Add* before the first Text; then any thread may call Text and Serve.
// Blocking: Text takes as long as its refreshers and collectors do; they read memory and /proc.
// Lifetime: what was added outlives it.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <string>
#include <vector>

#include "api/http/message.h"

namespace nekoplane::metrics {

inline constexpr char kTextFormat[] = "text/plain; version=0.0.4; charset=utf-8";

// The text format, version 0.0.4: families by name, series by labels, so that two scrapes of one
// state are the same bytes. Families without series are left out; help texts are escaped.
std::string Serialize(std::vector<prometheus::MetricFamily> families);

class Exposition {
 public:
  void AddCollectable(const prometheus::Collectable& collectable);
  // Called before each collection; brings gauges up to date that nobody sets as things happen. May
  // run on several threads at once.
  void AddRefresher(std::function<void()> refresher);

  std::string Text() const;
  // Answers GET and HEAD on whatever path it was mounted.
  http::Response Serve(const http::Request& request) const;

 private:
  std::vector<const prometheus::Collectable*> collectables_;
  std::vector<std::function<void()>> refreshers_;
};

}  // namespace nekoplane::metrics
