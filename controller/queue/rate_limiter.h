// Exponential back-off per key: base * 2^failures, capped, then spread by seeded jitter.
#pragma once

#include <map>

#include "api/base/clock.h"
#include "api/base/mutex.h"
#include "api/base/random.h"
#include "controller/queue/work_queue.h"

namespace nekoplane::queue {

struct BackoffOptions {
  Duration base = std::chrono::milliseconds(5);
  Duration cap = std::chrono::seconds(60);
  double jitter = 0.1;  // +- this share
};

// Thread safety: any thread may call.
class RateLimiter {
 public:
  RateLimiter(BackoffOptions options, Random& random) : options_(options), random_(random) {}

  // The delay before the next try; counts one more failure.
  Duration When(const Key& key) EXCLUDES(mu_);
  void Forget(const Key& key) EXCLUDES(mu_);

 private:
  const BackoffOptions options_;
  Mutex mu_;
  Random& random_ GUARDED_BY(mu_);
  std::map<Key, int> failures_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::queue
