// The only ways to learn the time and to be called later. Nothing else in product code reads a
// clock; the deterministic simulator replaces both.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane {

using Duration = std::chrono::nanoseconds;

struct MonoClockTag {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonoClockTag>;
  static constexpr bool is_steady = true;
};

// For durations and deadlines: never jumps.
using MonoTime = std::chrono::time_point<MonoClockTag>;
// For timestamps in objects: what people see; may jump.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

// Thread safety: any thread may call.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime Now() const = 0;
  virtual WallTime WallNow() const = 0;
};

// Runs callbacks later. A callback runs once, on a thread of the implementation (in simulation: on
// the only thread, when virtual time gets there), and must not block.
//
// Thread safety: any thread may call, callbacks included.
class Timers {
 public:
  // Destroying the handle cancels the callback, or waits until it has returned if it is running
  // right now (except when destroyed from inside that very callback).
  class Handle {
   public:
    virtual ~Handle() = default;
  };

  virtual ~Timers() = default;
  [[nodiscard]] virtual std::unique_ptr<Handle> After(Duration delay, std::function<void()> fn) = 0;
};

// The machine's clocks.
class SystemClock final : public Clock {
 public:
  MonoTime Now() const override;
  WallTime WallNow() const override;
};

// Timers on one thread of their own, started at construction and joined at destruction; callbacks
// that have not fired by then never do.
std::unique_ptr<Timers> MakeThreadTimers(const Clock& clock);

// RFC 3339 in UTC with whole seconds ("2026-01-02T03:04:05Z"), as Kubernetes' metav1.Time.
std::string FormatTime(WallTime t);
// RFC 3339 in UTC with microseconds, as Kubernetes' metav1.MicroTime.
std::string FormatMicroTime(WallTime t);
// Accepts RFC 3339 with any offset and fraction. Errors: kInvalid.
Result<WallTime> ParseTime(std::string_view text);

// Go's duration syntax ("1h30m", "250ms"); "" is zero. Errors: kInvalid (also for overflow).
Result<Duration> ParseDuration(std::string_view text);
std::string FormatDuration(Duration d);
// "5m12s", "3h4m", "2d": kubectl's short human form of an age.
std::string HumanDuration(Duration d);

}  // namespace nekoplane
