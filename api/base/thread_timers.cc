#include <map>
#include <thread>
#include <utility>

#include "api/base/clock.h"
#include "api/base/mutex.h"

namespace nekoplane {

namespace {

class ThreadTimers final : public Timers {
 public:
  explicit ThreadTimers(const Clock& clock)
      : state_(std::make_shared<State>()), clock_(clock), thread_([this] { Run(); }) {}

  ~ThreadTimers() override {
    {
      MutexLock lock(state_->mu);
      state_->stopping = true;
      state_->wake.NotifyAll();
    }
    thread_.join();
  }

  std::unique_ptr<Handle> After(Duration delay, std::function<void()> fn) override {
    MutexLock lock(state_->mu);
    const Id id{clock_.Now() + delay, state_->next_id++};
    state_->pending.emplace(id, std::move(fn));
    state_->wake.NotifyAll();
    return std::make_unique<ThreadHandle>(state_, id);
  }

 private:
  // The counter breaks ties in the order of arming.
  using Id = std::pair<MonoTime, std::uint64_t>;

  // Shared with the handles: one may outlive the timers.
  struct State {
    Mutex mu;
    CondVar wake, idle;
    std::map<Id, std::function<void()>> pending GUARDED_BY(mu);
    std::uint64_t next_id GUARDED_BY(mu) = 0;
    std::uint64_t running GUARDED_BY(mu) = UINT64_MAX;
    std::thread::id runner GUARDED_BY(mu);
    bool stopping GUARDED_BY(mu) = false;
  };

  class ThreadHandle final : public Handle {
   public:
    ThreadHandle(std::shared_ptr<State> state, Id id) : state_(std::move(state)), id_(id) {}

    ~ThreadHandle() override {
      std::function<void()> dropped;  // destroyed after the lock: it may own another handle
      MutexLock lock(state_->mu);
      const auto it = state_->pending.find(id_);
      if (it != state_->pending.end()) {
        dropped = std::move(it->second);
        state_->pending.erase(it);
        return;
      }
      while (state_->running == id_.second && state_->runner != std::this_thread::get_id()) {
        state_->idle.Wait(state_->mu);
      }
    }

   private:
    const std::shared_ptr<State> state_;
    const Id id_;
  };

  void Run() {
    State& s = *state_;
    for (;;) {
      std::function<void()> fn;
      {
        MutexLock lock(s.mu);
        s.runner = std::this_thread::get_id();
        for (;;) {
          if (s.stopping) return;
          if (s.pending.empty()) {
            s.wake.Wait(s.mu);
            continue;
          }
          const MonoTime due = s.pending.begin()->first.first;
          const MonoTime now = clock_.Now();
          if (due <= now) break;
          s.wake.WaitFor(s.mu, due - now);
        }
        s.running = s.pending.begin()->first.second;
        fn = std::move(s.pending.begin()->second);
        s.pending.erase(s.pending.begin());
      }
      fn();
      fn = nullptr;
      MutexLock lock(s.mu);
      s.running = UINT64_MAX;
      s.idle.NotifyAll();
    }
  }

  const std::shared_ptr<State> state_;
  const Clock& clock_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Timers> MakeThreadTimers(const Clock& clock) {
  return std::make_unique<ThreadTimers>(clock);
}

}  // namespace nekoplane
