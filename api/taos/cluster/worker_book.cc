#include "api/taos/cluster/worker_book.h"

#include <algorithm>
#include <utility>

namespace nekoplane::taos {

bool WorkerBook::Take(HeardWorker& worker, WorkerInfo info, MonoTime now, WallTime wall) {
  const bool news = now - worker.at > kSilentAfter || worker.info.status != info.status ||
                    worker.info.browsers != info.browsers ||
                    !(worker.info.hardware == info.hardware);
  worker.info = std::move(info);
  worker.at = now;
  worker.wall = wall;
  return news;
}

bool WorkerBook::Put(WorkerInfo info, std::string node, std::string origin, MonoTime now,
                     WallTime wall) {
  MutexLock lock(mu_);
  const std::string key = Key(origin, info.name);
  const auto it = workers_.find(key);
  if (it != workers_.end()) return Take(it->second, std::move(info), now, wall);
  workers_[key] = {.info = std::move(info),
                   .node = std::move(node),
                   .origin = std::move(origin),
                   .at = now,
                   .wall = wall,
                   .registered = wall};
  return true;
}

bool WorkerBook::Remove(std::string_view origin, std::string_view name) {
  MutexLock lock(mu_);
  return workers_.erase(Key(origin, name)) > 0;
}

std::optional<HeardWorker> WorkerBook::OfNode(std::string_view node) const {
  MutexLock lock(mu_);
  for (const auto& [key, worker] : workers_) {
    if (worker.node == node) return worker;
  }
  return std::nullopt;
}

std::vector<HeardWorker> WorkerBook::List(std::string_view origin) const {
  std::vector<HeardWorker> out;
  {
    MutexLock lock(mu_);
    for (const auto& [key, worker] : workers_) {
      if (worker.origin == origin) out.push_back(worker);
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.registered < b.registered; });
  return out;
}

void WorkerBook::Mirrors(const std::string& label, std::optional<MonoTime> answered) {
  MutexLock lock(mu_);
  controllers_[label] = answered;
}

bool WorkerBook::ControllerSilent(std::string_view label, MonoTime now) const {
  MutexLock lock(mu_);
  const auto it = controllers_.find(label);
  return it != controllers_.end() && (!it->second || now - *it->second > kSilentAfter);
}

std::string WorkerBook::HolderOf(std::string_view host_lan_ip, std::string_view but) const {
  if (host_lan_ip.empty()) return "";
  MutexLock lock(mu_);
  for (const auto& [key, worker] : workers_) {
    if (worker.origin.empty() && worker.info.host_lan_ip == host_lan_ip &&
        worker.info.name != but) {
      return worker.info.name;
    }
  }
  return "";
}

}  // namespace nekoplane::taos
