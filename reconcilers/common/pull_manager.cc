#include "reconcilers/common/pull_manager.h"

#include <algorithm>
#include <tuple>

#include "api/base/mutant.h"

namespace nekoplane::reconcilers {
namespace {

constexpr char kWaitsItsTurn[] = "waiting for other pulls to end";

}  // namespace

Pull PullManager::Look(std::string_view node, std::string_view image, const queue::Key& waiter) {
  const MonoTime now = deps_.clock.Now();
  MutexLock lock(mu_);
  const auto it = pulls_.find({std::string(node), std::string(image)});
  if (it == pulls_.end()) return {};
  Entry& entry = it->second;
  if (entry.state != Entry::State::kIdle) {
    entry.waiters.insert(waiter);
    std::string text = "pulling image " + it->first.second;
    if (!entry.detail.empty()) text += ": " + entry.detail;
    return {Pull::Kind::kRunning, std::move(text), {}};
  }
  if (entry.failures > 0 && entry.retry_at > now) {
    return {Pull::Kind::kFailed, "cannot pull image " + it->first.second + ": " + entry.detail,
            entry.retry_at - now};
  }
  return {};
}

PullManager::Entry& PullManager::Queue(const Id& id, MonoTime now) {
  Entry& entry = pulls_[id];
  if (entry.state != Entry::State::kIdle && !NEKO_MUTANT(kPulledTwice)) return entry;
  if (entry.failures > 0 && entry.retry_at > now) return entry;
  entry.state = Entry::State::kQueued;
  entry.turn = ++turns_;
  entry.detail = kWaitsItsTurn;
  return entry;
}

void PullManager::Start(std::string_view node, std::string_view image, const queue::Key& waiter) {
  const MonoTime now = deps_.clock.Now();
  std::vector<Id> ids;
  {
    MutexLock lock(mu_);
    Entry& entry = Queue({std::string(node), std::string(image)}, now);
    if (entry.state != Entry::State::kIdle) entry.waiters.insert(waiter);
    ids = Admit();
  }
  Begin(ids);
}

void PullManager::StartAhead(std::string_view node, std::string_view image, std::int64_t failures) {
  const MonoTime now = deps_.clock.Now();
  std::vector<Id> ids;
  {
    MutexLock lock(mu_);
    Entry& entry = Queue({std::string(node), std::string(image)}, now);
    entry.failures = std::max(entry.failures, failures);
    ids = Admit();
  }
  Begin(ids);
}

std::vector<NodePull> PullManager::OnNode(std::string_view node) {
  using State = NodePull::State;
  const MonoTime now = deps_.clock.Now();
  std::vector<NodePull> out;
  MutexLock lock(mu_);
  for (auto it = pulls_.lower_bound({std::string(node), ""});
       it != pulls_.end() && it->first.first == node; ++it) {
    const Entry& entry = it->second;
    NodePull pull{.image = it->first.second, .detail = entry.detail, .failures = entry.failures};
    if (entry.state == Entry::State::kIdle) {
      pull.state = State::kFailed;
      pull.due = entry.retry_at <= now;
      pull.retry_at = entry.retry_at_wall;
    } else {
      pull.state = entry.state == Entry::State::kQueued ? State::kQueued : State::kRunning;
    }
    out.push_back(std::move(pull));
  }
  return out;
}

int PullManager::Running() {
  MutexLock lock(mu_);
  return running_;
}

void PullManager::Forget(std::string_view node) {
  MutexLock lock(mu_);
  for (auto it = pulls_.lower_bound({std::string(node), ""});
       it != pulls_.end() && it->first.first == node;) {
    it = it->second.state == Entry::State::kRunning ? std::next(it) : pulls_.erase(it);
  }
}

std::vector<PullManager::Id> PullManager::Admit() {
  std::vector<Id> ids;
  while (running_ < options_.total) {
    auto best = pulls_.end();
    const auto rank = [](const Entry& entry) {
      return std::tuple(entry.waiters.empty(), entry.turn);
    };
    for (auto it = pulls_.begin(); it != pulls_.end(); ++it) {
      if (it->second.state != Entry::State::kQueued) continue;
      const auto busy = running_on_.find(it->first.first);
      if (busy != running_on_.end() && busy->second >= options_.per_node) continue;
      if (best == pulls_.end() || rank(it->second) < rank(best->second)) best = it;
    }
    if (best == pulls_.end()) break;
    best->second.state = Entry::State::kRunning;
    best->second.detail.clear();
    ++running_;
    ++running_on_[best->first.first];
    ids.push_back(best->first);
  }
  return ids;
}

void PullManager::Begin(const std::vector<Id>& ids) {
  for (const Id& id : ids) {
    deps_.runner.Run([this, id](const Context& ctx) { Work(ctx, id); });
    if (deps_.changed) deps_.changed(id.first);
  }
}

void PullManager::Work(const Context& ctx, const Id& id) {
  const MonoTime began = deps_.clock.Now();
  const auto driver = deps_.drivers.ForNode(id.first);
  if (driver == nullptr) {
    Finish(id, MakeStatus(Code::kUnavailable, "NoDriver", "node " + id.first + " is gone"), {});
    return;
  }
  MonoTime next{};
  const auto progress = [&](const runtime::PullProgress& at) {
    const MonoTime now = deps_.clock.Now();
    if (now < next) return;
    next = now + options_.progress;
    MutexLock lock(mu_);
    pulls_[id].detail = at.text;
  };
  const auto result = driver->PullImage(ctx, id.second, progress);
  Finish(id, result, deps_.clock.Now() - began);
}

void PullManager::Finish(const Id& id, const Result<void>& result, Duration took) {
  const MonoTime now = deps_.clock.Now();
  const bool stopped = !result && result.is(Code::kCancelled);  // says nothing about the image
  std::set<queue::Key> waiters;
  std::vector<Id> ids;
  {
    MutexLock lock(mu_);
    Entry& entry = pulls_[id];
    waiters = std::move(entry.waiters);
    entry.waiters.clear();
    entry.state = Entry::State::kIdle;
    --running_;
    if (--running_on_[id.first] == 0) running_on_.erase(id.first);
    if (!result && !stopped) {
      ++entry.failures;
      const Duration delay = BackoffDelay(options_.backoff, entry.failures);
      entry.retry_at = now + delay;
      entry.retry_at_wall = deps_.clock.WallNow() + delay;
      entry.detail = result.error().message;
    } else {
      pulls_.erase(id);
    }
    std::erase_if(pulls_, [&](const auto& item) {
      return item.second.state == Entry::State::kIdle &&
             item.second.retry_at + options_.memory < now;
    });
    ids = Admit();
  }
  if (deps_.ended && !stopped) deps_.ended(result ? "success" : "error", took);
  for (const auto& waiter : waiters) deps_.wake(waiter);
  if (deps_.changed) deps_.changed(id.first);
  Begin(ids);
}

}  // namespace nekoplane::reconcilers
