// How long to wait before an attempt that follows failures in a row.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "api/base/clock.h"

namespace nekoplane::reconcilers {

struct FailureBackoff {
  Duration first = std::chrono::seconds(10);
  Duration cap = std::chrono::minutes(5);
  // A run this long wipes out the failures before it.
  Duration stable = std::chrono::minutes(10);
};

// 10 s, 20 s, 40 s, ... 5 min for 1, 2, 3, ... failures; zero for none.
inline Duration BackoffDelay(const FailureBackoff& options, std::int64_t failures) {
  if (failures <= 0) return Duration::zero();
  Duration delay = options.first;
  for (std::int64_t i = 1; i < failures && delay < options.cap; ++i) delay *= 2;
  return std::min(delay, options.cap);
}

// After a crash the first restart is immediate; a second crash without a stable run between waits.
inline Duration CrashDelay(const FailureBackoff& options, std::int64_t failures) {
  return BackoffDelay(options, failures - 1);
}

}  // namespace nekoplane::reconcilers
