// Brings committed events to watchers and answers to committers, in version order, one at a time.
//
// Who calls Step decides the threading: one dispatcher thread (SqliteStore), whoever committed
// (MemoryStore), or a simulation that picks the moment. A new watcher first reads the history up to
// where live delivery stands, then joins it; both moves happen under one lock, so nothing is missed
// or told twice.
//
// Shared by MemoryStore and SqliteStore; not part of the store's contract.
//
// Thread safety: any thread may call; Step calls back without any lock held.
// Lifetime: outlives every Subscription it gave out.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/mutex.h"
#include "api/store/event_history.h"
#include "api/store/store.h"

namespace nekoplane::store {

struct Answer {
  Store::CommitDone done;
  Result<Committed> result;
};

class EventHub {
 public:
  // Begins after version `start` of the history, with all of it already delivered.
  EventHub(HistoryLimits limits, std::uint64_t start);
  ~EventHub();
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  // Puts events of before this process's start into the history. REQUIRES: nobody watches yet.
  void Restore(std::vector<EventPtr> events) EXCLUDES(mu_);

  // Step one of a publication: the events become history. Step two, after the state is visible to
  // readers: their delivery, then the answers. Publications do not overlap.
  void Append(const std::vector<EventPtr>& events) EXCLUDES(mu_);
  void Release(std::vector<EventPtr> events, std::vector<Answer> answers) EXCLUDES(mu_);

  // `newest` is the newest version visible to readers. Errors: as Store::Watch.
  Result<std::unique_ptr<Subscription>> Watch(std::string_view resource, std::uint64_t after,
                                              std::uint64_t newest, Store::WatchCallback callback)
      EXCLUDES(mu_);

  // The events of `resource` in (after, until]. Errors: kExpired.
  Result<std::vector<EventPtr>> Read(std::string_view resource, std::uint64_t after,
                                     std::uint64_t until) const EXCLUDES(mu_);

  // As Store::LastChange.
  std::uint64_t LastChange(std::string_view resource) const EXCLUDES(mu_);

  // Everything after this version is in the history.
  std::uint64_t HistoryStart() const EXCLUDES(mu_);

  // Delivers one batch to whom it concerns; false if there was nothing to do. One thread at a time.
  bool Step() EXCLUDES(mu_);

  // Steps until there is nothing left or `max_steps` are done, and returns how many were. Returns
  // at once if a thread (maybe this one, further up the stack) is stepping: that one will also take
  // what was just released.
  std::size_t Drain(std::size_t max_steps = SIZE_MAX) EXCLUDES(mu_);

  // Steps until Close, and then until nothing is left.
  void Run() EXCLUDES(mu_);
  void Close() EXCLUDES(mu_);

 private:
  class Watcher;
  class Handle;
  using WatcherPtr = std::shared_ptr<Watcher>;

  struct Batch {
    std::vector<EventPtr> events;
    std::vector<Answer> answers;
  };

  bool HasWork() const REQUIRES(mu_) { return !queue_.empty() || !replaying_.empty(); }

  void ReplayOne() EXCLUDES(mu_);
  void DeliverLive(const std::vector<EventPtr>& events) EXCLUDES(mu_);
  void Trim() EXCLUDES(mu_);
  void Remove(const WatcherPtr& watcher) EXCLUDES(mu_);

  mutable Mutex mu_;
  CondVar work_;
  EventHistory history_ GUARDED_BY(mu_);
  std::deque<Batch> queue_ GUARDED_BY(mu_);
  std::uint64_t delivered_ GUARDED_BY(mu_);  // live delivery has begun for all up to here
  std::map<std::string, std::vector<WatcherPtr>, std::less<>> live_ GUARDED_BY(mu_);
  std::deque<WatcherPtr> replaying_ GUARDED_BY(mu_);  // each behind delivered_
  bool live_turn_ GUARDED_BY(mu_) = false;
  bool draining_ GUARDED_BY(mu_) = false;
  bool closed_ GUARDED_BY(mu_) = false;
};

}  // namespace nekoplane::store
