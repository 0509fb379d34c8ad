#include "reconcilers/common/placement_queue.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace nekoplane::reconcilers {
namespace {

using v1alpha1::BrowserSession;
using Waiting = PlacementQueue::Waiting;

bool InQueue(const BrowserSession& session) {
  return session.status.queue && !session.status.ports && !session.metadata.deleting() &&
         session.spec.operatingMode == v1alpha1::OperatingMode::kRunning;
}

bool Longer(const Waiting* a, const Waiting* b) {
  return std::tie(a->since, a->uid) < std::tie(b->since, b->uid);
}

// A rank is how many of its own namespace and priority wait longer.
bool Ahead(const Waiting& a, std::size_t a_rank, const Waiting& b, std::size_t b_rank) {
  if (a.priority != b.priority) return a.priority > b.priority;
  return std::tie(a_rank, a.since, a.uid) < std::tie(b_rank, b.since, b.uid);
}

}  // namespace

Waiting AsWaiting(const BrowserSession& session, WallTime now) {
  Waiting waiting{.key = {session.metadata.namespace_, session.metadata.name},
                  .uid = session.metadata.uid,
                  .priority = session.spec.priority,
                  .since = now};
  if (session.status.queue) {
    waiting.nominated_node = session.status.queue->nominatedNode;
    if (const auto since = ParseTime(session.status.queue->since)) waiting.since = *since;
  }
  return waiting;
}

void PlacementQueue::Update(const BrowserSession& session) {
  MutexLock lock(mu_);
  Erase(session.metadata.uid);
  if (InQueue(session)) Insert(AsWaiting(session, WallTime{}));
}

void PlacementQueue::Remove(std::string_view uid) {
  MutexLock lock(mu_);
  Erase(uid);
}

void PlacementQueue::Insert(Waiting waiting) {
  auto owned = std::make_unique<const Waiting>(std::move(waiting));
  const Waiting* const who = owned.get();
  by_uid_[who->uid] = std::move(owned);
  Line& line = levels_[who->priority][who->key.ns];
  line.insert(std::lower_bound(line.begin(), line.end(), who, Longer), who);
  if (!who->nominated_node.empty()) nominators_[who->nominated_node].insert(who);
}

void PlacementQueue::Erase(std::string_view uid) {
  const auto found = by_uid_.find(uid);
  if (found == by_uid_.end()) return;
  const Waiting* const who = found->second.get();
  const auto level = levels_.find(who->priority);
  const auto line = level->second.find(who->key.ns);
  line->second.erase(std::lower_bound(line->second.begin(), line->second.end(), who, Longer));
  if (line->second.empty()) level->second.erase(line);
  if (level->second.empty()) levels_.erase(level);
  if (const auto node = nominators_.find(who->nominated_node); node != nominators_.end()) {
    node->second.erase(who);
    if (node->second.empty()) nominators_.erase(node);
  }
  by_uid_.erase(found);
}

std::size_t PlacementQueue::RankOf(const Waiting& who) const {
  const auto level = levels_.find(who.priority);
  if (level == levels_.end()) return 0;
  const auto line = level->second.find(who.key.ns);
  if (line == level->second.end()) return 0;
  const auto at = std::lower_bound(line->second.begin(), line->second.end(), &who, Longer);
  auto rank = static_cast<std::size_t>(at - line->second.begin());
  // It may be stored with an earlier time than it says now.
  const auto stored = by_uid_.find(who.uid);
  if (stored != by_uid_.end() && stored->second->priority == who.priority &&
      stored->second->key.ns == who.key.ns && Longer(stored->second.get(), &who)) {
    --rank;
  }
  return rank;
}

PlacementQueue::View PlacementQueue::Look(const Waiting& who) const {
  View view;
  MutexLock lock(mu_);
  const std::size_t rank = RankOf(who);
  for (const auto& [priority, level] : levels_) {
    if (priority < who.priority) break;
    for (const auto& [ns, line] : level) {
      if (priority > who.priority) {
        view.position += static_cast<std::int64_t>(line.size());
      } else if (ns == who.key.ns) {
        view.position += static_cast<std::int64_t>(rank);
      } else {
        view.position += static_cast<std::int64_t>(std::min(line.size(), rank));
        if (line.size() > rank && Longer(line[rank], &who)) ++view.position;
      }
    }
  }
  const auto stored = by_uid_.find(who.uid);
  if (stored != by_uid_.end() && stored->second->priority > who.priority) --view.position;
  for (const auto& [node, nominators] : nominators_) {
    for (const Waiting* a : nominators) {
      if (a->uid == who.uid || !Ahead(*a, RankOf(*a), who, rank)) continue;
      view.closed_nodes.insert(node);
      break;
    }
  }
  return view;
}

std::vector<queue::Key> PlacementQueue::First(std::size_t count) const {
  std::vector<queue::Key> keys;
  MutexLock lock(mu_);
  for (const auto& [priority, level] : levels_) {
    for (std::size_t rank = 0; keys.size() < count; ++rank) {
      std::vector<const Waiting*> round;
      for (const auto& [ns, line] : level) {
        if (rank < line.size()) round.push_back(line[rank]);
      }
      if (round.empty()) break;
      std::sort(round.begin(), round.end(), Longer);
      for (const Waiting* who : round) {
        if (keys.size() < count) keys.push_back(who->key);
      }
    }
  }
  return keys;
}

std::size_t PlacementQueue::size() const {
  MutexLock lock(mu_);
  return by_uid_.size();
}

}  // namespace nekoplane::reconcilers
