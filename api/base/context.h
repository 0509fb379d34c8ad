// Context travels with every call that may block: when to give up, and whether we were told to
// stop.
//
// Thread safety: a value type; copying is cheap.
#pragma once

#include <stop_token>
#include <utility>

#include "api/base/clock.h"

namespace nekoplane {

class Context {
 public:
  // No deadline, never stopped.
  Context() = default;

  explicit Context(std::stop_token stop) : stop_(std::move(stop)) {}

  Context WithDeadline(MonoTime deadline) const {
    Context c = *this;
    if (deadline < c.deadline_) c.deadline_ = deadline;
    return c;
  }

  Context WithTimeout(const Clock& clock, Duration timeout) const {
    return WithDeadline(clock.Now() + timeout);
  }

  // MonoTime::max() if there is none.
  MonoTime deadline() const { return deadline_; }

  const std::stop_token& stop() const { return stop_; }

  bool stopped() const { return stop_.stop_requested(); }

 private:
  std::stop_token stop_;
  MonoTime deadline_ = MonoTime::max();
};

}  // namespace nekoplane
