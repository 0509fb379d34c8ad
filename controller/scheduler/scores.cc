#include "controller/scheduler/scores.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "api/base/quantity.h"
#include "controller/scheduler/filters.h"

namespace nekoplane::scheduler {

namespace {

// Nodes with a PreferNoSchedule taint that the session does not tolerate come after all others.
double TaintToleration(const Candidate& c) {
  return UntoleratedTaint(c, v1alpha1::TaintEffect::kPreferNoSchedule) == nullptr ? 1 : 0;
}

double HostFirst(const Candidate& c) { return c.is_host() ? 1 : 0; }

// A GPU that encodes for many: taOS counts CUDA and cards with memory of their own, and neither
// Intel's nor Mali.
double GpuFirst(const Candidate& c) {
  const auto& gpu = c.view.node.status.hardware.gpu;
  if (!gpu || gpu->count <= 0) return 0;
  return gpu->vendor == "nvidia" || gpu->vendor == "amd" || gpu->vendor == "apple" ? 1 : 0;
}

double LeastLoaded(const Candidate& c) { return 1 - c.view.load; }

double Share(std::int64_t used, const Result<std::int64_t>& total) {
  return total && *total > 0 ? static_cast<double>(used) / static_cast<double>(*total) : 0;
}

// The larger of the claimed shares of memory and processors.
double ClaimedShare(const Candidate& c, const Demand& more) {
  const auto& allocatable = c.view.node.status.allocatable;
  return std::max(
      Share(c.view.allocated.memory_bytes + more.memory_bytes, ParseBytes(allocatable.memory)),
      Share(c.view.allocated.milli_cpu + more.milli_cpu, ParseMilliCores(allocatable.cpu)));
}

double MostAllocated(const Candidate& c) { return ClaimedShare(c, {}); }

double LeastAllocated(const Candidate& c) {
  return 1 - std::max(ClaimedShare(c, c.demand), c.view.load);
}

constexpr Score kTaintToleration{"TaintToleration", TaintToleration};
constexpr std::array kDefault{kTaintToleration, Score{"HostFirst", HostFirst},
                              Score{"GpuFirst", GpuFirst}, Score{"LeastLoaded", LeastLoaded}};
constexpr std::array kPack{kTaintToleration, Score{"MostAllocated", MostAllocated}};
constexpr std::array kSpread{kTaintToleration, Score{"LeastAllocated", LeastAllocated}};

constexpr std::array kPolicies{Policy{"default", kDefault}, Policy{"pack", kPack},
                               Policy{"spread", kSpread}};

}  // namespace

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
