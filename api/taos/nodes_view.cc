#include "api/taos/nodes_view.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <tuple>

#include "api/base/quantity.h"
#include "api/v1alpha1/gpu.h"

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
  // taOS sorts stably, in the order of registration.
  std::vector<std::reference_wrapper<const BrowserNode>> by_age(nodes.begin(), nodes.end());
  std::sort(by_age.begin(), by_age.end(), [](const BrowserNode& a, const BrowserNode& b) {
    return std::tie(a.metadata.creationTimestamp, a.metadata.name) <
           std::tie(b.metadata.creationTimestamp, b.metadata.name);
  });
  std::vector<NodeRow> rows;
  for (const BrowserNode& node : by_age) {
    const bool usable = node.metadata.name != BrowserNode::kHost && !node.metadata.deleting() &&
                        node.spec.schedulingPolicy == v1alpha1::SchedulingPolicy::kSchedulable &&
                        IsTrue(node, v1alpha1::node::kReady) &&
                        IsTrue(node, v1alpha1::node::kCapable);
    if (!usable) continue;
    const v1alpha1::NodeHardware& hardware = node.status.hardware;
    rows.push_back({node.metadata.name, v1alpha1::EncodesForMany(hardware.gpu), hardware.ramMB,
                    hardware.cores, Load(node)});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const NodeRow& a, const NodeRow& b) {
    return a.gpu != b.gpu ? a.gpu : a.load < b.load;
  });
  return rows;
}

}  // namespace nekoplane::taos
