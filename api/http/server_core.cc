#include "api/http/server_core.h"

#include <utility>

namespace nekoplane::http {
namespace {

// Connections beyond the limit that may exist for as long as it takes to tell them so.
constexpr std::size_t kRefusalRoom = 64;

}  // namespace

ServerCore::Admission ServerCore::Admit(const std::shared_ptr<Connection>& connection) {
  MutexLock lock(mu_);
  if (draining_ || connections_.size() >= options.max_connections + kRefusalRoom) {
    return Admission::kDrop;
  }
  connections_.emplace(connection.get(), connection);
  return connections_.size() > options.max_connections ? Admission::kRefuse : Admission::kServe;
}

void ServerCore::Remove(const Connection* connection) {
  std::shared_ptr<Connection> last;  // destroyed after the lock is released
  MutexLock lock(mu_);
  const auto it = connections_.find(connection);
  if (it == connections_.end()) return;
  last = std::move(it->second);
  connections_.erase(it);
  if (connections_.empty()) empty_.NotifyAll();
}

std::vector<std::shared_ptr<Connection>> ServerCore::Connections() const {
  MutexLock lock(mu_);
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [key, connection] : connections_) all.push_back(connection);
  return all;
}

void ServerCore::StartDraining() {
  MutexLock lock(mu_);
  draining_ = true;
}

bool ServerCore::WaitUntilEmpty(Duration timeout) {
  const MonoTime give_up = clock.Now() + timeout;
  MutexLock lock(mu_);
  while (!connections_.empty()) {
    const Duration left = give_up - clock.Now();
    if (left <= Duration::zero()) return false;
    empty_.WaitFor(mu_, left);
  }
  return true;
}

}  // namespace nekoplane::http
