#include "controller/metrics/node_gauges.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include "api/base/quantity.h"
#include "controller/metrics/families.h"
#include "controller/metrics/gauge_builder.h"

namespace nekoplane::metrics {

namespace {

using v1alpha1::BrowserNode;
using v1alpha1::Condition;
using v1alpha1::NodeResources;

constexpr std::array<std::string_view, 3> kConditions{
    v1alpha1::node::kCapable, v1alpha1::node::kDrained, v1alpha1::node::kReady};
constexpr std::array<std::string_view, 3> kStatuses{"False", "True", "Unknown"};

const Condition* Find(const BrowserNode& node, std::string_view type) {
  for (const Condition& condition : node.status.conditions) {
    if (condition.type == type) return &condition;
  }
  return nullptr;
}

std::string_view StatusOf(const Condition* condition) {
  if (condition == nullptr) return kStatuses.back();
  return *std::find(kStatuses.begin(), kStatuses.end() - 1, condition->status);
}

bool ReadySays(const BrowserNode& node, std::string_view reason) {
  const Condition* ready = Find(node, v1alpha1::node::kReady);
  return ready != nullptr && ready->reason == reason;
}

bool Lost(const BrowserNode& node) { return ReadySays(node, v1alpha1::node::kReasonNodeLost); }

bool LossWithheld(const BrowserNode& node) {
  return ReadySays(node, v1alpha1::node::kReasonTooManyLost);
}

bool Schedulable(const BrowserNode& node) {
  return node.spec.schedulingPolicy == v1alpha1::SchedulingPolicy::kSchedulable &&
         !node.spec.drain && !node.metadata.deleting();
}

void AddQuantity(GaugeBuilder& out, std::string_view node, std::string_view resource,
                 const std::string& quantity, Result<std::int64_t> (*parse)(std::string_view),
                 double unit) {
  if (quantity.empty()) return;
  const auto amount = parse(quantity);
  if (!amount) return;
  out.Add({{"node", node}, {"resource", resource}}, static_cast<double>(*amount) / unit);
}

void AddCount(GaugeBuilder& out, std::string_view node, std::string_view resource,
              const std::optional<std::int64_t>& count) {
  if (count) out.Add({{"node", node}, {"resource", resource}}, static_cast<double>(*count));
}

prometheus::MetricFamily Amounts(const Nodes& nodes, std::string name, std::string help,
                                 NodeResources v1alpha1::BrowserNodeStatus::*member) {
  GaugeBuilder out(std::move(name), std::move(help));
  for (const auto& object : nodes) {
    const std::string& node = object->metadata.name;
    const NodeResources& resources = object->status.*member;
    AddQuantity(out, node, "cpu", resources.cpu, ParseMilliCores, 1000);
    AddCount(out, node, "gpus", resources.gpus);
    AddQuantity(out, node, "memory", resources.memory, ParseBytes, 1);
    AddCount(out, node, "ports", resources.ports);
  }
  return out.Take();
}

prometheus::MetricFamily PerNode(const Nodes& nodes, std::string name, std::string help,
                                 bool (*is)(const BrowserNode&)) {
  GaugeBuilder out(std::move(name), std::move(help));
  for (const auto& node : nodes) out.Add({{"node", node->metadata.name}}, is(*node) ? 1 : 0);
  return out.Take();
}

prometheus::MetricFamily CountByCondition(const Nodes& nodes) {
  std::map<std::pair<std::string_view, std::string_view>, std::int64_t> counts;
  for (const auto type : kConditions) {
    for (const auto status : kStatuses) counts[{type, status}] = 0;
    for (const auto& node : nodes) ++counts[{type, StatusOf(Find(*node, type))}];
  }
  GaugeBuilder out("nekoplane_nodes", "Nodes by condition and its status.");
  for (const auto& [key, count] : counts) {
    out.Add({{"condition", key.first}, {"status", key.second}}, static_cast<double>(count));
  }
  return out.Take();
}

prometheus::MetricFamily Conditions(const Nodes& nodes) {
  GaugeBuilder out("nekoplane_node_condition",
                   "1 if the node's condition is True, 0 if it is False or nobody knows.");
  for (const auto type : kConditions) {
    for (const auto& node : nodes) {
      const Condition* condition = Find(*node, type);
      out.Add({{"condition", type}, {"node", node->metadata.name}},
              condition != nullptr && condition->is_true() ? 1 : 0);
    }
  }
  return out.Take();
}

prometheus::MetricFamily DrainAges(const Nodes& nodes, WallTime now) {
  GaugeBuilder out("nekoplane_node_drain_seconds",
                   "For how long the node has been draining; 0 if it is not.");
  for (const auto& node : nodes) {
    Duration age = Duration::zero();
    if (node->spec.drain && !node->status.drainStartedTime.empty()) {
      const auto started = ParseTime(node->status.drainStartedTime);
      if (started) age = std::max(age, now - *started);
    }
    out.Add({{"node", node->metadata.name}}, Seconds(age));
  }
  return out.Take();
}

prometheus::MetricFamily Images(const Nodes& nodes) {
  std::map<std::string_view, std::int64_t> counts;
  for (const auto& [phase, name] : v1alpha1::EnumNames<v1alpha1::NodeImagePhase>::kNames) {
    counts[name] = 0;
  }
  for (const auto& node : nodes) {
    for (const auto& image : node->status.images) ++counts[EnumName(image.phase)];
  }
  GaugeBuilder out("nekoplane_images", "Images on nodes, by how far they are.");
  for (const auto& [phase, count] : counts) {
    out.Add({{"phase", phase}}, static_cast<double>(count));
  }
  return out.Take();
}

}  // namespace

std::vector<prometheus::MetricFamily> NodeGauges(const Nodes& nodes, WallTime now) {
  using Status = v1alpha1::BrowserNodeStatus;
  const std::string units = ": memory in bytes, cpu in cores, ports and gpus.";
  std::vector<prometheus::MetricFamily> out;
  out.push_back(CountByCondition(nodes));
  out.push_back(Conditions(nodes));
  out.push_back(PerNode(nodes, "nekoplane_node_loss_withheld",
                        "1 while the node is silent and counts as lost for nobody, because most "
                        "nodes are silent at once.",
                        LossWithheld));
  out.push_back(PerNode(nodes, "nekoplane_node_lost",
                        "1 while the node counts as lost: its sessions start elsewhere where that "
                        "is safe.",
                        Lost));
  out.push_back(PerNode(nodes, "nekoplane_node_schedulable",
                        "0 while the node takes no new sessions: cordoned, draining or going.",
                        Schedulable));
  out.push_back(PerNode(nodes, "nekoplane_node_draining", "1 while a drain is asked for.",
                        [](const BrowserNode& node) { return node.spec.drain.has_value(); }));
  out.push_back(DrainAges(nodes, now));
  out.push_back(
      Amounts(nodes, "nekoplane_node_capacity", "What a node has" + units, &Status::capacity));
  out.push_back(Amounts(nodes, "nekoplane_node_allocatable",
                        "What of a node's capacity sessions may take" + units,
                        &Status::allocatable));
  out.push_back(Amounts(nodes, "nekoplane_node_allocated",
                        "What sessions have claimed of a node" + units, &Status::allocated));
  out.push_back(Images(nodes));
  return out;
}

std::vector<prometheus::MetricFamily> SlotGauges(const std::vector<ClassSlots>& classes) {
  GaugeBuilder totals("nekoplane_class_free_slots",
                      "How many more sessions of a class fit now, on all nodes together. The "
                      "first 20 classes by name.");
  GaugeBuilder by_node("nekoplane_node_free_slots",
                       "How many more sessions of a class fit on a node now; absent where the "
                       "class has nothing for the node's hardware.");
  for (std::size_t i = 0; i < std::min(classes.size(), kShownClasses); ++i) {
    std::int64_t total = 0;
    for (const auto& [node, slots] : classes[i].by_node) {
      total += slots;
      by_node.Add({{"class", classes[i].name}, {"node", node}}, static_cast<double>(slots));
    }
    totals.Add({{"class", classes[i].name}}, static_cast<double>(total));
  }
  return {totals.Take(), by_node.Take()};
}

}  // namespace nekoplane::metrics
