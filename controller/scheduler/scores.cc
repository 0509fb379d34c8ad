#include "controller/scheduler/scores.h"

#include <algorithm>

#include "controller/scheduler/filters.h"

namespace nekoplane::scheduler {

namespace {

// The same for every session.
template <double (*kValue)(const PreparedNode&)>
constexpr Score OfNode(std::string_view name) {
  return {name, [](const Candidate& c) { return kValue(c.node); }, kValue};
}

// Nodes with a PreferNoSchedule taint that the session does not tolerate come after all others.
double TaintToleration(const Candidate& c) {
  const bool put_off = c.facts().puts_off &&
                       UntoleratedTaint(c, v1alpha1::TaintEffect::kPreferNoSchedule) != nullptr;
  return put_off ? 0 : 1;
}

double Tolerated(const PreparedNode&) { return 1; }

double HostFirst(const PreparedNode& node) { return node.facts->host ? 1 : 0; }

double GpuFirst(const PreparedNode& node) { return node.facts->encoding_gpu ? 1 : 0; }

double LeastLoaded(const PreparedNode& node) { return 1 - node.load; }

// Only what is claimed: a machine that is busy with something else is no good place to fill up.
double MostAllocated(const PreparedNode& node) { return ClaimedShare(*node.facts, node.allocated); }

double Left(const PreparedNode& node, const Demand& more) {
  const Demand after{.memory_bytes = node.allocated.memory_bytes + more.memory_bytes,
                     .milli_cpu = node.allocated.milli_cpu + more.milli_cpu,
                     .gpus = node.allocated.gpus + more.gpus};
  return 1 - std::max(ClaimedShare(*node.facts, after), node.load);
}

double LeastAllocated(const Candidate& c) { return Left(c.node, c.demand); }

double LeftBefore(const PreparedNode& node) { return Left(node, {}); }

constexpr Score kTaintToleration{"TaintToleration", TaintToleration, Tolerated};
constexpr std::array kDefault{kTaintToleration, OfNode<HostFirst>("HostFirst"),
                              OfNode<GpuFirst>("GpuFirst"), OfNode<LeastLoaded>("LeastLoaded")};
constexpr std::array kPack{kTaintToleration, OfNode<MostAllocated>("MostAllocated")};
constexpr std::array kSpread{kTaintToleration, Score{"LeastAllocated", LeastAllocated, LeftBefore}};
static_assert(kDefault.size() <= kMaxScores);

constexpr std::array kPolicies{Policy{"default", kDefault}, Policy{"pack", kPack},
                               Policy{"spread", kSpread}};

}  // namespace

Scores ScoresOf(const Policy& policy, const Candidate& candidate) {
  Scores scores{};
  for (std::size_t i = 0; i < policy.scores.size(); ++i) {
    scores[i] = policy.scores[i].value(candidate);
  }
  return scores;
}

Scores BoundsOf(const Policy& policy, const PreparedNode& node) {
  Scores bounds{};
  for (std::size_t i = 0; i < policy.scores.size(); ++i) bounds[i] = policy.scores[i].bound(node);
  return bounds;
}

const Policy& DefaultPolicy() { return kPolicies[0]; }

const Policy& PackPolicy() { return kPolicies[1]; }

const Policy& SpreadPolicy() { return kPolicies[2]; }

const Policy* PolicyByName(std::string_view name) {
  for (const Policy& policy : kPolicies) {
    if (policy.name == name) return &policy;
  }
  return nullptr;
}

}  // namespace nekoplane::scheduler
