#include "controller/runtime/hint_hub.h"

#include <thread>
#include <utility>

namespace nekoplane::runtime {

// One callback, and the knowledge of who is inside it.
class HintHub::Watcher {
 public:
  explicit Watcher(std::function<void(const Hint&)> callback) : callback_(std::move(callback)) {}

  void Call(const Hint& hint) EXCLUDES(mu_) {
    {
      MutexLock lock(mu_);
      if (ended_) return;
      inside_.push_back(std::this_thread::get_id());
    }
    callback_(hint);
    MutexLock lock(mu_);
    // The last entry of this thread: a callback that publishes is inside more than once.
    for (std::size_t i = inside_.size(); i-- > 0;) {
      if (inside_[i] != std::this_thread::get_id()) continue;
      inside_.erase(inside_.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
    left_.NotifyAll();
  }

  void End() EXCLUDES(mu_) {
    MutexLock lock(mu_);
    ended_ = true;
    while (OthersInside()) left_.Wait(mu_);
  }

 private:
  bool OthersInside() const REQUIRES(mu_) {
    for (const std::thread::id& id : inside_) {
      if (id != std::this_thread::get_id()) return true;
    }
    return false;
  }

  const std::function<void(const Hint&)> callback_;
  Mutex mu_;
  CondVar left_;
  bool ended_ GUARDED_BY(mu_) = false;
  std::vector<std::thread::id> inside_ GUARDED_BY(mu_);
};

class HintHub::Handle final : public Subscription {
 public:
  explicit Handle(std::shared_ptr<Watcher> watcher) : watcher_(std::move(watcher)) {}

  ~Handle() override { watcher_->End(); }

 private:
  const std::shared_ptr<Watcher> watcher_;
};

HintHub::HintHub() = default;
HintHub::~HintHub() = default;

std::unique_ptr<Subscription> HintHub::Subscribe(std::function<void(const Hint&)> callback,
                                                 bool greet) {
  auto watcher = std::make_shared<Watcher>(std::move(callback));
  {
    MutexLock lock(mu_);
    std::erase_if(watchers_, [](const std::weak_ptr<Watcher>& w) { return w.expired(); });
    watchers_.push_back(watcher);
  }
  if (greet) watcher->Call(Hint{});
  return std::make_unique<Handle>(std::move(watcher));
}

void HintHub::Publish(const Hint& hint) {
  std::vector<std::shared_ptr<Watcher>> now;
  {
    MutexLock lock(mu_);
    now.reserve(watchers_.size());
    for (const std::weak_ptr<Watcher>& weak : watchers_) {
      if (auto watcher = weak.lock()) now.push_back(std::move(watcher));
    }
  }
  for (const std::shared_ptr<Watcher>& watcher : now) watcher->Call(hint);
}

}  // namespace nekoplane::runtime
