#include "api/taos/nodes_view.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "api/base/quantity.h"

namespace nekoplane::taos {
namespace {

using v1alpha1::BrowserNode;

bool IsTrue(const BrowserNode& node, std::string_view type) {
  return std::any_of(node.status.conditions.begin(), node.status.conditions.end(),
                     [&](const v1alpha1::Condition& c) { return c.type == type && c.is_true(); });
}

// The share of the node's processors that sessions have claimed, to two digits.
double Load(const BrowserNode& node) {
  const auto used = ParseMilliCores(node.status.allocated.cpu);
  const auto all = ParseMilliCores(node.status.allocatable.cpu);
  if (!used || !all || *all <= 0) return 0;
  const double load = static_cast<double>(*used) / static_cast<double>(*all);
  return std::round(std::clamp(load, 0.0, 1.0) * 100) / 100;
}

}  // namespace

std::vector<NodeRow> CapableWorkers(const std::vector<BrowserNode>& nodes) {
  std::vector<NodeRow> rows;
  for (const BrowserNode& node : nodes) {
    const bool usable = node.metadata.name != BrowserNode::kHost && !node.metadata.deleting() &&
                        node.spec.schedulingPolicy == v1alpha1::SchedulingPolicy::kSchedulable &&
                        IsTrue(node, v1alpha1::node::kReady) &&
                        IsTrue(node, v1alpha1::node::kCapable);
    if (!usable) continue;
    const v1alpha1::NodeHardware& hardware = node.status.hardware;
    rows.push_back({node.metadata.name, hardware.gpu && hardware.gpu->count > 0, hardware.ramMB,
                    hardware.cores, Load(node)});
  }
  std::sort(rows.begin(), rows.end(), [](const NodeRow& a, const NodeRow& b) {
    if (a.gpu != b.gpu) return a.gpu;
    if (a.load != b.load) return a.load < b.load;
    return a.name < b.name;
  });
  return rows;
}

}  // namespace nekoplane::taos
