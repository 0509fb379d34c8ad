// Waits for sessions that were just created to leave `pending`, each for a bounded time, with one
// watch for all and no thread.
//
// Thread safety: any thread may call. Callbacks come from the store's callback thread, a timer, or
// the caller's own thread, without any lock held.
// Lifetime: Stop() before the store goes; the destructor stops too.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/base/mutex.h"
#include "api/store/store.h"

namespace nekoplane::taos {

class ReadyWaits {
 public:
  // The newest state; null if the session is gone.
  using Done = std::function<void(store::ObjectPtr)>;

  ReadyWaits(store::Store& store, Timers& timers, Logger& log);
  ~ReadyWaits();
  ReadyWaits(const ReadyWaits&) = delete;
  ReadyWaits& operator=(const ReadyWaits&) = delete;

  // Calls back once: when the session is not pending any more, is gone, or the time is over.
  void Wait(const store::ObjectPtr& session, Duration at_most, Done done) EXCLUDES(mu_);

  // Answers everything that waits, at once, and takes nothing new: later waits end immediately.
  // When it returns every callback has returned; not to be called from one.
  void Stop() EXCLUDES(mu_);

 private:
  struct Waiter {
    store::Key key;
    Done done;
    std::unique_ptr<Timers::Handle> timer;
  };

  void OnEvents(const std::vector<store::EventPtr>& events) EXCLUDES(mu_);
  // Ends one wait, unless somebody else already did.
  void Finish(const std::string& uid) EXCLUDES(mu_);

  store::Store& store_;
  Timers& timers_;
  Mutex mu_;
  CondVar idle_;
  bool stopped_ GUARDED_BY(mu_) = false;
  int finishing_ GUARDED_BY(mu_) = 0;                      // callbacks under way
  std::map<std::string, Waiter> waiters_ GUARDED_BY(mu_);  // by uid
  std::unique_ptr<Subscription> watch_;  // last: its callback uses everything above
};

}  // namespace nekoplane::taos
