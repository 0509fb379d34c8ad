// One reconciler with its queue, its back-off and its workers; made by Manager.
#pragma once

#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "controller/manager/manager.h"

namespace nekoplane::manager {

// Thread safety: Enqueue*, ProcessNext, Work, NextDue, in_flight: any thread; the rest: the
// owner's.
class QueueController final : public Controller {
 public:
  QueueController(const Clock& clock, Random& random, Logger& log,
                  metrics::ControllerMetrics* metrics, Reconciler& reconciler,
                  ControllerOptions options);

  void Enqueue(const queue::Key& key, int priority) override { queue_.Add(key, priority); }

  void EnqueueAfter(const queue::Key& key, Duration delay) override { queue_.AddAfter(key, delay); }

  bool ProcessNext(const Context& ctx) override;

  std::optional<MonoTime> NextDue() const override { return queue_.NextDue(); }

  const std::string& name() const override { return name_; }

  queue::InFlight in_flight() const { return queue_.in_flight(); }

  void StartWorkers();
  // Tells the workers to end; does not wait.
  void RequestStop();
  // Waits until they have.
  void Join();

 private:
  void Process(const Context& ctx, const queue::Key& key);
  Outcome ReconcileSafely(const Context& ctx, const queue::Key& key);
  // Queues what the outcome asks for; returns the metric's result.
  const char* Settle(const Context& ctx, const queue::Key& key, const Outcome& outcome);

  const Clock& clock_;
  Logger& log_;
  metrics::ControllerMetrics* const metrics_;
  Reconciler& reconciler_;
  const ControllerOptions options_;
  const std::string name_;
  queue::RateLimiter limiter_;
  queue::WorkQueue queue_;
  std::vector<std::jthread> workers_;
};

}  // namespace nekoplane::manager
