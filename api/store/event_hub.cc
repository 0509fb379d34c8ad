#include "api/store/event_hub.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "api/base/check.h"
#include "api/base/mutant.h"

namespace nekoplane::store {
namespace {

// One callback's share of a replay: long enough to be cheap per event, short enough that live
// watchers do not wait for a newcomer.
constexpr std::size_t kReplayBatch = 512;

}  // namespace

class EventHub::Watcher {
 public:
  Watcher(std::string_view resource, std::uint64_t after, Store::WatchCallback callback)
      : resource_(resource), after_(after), cursor_(after), callback_(std::move(callback)) {}

  const std::string& resource() const { return resource_; }

  std::uint64_t after() const { return after_; }

  // How far the replay has come; guarded by the hub's lock.
  std::uint64_t cursor() const { return cursor_; }

  void set_cursor(std::uint64_t version) { cursor_ = version; }

  void Deliver(const std::vector<EventPtr>& events) EXCLUDES(mu_) {
    {
      MutexLock lock(mu_);
      if (closed_) return;
      running_ = true;
      runner_ = std::this_thread::get_id();
    }
    callback_(events);
    Store::WatchCallback finished;  // destroyed below, without the lock
    {
      MutexLock lock(mu_);
      running_ = false;
      if (closed_) finished.swap(callback_);
      idle_.NotifyAll();
    }
  }

  // No callback begins from now on, and none runs on another thread when this returns.
  void Close() EXCLUDES(mu_) {
    Store::WatchCallback finished;
    {
      MutexLock lock(mu_);
      closed_ = true;
      while (running_ && runner_ != std::this_thread::get_id()) idle_.Wait(mu_);
      if (!running_) finished.swap(callback_);
    }
  }

 private:
  const std::string resource_;
  const std::uint64_t after_;
  std::uint64_t cursor_;

  Mutex mu_;
  CondVar idle_;
  bool closed_ GUARDED_BY(mu_) = false;
  bool running_ GUARDED_BY(mu_) = false;
  std::thread::id runner_ GUARDED_BY(mu_);
  Store::WatchCallback callback_;  // run without mu_; replaced under it, never while running
};

class EventHub::Handle final : public Subscription {
 public:
  Handle(EventHub& hub, WatcherPtr watcher) : hub_(hub), watcher_(std::move(watcher)) {}

  ~Handle() override {
    hub_.Remove(watcher_);
    watcher_->Close();
  }

 private:
  EventHub& hub_;
  const WatcherPtr watcher_;
};

EventHub::EventHub(HistoryLimits limits, std::uint64_t start)
    : history_(limits, start), delivered_(start) {}

EventHub::~EventHub() = default;

void EventHub::Restore(std::vector<EventPtr> events) {
  std::vector<EventPtr> dropped;
  MutexLock lock(mu_);
  for (EventPtr& event : events) history_.Append(std::move(event));
  delivered_ = history_.last();
  dropped = history_.Trim(delivered_);
}

void EventHub::Append(const std::vector<EventPtr>& events) {
  MutexLock lock(mu_);
  for (const EventPtr& event : events) history_.Append(event);
}

void EventHub::Release(std::vector<EventPtr> events, std::vector<Answer> answers) {
  if (events.empty() && answers.empty()) return;
  MutexLock lock(mu_);
  queue_.push_back({std::move(events), std::move(answers)});
  work_.NotifyOne();
}

Result<std::unique_ptr<Subscription>> EventHub::Watch(std::string_view resource,
                                                      std::uint64_t after, std::uint64_t newest,
                                                      Store::WatchCallback callback) {
  if (after > newest) {
    return MakeStatus(Code::kInvalid, "VersionFromTheFuture",
                      "cannot watch from version " + std::to_string(after) + ": the newest is " +
                          std::to_string(newest));
  }
  auto watcher = std::make_shared<Watcher>(resource, after, std::move(callback));
  {
    MutexLock lock(mu_);
    if (after < history_.start()) {
      return MakeStatus(Code::kExpired, "Expired",
                        "history after version " + std::to_string(after) +
                            " is not kept any more (it begins after " +
                            std::to_string(history_.start()) + "): list again");
    }
    if (after < delivered_) {
      replaying_.push_back(watcher);
      work_.NotifyOne();
    } else {
      live_[watcher->resource()].push_back(watcher);
    }
  }
  return std::unique_ptr<Subscription>(std::make_unique<Handle>(*this, std::move(watcher)));
}

void EventHub::Remove(const WatcherPtr& watcher) {
  MutexLock lock(mu_);
  std::erase(replaying_, watcher);
  const auto live = live_.find(watcher->resource());
  if (live == live_.end()) return;
  std::erase(live->second, watcher);
  if (live->second.empty()) live_.erase(live);
}

Result<std::vector<EventPtr>> EventHub::Read(std::string_view resource, std::uint64_t after,
                                             std::uint64_t until) const {
  MutexLock lock(mu_);
  if (after < history_.start()) {
    return MakeStatus(Code::kExpired, "Expired",
                      "version " + std::to_string(after) + " is not kept any more: list again");
  }
  return history_.Read(resource, after, until, SIZE_MAX);
}

std::uint64_t EventHub::LastChange(std::string_view resource) const {
  MutexLock lock(mu_);
  return history_.LastOf(resource);
}

std::uint64_t EventHub::HistoryStart() const {
  MutexLock lock(mu_);
  return history_.start();
}

bool EventHub::Step() {
  Batch batch;
  bool replay = false;
  {
    MutexLock lock(mu_);
    if (!HasWork()) return false;
    live_turn_ = !live_turn_;
    replay = !replaying_.empty() && (queue_.empty() || !live_turn_);
    if (!replay) {
      batch = std::move(queue_.front());
      queue_.pop_front();
    }
  }
  if (replay) {
    ReplayOne();
  } else {
    DeliverLive(batch.events);
    for (Answer& answer : batch.answers) answer.done(std::move(answer.result));
  }
  Trim();
  return true;
}

void EventHub::ReplayOne() {
  WatcherPtr watcher;
  std::vector<EventPtr> events;
  {
    MutexLock lock(mu_);
    if (replaying_.empty()) return;  // its subscription was destroyed in between
    watcher = std::move(replaying_.front());
    replaying_.pop_front();
    const std::uint64_t after = watcher->cursor() + (NEKO_MUTANT(kReplayOffByOne) ? 1 : 0);
    events = history_.Read(watcher->resource(), after, delivered_, kReplayBatch);
    const bool caught_up = events.size() < kReplayBatch;
    watcher->set_cursor(caught_up ? delivered_ : events.back()->version);
    // Only this thread delivers, so a watcher that is live from here on gets its next event after
    // the ones in `events`.
    if (watcher->cursor() < delivered_) {
      replaying_.push_back(watcher);
    } else {
      live_[watcher->resource()].push_back(watcher);
    }
  }
  if (!events.empty()) watcher->Deliver(events);
}

void EventHub::DeliverLive(const std::vector<EventPtr>& events) {
  // Runs of one resource: a batch never mixes them, and callbacks keep to version order.
  for (auto begin = events.begin(); begin != events.end();) {
    const std::string& resource = (*begin)->object->key.resource;
    const auto end = std::find_if(begin, events.end(), [&](const EventPtr& event) {
      return event->object->key.resource != resource;
    });
    const std::vector<EventPtr> run(begin, end);
    std::vector<WatcherPtr> watchers;
    {
      MutexLock lock(mu_);
      delivered_ = run.back()->version;
      const auto live = live_.find(resource);
      if (live != live_.end()) watchers = live->second;
    }
    for (const WatcherPtr& watcher : watchers) {
      if (watcher->after() < run.front()->version) {
        watcher->Deliver(run);
      } else if (watcher->after() < run.back()->version) {
        const auto first = std::find_if(run.begin(), run.end(), [&](const EventPtr& event) {
          return event->version > watcher->after();
        });
        watcher->Deliver({first, run.end()});
      }
    }
    begin = end;
  }
}

void EventHub::Trim() {
  std::vector<EventPtr> dropped;
  MutexLock lock(mu_);
  std::uint64_t floor = delivered_;
  for (const WatcherPtr& watcher : replaying_) floor = std::min(floor, watcher->cursor());
  dropped = history_.Trim(floor);
}

std::size_t EventHub::Drain(std::size_t max_steps) {
  {
    MutexLock lock(mu_);
    if (draining_) return 0;
    draining_ = true;
  }
  std::size_t steps = 0;
  for (;;) {
    while (steps < max_steps && Step()) ++steps;
    MutexLock lock(mu_);
    if (steps < max_steps && HasWork()) continue;  // released after Step last looked
    draining_ = false;
    return steps;
  }
}

void EventHub::Run() {
  for (;;) {
    {
      MutexLock lock(mu_);
      while (!HasWork() && !closed_) work_.Wait(mu_);
      if (!HasWork()) return;
    }
    Step();
  }
}

void EventHub::Close() {
  MutexLock lock(mu_);
  closed_ = true;
  work_.NotifyAll();
}

}  // namespace nekoplane::store
