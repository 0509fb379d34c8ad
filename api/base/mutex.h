// std::mutex with Clang's thread-safety annotations (checked by the clang preset, empty elsewhere).
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define NEKO_ATTR(x) __attribute__((x))
#else
#define NEKO_ATTR(x)
#endif
#define GUARDED_BY(x) NEKO_ATTR(guarded_by(x))
#define REQUIRES(...) NEKO_ATTR(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) NEKO_ATTR(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS NEKO_ATTR(no_thread_safety_analysis)

namespace nekoplane {

class NEKO_ATTR(capability("mutex")) Mutex {
 public:
  void lock() NEKO_ATTR(acquire_capability()) { m_.lock(); }

  void unlock() NEKO_ATTR(release_capability()) { m_.unlock(); }

 private:
  std::mutex m_;
};

class NEKO_ATTR(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& m) NEKO_ATTR(acquire_capability(m)) : m_(m) { m_.lock(); }

  ~MutexLock() NEKO_ATTR(release_capability()) { m_.unlock(); }

  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& m_;
};

// Waits on a Mutex that the caller holds; always in a loop over the condition waited for, so that
// the analysis sees guarded members read under their mutex.
class CondVar {
 public:
  void Wait(Mutex& m) REQUIRES(m) { cv_.wait(m); }

  // Returns after at most `timeout` (real time), or earlier for no reason.
  template <class Rep, class Period>
  void WaitFor(Mutex& m, std::chrono::duration<Rep, Period> timeout) REQUIRES(m) {
    cv_.wait_for(m, timeout);
  }

  void NotifyOne() { cv_.notify_one(); }

  void NotifyAll() { cv_.notify_all(); }

 private:
  std::condition_variable_any cv_;
};

}  // namespace nekoplane
