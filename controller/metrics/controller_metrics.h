// The standard metrics of work queues and controllers, with controller-runtime's names, so that
// existing dashboards and alerts work.
#pragma once

#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "api/base/clock.h"
#include "controller/queue/work_queue.h"

namespace nekoplane::metrics {

// Thread safety: any thread may call. Lifetime: `registry` outlives it.
class ControllerMetrics {
 public:
  explicit ControllerMetrics(prometheus::Registry& registry);
  ~ControllerMetrics();

  // workqueue_*{name}; owned by this object.
  queue::QueueObserver* ForQueue(const std::string& controller);

  // `result`: success, error, requeue, requeue_after.
  void OnReconcile(const std::string& controller, const char* result, Duration took);
  void OnPanic(const std::string& controller);
  void OnTerminalError(const std::string& controller);
  void SetWorkers(const std::string& controller, int max);
  void AddActive(const std::string& controller, int delta);
  // How long the work in hand has taken so far; set before each scrape.
  void SetInFlight(const std::string& controller, const queue::InFlight& in_flight);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nekoplane::metrics
