// WorkQueue hands each key to at most one worker at a time and collapses bursts into one run.
//
// Three sets, as in client-go's util/workqueue: ready (ordered), dirty, processing; a key is ready
// iff it is dirty and not being processed. A key added while it is processed runs again after Done.
// Ready keys leave by priority, then in the order they became ready; adding a key that waits
// already keeps the higher priority. A delayed key keeps the earliest of its due times, and stays
// delayed when it is added meanwhile: an extra run does no harm, a lost one would.
//
// Two ways to drive it: Get() blocks (production); TryGet() and NextDue() never do (simulation).
// Thread safety: any thread may call.
#pragma once

#include <compare>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "api/base/clock.h"

namespace nekoplane::queue {

// Names an object, never an event.
struct Key {
  std::string ns, name;
  friend auto operator<=>(const Key&, const Key&) = default;
};

// Observes a queue, for metrics. Called without locks held, by several threads at once; must not
// block.
class QueueObserver {
 public:
  virtual ~QueueObserver() = default;

  virtual void OnAdd() {}

  // Ready keys came (+) or left (-). Changes, not levels: they add up in any order.
  virtual void OnDepth(int /*change*/) {}

  virtual void OnGet(Duration /*waited*/) {}

  virtual void OnDone(Duration /*worked*/) {}

  virtual void OnRetry() {}
};

// What is being worked on at one moment.
struct InFlight {
  std::size_t keys = 0;
  Duration total{}, longest{};  // time spent on them so far
};

inline constexpr int kPriorityNormal = 0;
inline constexpr int kPriorityLow = -100;  // initial lists and resyncs: must not starve a user

class WorkQueue {
 public:
  // `clock` and `observer` (may be null) outlive the queue.
  WorkQueue(const Clock& clock, QueueObserver* observer);
  ~WorkQueue();

  void Add(const Key& key, int priority = kPriorityNormal);
  // delay <= 0: as Add.
  void AddAfter(const Key& key, Duration delay, int priority = kPriorityNormal);

  // Blocks for the next key; nullopt when the queue is shut down or `stop` is requested.
  std::optional<Key> Get(std::stop_token stop);
  // The next key that is ready at the clock's now; nullopt if none is.
  std::optional<Key> TryGet();
  // When the earliest delayed key falls due; nullopt if nothing is delayed. (Ready keys: now.)
  std::optional<MonoTime> NextDue() const;
  // REQUIRES: key came from Get or TryGet and was not Done since.
  void Done(const Key& key);
  // With which priority a key left that is being worked on: a retry keeps it.
  // REQUIRES: as for Done.
  int PriorityInHand(const Key& key) const;

  // Refuses adds from now on and wakes all Get calls.
  void ShutDown();

  // Keys that are ready at the clock's now.
  std::size_t ready_size() const;
  InFlight in_flight() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nekoplane::queue
