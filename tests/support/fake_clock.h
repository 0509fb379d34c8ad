// Time that moves only when a test says so, and timers on it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "api/base/clock.h"

namespace nekoplane::testing {

// Begins at 2026-01-01T00:00:00Z. Not thread safe.
class FakeClock final : public Clock {
 public:
  MonoTime Now() const override { return MonoTime(elapsed_); }

  WallTime WallNow() const override {
    return WallTime(std::chrono::seconds(1767225600) + elapsed_ - kStart + wall_offset_);
  }

  void Advance(Duration by) { elapsed_ += by; }

  void AdvanceTo(MonoTime at) {
    if (at > Now()) elapsed_ = at.time_since_epoch();
  }

  // The wall clock jumps (NTP, a person); monotonic time does not.
  void JumpWall(Duration by) { wall_offset_ += by; }

 private:
  // Not zero: a default-made MonoTime is in the past, as on a real machine.
  static constexpr Duration kStart = std::chrono::hours(1);
  Duration elapsed_ = kStart;
  Duration wall_offset_{};
};

// Timers that fire when FireDue is called after the clock reached them: in the order of their
// times, and in the order they were made if those are equal. Not thread safe.
class FakeTimers final : public Timers {
 public:
  explicit FakeTimers(const FakeClock& clock) : clock_(clock) {}

  std::unique_ptr<Handle> After(Duration delay, std::function<void()> fn) override {
    const Id id{clock_.Now() + delay, next_++};
    pending_.emplace(id, std::move(fn));
    return std::make_unique<Cancel>(*this, id);
  }

  std::optional<MonoTime> NextDue() const {
    if (pending_.empty()) return std::nullopt;
    return pending_.begin()->first.first;
  }

  // Fires the first timer that is due; false if none is.
  bool FireNext() {
    if (pending_.empty() || pending_.begin()->first.first > clock_.Now()) return false;
    const auto fn = std::move(pending_.begin()->second);
    pending_.erase(pending_.begin());
    fn();
    return true;
  }

 private:
  using Id = std::pair<MonoTime, std::uint64_t>;  // the number breaks ties

  class Cancel final : public Handle {
   public:
    Cancel(FakeTimers& timers, Id id) : timers_(timers), id_(id) {}

    ~Cancel() override { timers_.pending_.erase(id_); }

   private:
    FakeTimers& timers_;
    const Id id_;
  };

  const FakeClock& clock_;
  std::uint64_t next_ = 0;
  std::map<Id, std::function<void()>> pending_;
};

}  // namespace nekoplane::testing
