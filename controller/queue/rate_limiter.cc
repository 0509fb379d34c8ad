#include "controller/queue/rate_limiter.h"

#include <algorithm>

namespace nekoplane::queue {

namespace {

Duration Exponential(const BackoffOptions& options, int failures) {
  Duration delay = std::min(options.base, options.cap);
  for (int i = 0; i < failures && delay < options.cap; ++i) {
    // Compared before doubling, so that no cap can make it overflow.
    delay = delay > options.cap / 2 ? options.cap : delay * 2;
  }
  return delay;
}

}  // namespace

Duration RateLimiter::When(const Key& key) {
  MutexLock lock(mu_);
  const int failures = failures_[key]++;
  const Duration delay = Exponential(options_, failures);
  const double share = options_.jitter * (2 * random_.Unit() - 1);
  return delay + Duration(static_cast<Duration::rep>(static_cast<double>(delay.count()) * share));
}

void RateLimiter::Forget(const Key& key) {
  MutexLock lock(mu_);
  failures_.erase(key);
}

}  // namespace nekoplane::queue
