// A clock that moves only when a test says so.
#pragma once

#include <atomic>

#include "api/base/clock.h"

namespace nekoplane::testing {

// Thread safety: any thread may call.
class ManualClock final : public Clock {
 public:
  MonoTime Now() const override { return MonoTime(Duration(elapsed_.load())); }

  // 2026-01-01T00:00:00Z plus what has passed.
  WallTime WallNow() const override {
    return WallTime(std::chrono::seconds(1767225600) + Duration(elapsed_.load()));
  }

  void Advance(Duration by) { elapsed_ += by.count(); }

 private:
  std::atomic<Duration::rep> elapsed_{std::chrono::nanoseconds(std::chrono::hours(1)).count()};
};

}  // namespace nekoplane::testing
