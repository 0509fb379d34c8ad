// Work that takes too long for a reconcile (an image pull) runs beside it.
//
// Implementations: ThreadRunner below for production; tests step jobs by hand.
// Thread safety: Run may be called from any thread. Jobs may run at once, on threads of the runner.
#pragma once

#include <functional>
#include <memory>

#include "api/base/context.h"

namespace nekoplane::reconcilers {

class BackgroundRunner {
 public:
  using Job = std::function<void(const Context&)>;

  virtual ~BackgroundRunner() = default;
  // Never runs `job` before it returns to the caller's thread from the point of view of locks: the
  // caller holds none. The job's context is stopped when the runner shuts down.
  virtual void Run(Job job) = 0;
};

// `threads` threads, started when the first job arrives; jobs wait in order. The destructor stops
// the running jobs' contexts, drops the waiting ones and joins.
std::unique_ptr<BackgroundRunner> MakeThreadRunner(int threads);

}  // namespace nekoplane::reconcilers
