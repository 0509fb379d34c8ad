#include "controller/queue/work_queue.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "api/base/check.h"
#include "api/base/mutant.h"
#include "api/base/mutex.h"

namespace nekoplane::queue {

namespace {

// What happened under the lock and is told to the observer after it was released.
struct Report {
  int adds = 0;
  int depth = 0;
  int retries = 0;
  std::optional<Duration> waited, worked;

  void SendTo(QueueObserver* observer) const {
    if (observer == nullptr) return;
    for (int i = 0; i < adds; ++i) observer->OnAdd();
    for (int i = 0; i < retries; ++i) observer->OnRetry();
    if (depth != 0) observer->OnDepth(depth);
    if (waited) observer->OnGet(*waited);
    if (worked) observer->OnDone(*worked);
  }
};

// How long to wait for the clock to reach `due`. Bounded: condition variables overflow on huge
// times.
Duration WaitUntil(MonoTime due, MonoTime now) {
  return std::clamp<Duration>(due - now, Duration::zero(), std::chrono::hours(1));
}

}  // namespace

struct WorkQueue::Impl {
  struct Dirty {
    int priority = kPriorityNormal;
    std::uint64_t order = 0;  // position among equals; of a ready key only
    MonoTime since;
  };

  struct InHand {
    MonoTime since;
    int priority = kPriorityNormal;
  };

  struct Delayed {
    MonoTime due;
    std::uint64_t order = 0;  // breaks ties between equal due times
    int priority = kPriorityNormal;
  };

  using ReadyEntry = std::pair<std::pair<int, std::uint64_t>, Key>;  // (-priority, order), key
  using DelayedEntry = std::pair<std::pair<MonoTime, std::uint64_t>, Key>;  // (due, order), key

  Impl(const Clock& c, QueueObserver* o) : clock(c), observer(o) {}

  static ReadyEntry EntryOf(const Key& key, const Dirty& dirty) {
    return {{-dirty.priority, dirty.order}, key};
  }

  static DelayedEntry EntryOf(const Key& key, const Delayed& delayed) {
    return {{delayed.due, delayed.order}, key};
  }

  void AddLocked(const Key& key, int priority, MonoTime now, Report& report) REQUIRES(mu) {
    if (NEKO_MUTANT(kReaddInHandLost) && processing.contains(key)) return;
    auto [it, added] = dirty.try_emplace(key, Dirty{priority, next_order, now});
    const bool in_process = processing.contains(key);
    if (added) {
      ++report.adds;
      if (in_process) return;  // Done makes it ready
      ++next_order;
      ready.insert(EntryOf(key, it->second));
      ++report.depth;
      return;
    }
    if (priority <= it->second.priority) return;
    if (!in_process) ready.erase(EntryOf(key, it->second));
    it->second.priority = priority;
    if (!in_process) {
      it->second.order = next_order++;  // behind those that had this priority before it
      ready.insert(EntryOf(key, it->second));
    }
  }

  // Makes keys ready whose time has come.
  void PromoteLocked(MonoTime now, Report& report) REQUIRES(mu) {
    while (!due_order.empty() && due_order.begin()->first.first <= now) {
      const Key key = due_order.begin()->second;
      const int priority = delayed.at(key).priority;
      due_order.erase(due_order.begin());
      delayed.erase(key);
      AddLocked(key, priority, now, report);
    }
  }

  std::optional<Key> TakeLocked(MonoTime now, Report& report) REQUIRES(mu) {
    if (shut_down) return std::nullopt;
    PromoteLocked(now, report);
    if (ready.empty()) return std::nullopt;
    Key key = ready.begin()->second;
    ready.erase(ready.begin());
    const Dirty& left = dirty.at(key);
    report.waited = now - left.since;
    --report.depth;
    processing.emplace(key, InHand{now, left.priority});
    dirty.erase(key);
    return key;
  }

  // Constant after construction.
  const Clock& clock;
  QueueObserver* const observer;

  mutable Mutex mu;
  CondVar wake;
  bool shut_down GUARDED_BY(mu) = false;
  std::uint64_t next_order GUARDED_BY(mu) = 0;
  // A key is in `ready` iff it is in `dirty` and not in `processing`.
  std::map<Key, Dirty> dirty GUARDED_BY(mu);
  std::set<ReadyEntry> ready GUARDED_BY(mu);
  std::map<Key, InHand> processing GUARDED_BY(mu);
  std::map<Key, Delayed> delayed GUARDED_BY(mu);
  std::set<DelayedEntry> due_order GUARDED_BY(mu);
};

WorkQueue::WorkQueue(const Clock& clock, QueueObserver* observer)
    : impl_(std::make_unique<Impl>(clock, observer)) {}

WorkQueue::~WorkQueue() = default;

void WorkQueue::Add(const Key& key, int priority) {
  Report report;
  const MonoTime now = impl_->clock.Now();
  {
    MutexLock lock(impl_->mu);
    if (impl_->shut_down) return;
    impl_->AddLocked(key, priority, now, report);
  }
  if (report.depth > 0) impl_->wake.NotifyOne();
  report.SendTo(impl_->observer);
}

void WorkQueue::AddAfter(const Key& key, Duration delay, int priority) {
  if (delay <= Duration::zero()) {
    Add(key, priority);
    return;
  }
  Report report;
  const MonoTime now = impl_->clock.Now();
  const MonoTime due = delay < MonoTime::max() - now ? now + delay : MonoTime::max();
  {
    MutexLock lock(impl_->mu);
    if (impl_->shut_down) return;
    if (NEKO_MUTANT(kDelayInHandLost) && impl_->processing.contains(key)) return;
    ++report.retries;
    auto [it, added] =
        impl_->delayed.try_emplace(key, Impl::Delayed{due, impl_->next_order, priority});
    if (added) {
      ++impl_->next_order;
      impl_->due_order.insert(Impl::EntryOf(key, it->second));
    } else {
      it->second.priority = std::max(it->second.priority, priority);
      if (due < it->second.due) {
        impl_->due_order.erase(Impl::EntryOf(key, it->second));
        it->second.due = due;
        impl_->due_order.insert(Impl::EntryOf(key, it->second));
      }
    }
  }
  impl_->wake.NotifyOne();  // somebody may sleep for longer than this
  report.SendTo(impl_->observer);
}

std::optional<Key> WorkQueue::Get(std::stop_token stop) {
  // Locks so that the wake-up cannot fall between a waiter's check and its wait. Destroyed after
  // the lock below is released.
  std::stop_callback on_stop(stop, [this] {
    { MutexLock lock(impl_->mu); }
    impl_->wake.NotifyAll();
  });
  Report report;
  std::optional<Key> key;
  bool more = false;
  {
    MutexLock lock(impl_->mu);
    while (!impl_->shut_down && !stop.stop_requested()) {
      const MonoTime now = impl_->clock.Now();
      key = impl_->TakeLocked(now, report);
      if (key) break;
      if (impl_->due_order.empty()) {
        impl_->wake.Wait(impl_->mu);
      } else {
        impl_->wake.WaitFor(impl_->mu, WaitUntil(impl_->due_order.begin()->first.first, now));
      }
    }
    // This thread may have been woken for one key and promoted several, or have been the only one
    // that watched the next due time.
    more = key && (!impl_->ready.empty() || !impl_->due_order.empty());
  }
  if (more) impl_->wake.NotifyOne();
  report.SendTo(impl_->observer);
  return key;
}

std::optional<Key> WorkQueue::TryGet() {
  Report report;
  std::optional<Key> key;
  const MonoTime now = impl_->clock.Now();
  {
    MutexLock lock(impl_->mu);
    key = impl_->TakeLocked(now, report);
  }
  report.SendTo(impl_->observer);
  return key;
}

std::optional<MonoTime> WorkQueue::NextDue() const {
  const MonoTime now = impl_->clock.Now();
  MutexLock lock(impl_->mu);
  if (impl_->shut_down) return std::nullopt;
  if (!impl_->ready.empty()) return now;
  if (impl_->due_order.empty()) return std::nullopt;
  return impl_->due_order.begin()->first.first;
}

void WorkQueue::Done(const Key& key) {
  Report report;
  const MonoTime now = impl_->clock.Now();
  {
    MutexLock lock(impl_->mu);
    auto worked_on = impl_->processing.find(key);
    NEKO_CHECK(worked_on != impl_->processing.end());
    report.worked = now - worked_on->second.since;
    impl_->processing.erase(worked_on);
    if (auto it = impl_->dirty.find(key); it != impl_->dirty.end()) {
      it->second.order = impl_->next_order++;
      impl_->ready.insert(Impl::EntryOf(key, it->second));
      ++report.depth;
    }
  }
  if (report.depth > 0) impl_->wake.NotifyOne();
  report.SendTo(impl_->observer);
}

int WorkQueue::PriorityInHand(const Key& key) const {
  MutexLock lock(impl_->mu);
  const auto it = impl_->processing.find(key);
  NEKO_CHECK(it != impl_->processing.end());
  return it->second.priority;
}

void WorkQueue::ShutDown() {
  {
    MutexLock lock(impl_->mu);
    impl_->shut_down = true;
  }
  impl_->wake.NotifyAll();
}

std::size_t WorkQueue::ready_size() const {
  Report report;
  std::size_t size = 0;
  const MonoTime now = impl_->clock.Now();
  {
    MutexLock lock(impl_->mu);
    impl_->PromoteLocked(now, report);
    size = impl_->ready.size();
  }
  report.SendTo(impl_->observer);
  return size;
}

InFlight WorkQueue::in_flight() const {
  InFlight result;
  const MonoTime now = impl_->clock.Now();
  MutexLock lock(impl_->mu);
  for (const auto& [key, in_hand] : impl_->processing) {
    const Duration spent = now - in_hand.since;
    ++result.keys;
    result.total += spent;
    result.longest = std::max(result.longest, spent);
  }
  return result;
}

}  // namespace nekoplane::queue
