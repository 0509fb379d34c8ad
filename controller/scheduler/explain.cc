#include "controller/scheduler/explain.h"

#include <algorithm>
#include <utility>

#include "controller/scheduler/filters.h"

namespace nekoplane::scheduler {

namespace {

NodeExplanation ExplainNode(const Policy& policy, const Candidate& candidate) {
  NodeExplanation node{.node = candidate.node.name(),
                       .variant = candidate.variant == nullptr ? "" : candidate.variant->name};
  for (const Filter& filter : Filters()) {
    const auto refusal = filter.check(candidate);
    node.filters.push_back({.filter = filter.name,
                            .reason = refusal ? refusal->text() : "",
                            .permanent = refusal && refusal->permanent});
  }
  for (const Score& score : policy.scores) {
    node.scores.push_back({score.name, score.value(candidate)});
  }
  return node;
}

bool Fits(const NodeExplanation& node) {
  return std::all_of(node.filters.begin(), node.filters.end(),
                     [](const FilterVerdict& verdict) { return verdict.passed(); });
}

bool Before(const NodeExplanation& a, const NodeExplanation& b) {
  const bool fits = Fits(a);
  if (fits != Fits(b)) return fits;
  for (std::size_t i = 0; fits && i < a.scores.size(); ++i) {
    if (a.scores[i].value != b.scores[i].value) return a.scores[i].value > b.scores[i].value;
  }
  return a.node < b.node;
}

}  // namespace

Explanation Explain(const Request& request, const Cluster& cluster) {
  Explanation all{
      .placement = Place(request, cluster), .policy = cluster.policy().name, .nodes = {}};
  Decision decision(request);
  cluster.ForEachByBounds([&](const Cluster::Entry& entry) {
    all.nodes.push_back(ExplainNode(cluster.policy(), decision.Of(entry.node)));
    return true;
  });
  std::sort(all.nodes.begin(), all.nodes.end(), Before);
  for (std::size_t i = 0; i < all.nodes.size() && Fits(all.nodes[i]); ++i) {
    all.nodes[i].order = static_cast<int>(i) + 1;
  }
  return all;
}

}  // namespace nekoplane::scheduler
