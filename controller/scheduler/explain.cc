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

struct Ranked {
  NodeExplanation node;
  Seniority seniority;
};

bool Before(const Ranked& a, const Ranked& b) {
  const bool fits = Fits(a.node);
  if (fits != Fits(b.node)) return fits;
  if (!fits) return a.node.node < b.node.node;
  for (std::size_t i = 0; i < a.node.scores.size(); ++i) {
    const double x = a.node.scores[i].value, y = b.node.scores[i].value;
    if (x != y) return x > y;
  }
  return a.seniority < b.seniority;
}

}  // namespace

Explanation Explain(const Request& request, const Cluster& cluster) {
  Explanation all{
      .placement = Place(request, cluster), .policy = cluster.policy().name, .nodes = {}};
  Decision decision(request);
  std::vector<Ranked> ranked;
  cluster.ForEachByBounds([&](const Cluster::Entry& entry) {
    ranked.push_back(
        {ExplainNode(cluster.policy(), decision.Of(entry.node)), SeniorityOf(entry.node)});
    return true;
  });
  std::sort(ranked.begin(), ranked.end(), Before);
  for (Ranked& one : ranked) all.nodes.push_back(std::move(one.node));
  for (std::size_t i = 0; i < all.nodes.size() && Fits(all.nodes[i]); ++i) {
    all.nodes[i].order = static_cast<int>(i) + 1;
  }
  return all;
}

}  // namespace nekoplane::scheduler
