#include "reconcilers/session/pull_manager.h"

#include <algorithm>

namespace nekoplane::reconcilers::session {

PullManager::PullManager(const runtime::DriverSet& drivers, const Clock& clock,
                         BackgroundRunner& runner, FailureBackoff backoff,
                         std::function<void(const queue::Key&)> wake)
    : drivers_(drivers),
      clock_(clock),
      runner_(runner),
      backoff_(backoff),
      wake_(std::move(wake)) {}

Pull PullManager::Look(std::string_view node, std::string_view image, const queue::Key& waiter) {
  const MonoTime now = clock_.Now();
  MutexLock lock(mu_);
  const auto it = pulls_.find({std::string(node), std::string(image)});
  if (it == pulls_.end()) return {};
  Entry& entry = it->second;
  if (entry.running) {
    entry.waiters.insert(waiter);
    return {Pull::Kind::kRunning, entry.text, {}};
  }
  if (entry.failures > 0 && entry.retry_at > now) {
    return {Pull::Kind::kFailed, entry.text, entry.retry_at - now};
  }
  return {};
}

void PullManager::Start(std::string_view node, std::string_view image, const queue::Key& waiter) {
  const Id id{std::string(node), std::string(image)};
  const MonoTime now = clock_.Now();
  {
    MutexLock lock(mu_);
    Entry& entry = pulls_[id];
    entry.waiters.insert(waiter);
    if (entry.running || (entry.failures > 0 && entry.retry_at > now)) return;
    entry.running = true;
    entry.text = "pulling image " + id.second;
  }
  runner_.Run([this, id](const Context& ctx) { Work(ctx, id); });
}

void PullManager::Work(const Context& ctx, const Id& id) {
  const auto driver = drivers_.ForNode(id.first);
  if (driver == nullptr) {
    Finish(id, MakeStatus(Code::kUnavailable, "NoDriver", "node " + id.first + " is gone"));
    return;
  }
  const auto progress = [&](const runtime::PullProgress& at) {
    MutexLock lock(mu_);
    pulls_[id].text = "pulling image " + id.second + ": " + at.text;
  };
  Finish(id, driver->PullImage(ctx, id.second, progress));
}

void PullManager::Finish(const Id& id, const Result<void>& result) {
  const MonoTime now = clock_.Now();
  std::set<queue::Key> waiters;
  {
    MutexLock lock(mu_);
    Entry& entry = pulls_[id];
    waiters = std::move(entry.waiters);
    if (result) {
      pulls_.erase(id);
    } else {
      entry.running = false;
      entry.waiters.clear();
      ++entry.failures;
      entry.retry_at = now + BackoffDelay(backoff_, entry.failures);
      entry.text = "cannot pull image " + id.second + ": " + result.error().message;
    }
  }
  for (const auto& waiter : waiters) wake_(waiter);
}

}  // namespace nekoplane::reconcilers::session
