#include "controller/scheduler/cluster.h"

#include <optional>
#include <utility>

#include "api/base/check.h"
#include "controller/scheduler/filters.h"
#include "controller/scheduler/reasons.h"

namespace nekoplane::scheduler {

namespace {

std::optional<Refusal> FirstRefusal(const Candidate& candidate) {
  for (const Filter& filter : Filters()) {
    if (auto refusal = filter.check(candidate)) return refusal;
  }
  return std::nullopt;
}

// The best so far of a search.
struct Choice {
  Candidate candidate;
  Scores scores;

  // True if what scores `other` may come before this one.
  bool YieldsTo(const Scores& other, const PreparedNode& node) const {
    return other != scores ? other > scores : SeniorityOf(node) < SeniorityOf(candidate.node);
  }
};

// The one to wait for: the most room first.
struct Nominee {
  double room = 0;
  Choice choice;

  bool YieldsTo(const Nominee& other) const {
    if (other.room != room) return other.room > room;
    return choice.YieldsTo(other.choice.scores, other.choice.candidate.node);
  }
};

}  // namespace

const PreparedNode* Cluster::Find(std::string_view name) const {
  const auto found = by_name_.Find(name);
  return found == nullptr ? nullptr : &found->node;
}

Cluster Cluster::With(PreparedNode node) const {
  Cluster next = *this;
  const Scores bounds = BoundsOf(*policy_, node);
  const auto before = by_name_.Find(node.name());
  const auto entry = std::make_shared<const Entry>(Entry{std::move(node), bounds});
  // Where the order stays the same, the entry is replaced in its place.
  if (before != nullptr && ByBounds()(*before) != ByBounds()(*entry)) {
    next.by_bounds_ = by_bounds_.Erase(ByBounds()(*before));
  }
  next.by_name_ = next.by_name_.Put(entry);
  next.by_bounds_ = next.by_bounds_.Put(entry);
  return next;
}

Cluster Cluster::Without(std::string_view name) const {
  Cluster next = *this;
  const auto found = by_name_.Find(name);
  if (found == nullptr) return next;
  next.by_name_ = by_name_.Erase(name);
  next.by_bounds_ = by_bounds_.Erase(ByBounds()(*found));
  return next;
}

Placement Place(const Request& request, const Cluster& cluster) {
  const Policy& policy = cluster.policy();
  NEKO_CHECK(request.policy == &policy);
  Decision decision(request);
  std::optional<Choice> best;
  std::optional<Nominee> nominee;
  Reasons reasons;

  const auto look_at = [&](const PreparedNode& node) {
    const Candidate candidate = decision.Of(node);
    const auto refusal = FirstRefusal(candidate);
    if (!refusal) {
      const Scores scores = ScoresOf(policy, candidate);
      if (!best || best->YieldsTo(scores, node)) best.emplace(Choice{candidate, scores});
      return;
    }
    if (best) return;
    reasons.Add(*refusal);
    if (!refusal->room_only || request.closed_nodes.contains(node.name())) return;
    Nominee other{RoomRatio(candidate), {candidate, ScoresOf(policy, candidate)}};
    if (!nominee || nominee->YieldsTo(other)) nominee.emplace(other);
  };

  // One that names its node, or whose profile lies on one, can run nowhere else.
  const auto& asked = request.session.spec.nodeName;
  const std::string& only = asked.empty() ? request.profile_node : asked;
  const PreparedNode* only_node = only.empty() ? nullptr : cluster.Find(only);
  if (only_node != nullptr && !FirstRefusal(decision.Of(*only_node))) look_at(*only_node);
  if (!best) {
    cluster.ForEachByBounds([&](const Cluster::Entry& entry) {
      if (best && !best->YieldsTo(entry.bounds, entry.node)) return false;
      look_at(entry.node);
      return true;
    });
  }

  if (best) return Assigned(best->candidate);
  Placement placement;
  placement.no_capable_node = reasons.no_capable_node();
  placement.message = reasons.Message();
  if (nominee) placement.nominee = nominee->choice.candidate.node.name();
  return placement;
}

}  // namespace nekoplane::scheduler
