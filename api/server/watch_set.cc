#include "api/server/watch_set.h"

#include <utility>

#include "api/server/watcher.h"

namespace nekoplane::server {

WatchSet::~WatchSet() { EndAll(); }

std::uint64_t WatchSet::Add(std::shared_ptr<Watcher> watcher) {
  MutexLock lock(mu_);
  const std::uint64_t id = next_id_++;
  open_.emplace(id, std::move(watcher));
  return id;
}

void WatchSet::Retire(std::uint64_t id) {
  MutexLock lock(mu_);
  const auto it = open_.find(id);
  if (it == open_.end()) return;
  dying_.push_back(std::move(it->second));
  open_.erase(it);
  if (std::exchange(reaping_, true)) return;
  // Under the lock, so that no later reaper's handle can be overwritten by this one.
  if (reaper_) spent_.push_back(std::move(reaper_));
  reaper_ = timers_.After(Duration::zero(), [this] { Reap(); });
}

void WatchSet::Reap() {
  std::vector<std::shared_ptr<Watcher>> dying;
  std::vector<std::unique_ptr<Timers::Handle>> spent;
  {
    MutexLock lock(mu_);
    dying.swap(dying_);
    spent.swap(spent_);
    reaping_ = false;
  }
  for (const auto& watcher : dying) watcher->End();
}

void WatchSet::EndAll() {
  std::map<std::uint64_t, std::shared_ptr<Watcher>> open;
  std::vector<std::shared_ptr<Watcher>> dying;
  std::vector<std::unique_ptr<Timers::Handle>> spent;
  std::unique_ptr<Timers::Handle> reaper;
  {
    MutexLock lock(mu_);
    open.swap(open_);
    dying.swap(dying_);
    spent.swap(spent_);
    reaper.swap(reaper_);
    reaping_ = false;
  }
  for (const auto& [id, watcher] : open) watcher->End();
  for (const auto& watcher : dying) watcher->End();
}

std::size_t WatchSet::size() const {
  MutexLock lock(mu_);
  return open_.size();
}

}  // namespace nekoplane::server
