#include "reconcilers/common/background_runner.h"

#include <deque>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "api/base/mutex.h"

namespace nekoplane::reconcilers {
namespace {

class ThreadRunner final : public BackgroundRunner {
 public:
  explicit ThreadRunner(int threads) : limit_(threads) {}

  ~ThreadRunner() override {
    {
      MutexLock lock(mu_);
      stopping_ = true;
      jobs_.clear();
    }
    stop_.request_stop();  // after the above: who stops now must find nothing more to do
    wake_.NotifyAll();
    // No Run can be going on any more, so nobody else touches threads_.
    for (auto& thread : TakeThreads()) thread.join();
  }

  void Run(Job job) override {
    MutexLock lock(mu_);
    if (stopping_) return;
    jobs_.push_back(std::move(job));
    if (idle_ == 0 && static_cast<int>(threads_.size()) < limit_) {
      threads_.emplace_back([this] { Work(); });
    }
    wake_.NotifyOne();
  }

 private:
  std::vector<std::thread> TakeThreads() EXCLUDES(mu_) {
    MutexLock lock(mu_);
    return std::move(threads_);
  }

  bool Next(Job& job) EXCLUDES(mu_) {
    MutexLock lock(mu_);
    ++idle_;
    while (jobs_.empty() && !stopping_) wake_.Wait(mu_);
    --idle_;
    if (stopping_) return false;
    job = std::move(jobs_.front());
    jobs_.pop_front();
    return true;
  }

  void Work() {
    Job job;
    while (Next(job)) {
      job(Context(stop_.get_token()));
      job = nullptr;
    }
  }

  const int limit_;
  std::stop_source stop_;

  Mutex mu_;
  CondVar wake_;
  std::deque<Job> jobs_ GUARDED_BY(mu_);
  std::vector<std::thread> threads_ GUARDED_BY(mu_);
  int idle_ GUARDED_BY(mu_) = 0;
  bool stopping_ GUARDED_BY(mu_) = false;
};

}  // namespace

std::unique_ptr<BackgroundRunner> MakeThreadRunner(int threads) {
  return std::make_unique<ThreadRunner>(threads);
}

}  // namespace nekoplane::reconcilers
