// The watches that are open. It owns them, and ends them where waiting for their callbacks is
// allowed: on a timer's thread or in EndAll, never inside the HTTP server's notice that a client
// went away.
//
// Thread safety: any thread may call. Lifetime: outlives the Timers' callbacks only after EndAll.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "api/base/clock.h"
#include "api/base/mutex.h"

namespace nekoplane::server {

class Watcher;

class WatchSet {
 public:
  explicit WatchSet(Timers& timers) : timers_(timers) {}

  ~WatchSet();

  // Keeps the watcher until it is retired; returns the number to retire it by.
  std::uint64_t Add(std::shared_ptr<Watcher> watcher) EXCLUDES(mu_);

  // Takes the watcher out and lets go of it soon. Never blocks; unknown numbers are ignored.
  void Retire(std::uint64_t id) EXCLUDES(mu_);

  // Ends all watches and waits until none of their callbacks is running.
  void EndAll() EXCLUDES(mu_);

  std::size_t size() const EXCLUDES(mu_);

 private:
  void Reap() EXCLUDES(mu_);

  Timers& timers_;
  mutable Mutex mu_;
  std::uint64_t next_id_ GUARDED_BY(mu_) = 1;
  std::map<std::uint64_t, std::shared_ptr<Watcher>> open_ GUARDED_BY(mu_);
  std::vector<std::shared_ptr<Watcher>> dying_ GUARDED_BY(mu_);
  bool reaping_ GUARDED_BY(mu_) = false;  // a timer will take dying_ soon
  std::unique_ptr<Timers::Handle> reaper_ GUARDED_BY(mu_);
  // Handles of earlier reapers: let go of by the next one, since that may wait a moment.
  std::vector<std::unique_ptr<Timers::Handle>> spent_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::server
