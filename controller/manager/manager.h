// Manager owns controllers (a queue, a rate limiter, workers around one Reconciler) and the order
// in which everything starts and stops.
//
// Production: Start() makes the worker threads, Stop() ends them: queues shut down, workers finish
// the reconcile they are in. Simulation: nobody calls Start(); ProcessNext() runs one reconcile on
// the caller's thread.
//
// Outcomes: Done and RequeueAfter forget the back-off (not with a delay of zero: work goes on at
// once, and its next failure is one more); Retry waits for it (longer, if the status says
// retry_after) and keeps the key's priority; GiveUp waits for the next change of the object.
// An exception leaving a reconciler is caught, counted and treated as Retry.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/base/log.h"
#include "controller/manager/reconciler.h"
#include "controller/metrics/controller_metrics.h"
#include "controller/queue/rate_limiter.h"
#include "controller/queue/work_queue.h"

namespace nekoplane::manager {

struct ControllerOptions {
  int workers = 2;
  queue::BackoffOptions backoff;
};

// Thread safety: Enqueue*: any thread; the rest: the owner's thread.
class Controller {
 public:
  virtual ~Controller() = default;
  virtual void Enqueue(const queue::Key& key, int priority = queue::kPriorityNormal) = 0;
  virtual void EnqueueAfter(const queue::Key& key, Duration delay) = 0;
  // Runs one ready key on this thread; false if none is ready.
  virtual bool ProcessNext(const Context& ctx) = 0;
  virtual std::optional<MonoTime> NextDue() const = 0;
  virtual const std::string& name() const = 0;
};

class Manager {
 public:
  // All outlive the manager; `metrics` may be null.
  Manager(const Clock& clock, Random& random, Logger& log, metrics::ControllerMetrics* metrics);
  ~Manager();

  // REQUIRES: not started. `reconciler` outlives the manager.
  Controller& Add(Reconciler& reconciler, ControllerOptions options = {});

  // Starts all workers. REQUIRES: never started before.
  void Start();
  // Stops all workers; returns when the last reconcile has returned. Idempotent.
  void Stop();

  // In the order they were added.
  const std::vector<std::unique_ptr<Controller>>& controllers() const;

  // Brings the metrics about work in hand up to date; before each scrape. Any thread, once all
  // controllers were added.
  void RefreshMetrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nekoplane::manager
