// Pulls images beside the reconciles that wait for them: at most one pull per node and image, with
// progress to show, and back-off after a failure.
//
// Thread safety: any thread may call. Never blocks. Callbacks come from the runner's threads,
// without
//     a lock held.
// Lifetime: `drivers`, `clock` and `runner` outlive it; the runner is stopped before it dies.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "api/base/clock.h"
#include "api/base/mutex.h"
#include "controller/queue/work_queue.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/common/background_runner.h"
#include "reconcilers/session/inputs.h"

namespace nekoplane::reconcilers::session {

class PullManager {
 public:
  // `wake`: called for every session that waits, when a pull ends well or badly.
  PullManager(const runtime::DriverSet& drivers, const Clock& clock, BackgroundRunner& runner,
              FailureBackoff backoff, std::function<void(const queue::Key&)> wake);

  // What there is to say about that pull; notes that `waiter` wants to hear of its end.
  Pull Look(std::string_view node, std::string_view image, const queue::Key& waiter) EXCLUDES(mu_);
  // Starts the pull unless it runs or backs off.
  void Start(std::string_view node, std::string_view image, const queue::Key& waiter) EXCLUDES(mu_);

 private:
  using Id = std::pair<std::string, std::string>;  // node, image

  struct Entry {
    bool running = false;
    std::string text;
    std::int64_t failures = 0;
    MonoTime retry_at{};
    std::set<queue::Key> waiters;
  };

  void Work(const Context& ctx, const Id& id) EXCLUDES(mu_);
  void Finish(const Id& id, const Result<void>& result) EXCLUDES(mu_);

  const runtime::DriverSet& drivers_;
  const Clock& clock_;
  BackgroundRunner& runner_;
  const FailureBackoff backoff_;
  const std::function<void(const queue::Key&)> wake_;

  Mutex mu_;
  std::map<Id, Entry> pulls_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::reconcilers::session
