#include "reconcilers/session/session_memory.h"

namespace nekoplane::reconcilers::session {

SessionMemory::Facts SessionMemory::Get(std::string_view uid, MonoTime now) {
  MutexLock lock(mu_);
  const auto [it, added] = facts_.try_emplace(std::string(uid));
  if (added) it->second.first_seen = now;
  return it->second;
}

void SessionMemory::Started(std::string_view uid, MonoTime now) {
  MutexLock lock(mu_);
  auto& facts = facts_[std::string(uid)];
  facts.started = now;
  facts.last_probe = MonoTime{};
  facts.probe_failures = 0;
}

int SessionMemory::Probed(std::string_view uid, MonoTime now, bool answered) {
  MutexLock lock(mu_);
  auto& facts = facts_[std::string(uid)];
  facts.last_probe = now;
  facts.probe_failures = answered ? 0 : facts.probe_failures + 1;
  return facts.probe_failures;
}

void SessionMemory::Ready(std::string_view uid) {
  MutexLock lock(mu_);
  facts_[std::string(uid)].was_ready = true;
}

void SessionMemory::Forget(std::string_view uid) {
  MutexLock lock(mu_);
  const auto it = facts_.find(uid);
  if (it != facts_.end()) facts_.erase(it);
}

Duration SessionMemory::LostFor(std::string_view node, const std::string& loss, MonoTime now) {
  MutexLock lock(mu_);
  const auto it = lost_.find(node);
  if (loss.empty()) {
    if (it != lost_.end()) lost_.erase(it);
    return Duration::zero();
  }
  if (it != lost_.end() && it->second.which == loss) return now - it->second.since;
  lost_.insert_or_assign(std::string(node), Loss{loss, now});
  return Duration::zero();
}

void SessionMemory::RefusePorts(std::string_view node, const std::vector<std::int64_t>& ports,
                                MonoTime until) {
  MutexLock lock(mu_);
  for (const auto port : ports) refused_[std::string(node)][port] = until;
}

std::map<std::string, std::vector<std::int64_t>> SessionMemory::RefusedPorts(MonoTime now) {
  MutexLock lock(mu_);
  std::map<std::string, std::vector<std::int64_t>> result;
  for (auto& [node, ports] : refused_) {
    std::erase_if(ports, [&](const auto& entry) { return entry.second <= now; });
    for (const auto& [port, until] : ports) result[node].push_back(port);
  }
  return result;
}

}  // namespace nekoplane::reconcilers::session
