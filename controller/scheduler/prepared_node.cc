#include "controller/scheduler/prepared_node.h"

#include <algorithm>
#include <utility>

#include "api/base/quantity.h"
#include "api/v1alpha1/gpu.h"

namespace nekoplane::scheduler {

namespace {

using v1alpha1::BrowserNode;
using v1alpha1::Condition;

const Condition* FindCondition(const BrowserNode& node, std::string_view type) {
  const auto& conditions = node.status.conditions;
  const auto it = std::find_if(conditions.begin(), conditions.end(),
                               [&](const Condition& c) { return c.type == type; });
  return it == conditions.end() ? nullptr : &*it;
}

// "" = not known or not limited; what does not parse offers nothing.
std::int64_t Offered(const std::string& quantity, Result<std::int64_t> (*parse)(std::string_view)) {
  if (quantity.empty()) return kUnlimited;
  const auto amount = parse(quantity);
  return amount ? *amount : 0;
}

std::int64_t SizeOf(const v1alpha1::PortRange& range) {
  return std::max<std::int64_t>(0, range.to - range.from + 1);
}

std::string_view WhyClosed(const BrowserNode& node) {
  if (node.metadata.deleting()) return "node(s) were being deleted";
  if (node.spec.drain) return "node(s) were draining";
  if (node.spec.schedulingPolicy == v1alpha1::SchedulingPolicy::kUnschedulable) {
    return "node(s) were unschedulable";
  }
  return "";
}

// The floors are judged by the request's own numbers, not by the condition.
std::string WhyIncapable(const BrowserNode& node) {
  const Condition* capable = FindCondition(node, v1alpha1::node::kCapable);
  if (capable == nullptr || capable->status != "False" ||
      capable->reason == v1alpha1::node::kReasonBelowMemoryFloor ||
      capable->reason == v1alpha1::node::kReasonBelowCoreFloor) {
    return "";
  }
  return capable->reason.empty() ? "no reason given" : capable->reason;
}

std::string Describe(const v1alpha1::NodeHardware& hardware) {
  std::string what = hardware.arch.empty() ? "an unknown arch" : hardware.arch;
  if (hardware.gpu && !hardware.gpu->vendor.empty()) what += " with gpu " + hardware.gpu->vendor;
  if (!hardware.soc.empty()) what += " on " + hardware.soc;
  return what;
}

double Share(std::int64_t used, std::int64_t total) {
  if (total <= 0 || total == kUnlimited) return 0;
  return static_cast<double>(used) / static_cast<double>(total);
}

}  // namespace

NodeFacts::NodeFacts(BrowserNode object) : node(std::move(object)) {
  const auto& allocatable = node.status.allocatable;
  const auto& machine = node.status.hardware;
  host = name() == BrowserNode::kHost;
  const Condition* condition = FindCondition(node, v1alpha1::node::kReady);
  ready = condition != nullptr && condition->is_true();
  hardware_known = machine.ramMB != 0 || ready;
  encoding_gpu = v1alpha1::EncodesForMany(machine.gpu);
  for (const v1alpha1::Taint& taint : node.spec.taints) {
    (taint.effect == v1alpha1::TaintEffect::kNoSchedule ? keeps_away : puts_off) = true;
  }
  closed = WhyClosed(node);
  ram_mb = machine.ramMB;
  cores = machine.cores;
  total = {.memory_bytes = Offered(allocatable.memory, ParseBytes),
           .milli_cpu = Offered(allocatable.cpu, ParseMilliCores),
           .gpus = allocatable.gpus.value_or(machine.gpu ? machine.gpu->count : 0)};
  ports = std::min(SizeOf(node.spec.ports.http), SizeOf(node.spec.ports.media));
  reported_load = std::clamp(static_cast<double>(node.status.loadPercent) / 100, 0.0, 1.0);
  incapable = WhyIncapable(node);
  hardware = Describe(machine);
  hardware_key =
      machine.arch + '\n' + (machine.gpu ? machine.gpu->vendor : "") + '\n' + machine.soc;
}

PreparedNode Prepare(const NodeView& view) {
  return {.facts = std::make_shared<const NodeFacts>(view.node),
          .allocated = view.allocated,
          .free_http_ports = view.free_http_ports,
          .free_media_ports = view.free_media_ports,
          .load = view.load};
}

double ClaimedShare(const NodeFacts& facts, const Demand& allocated) {
  return std::max(Share(allocated.memory_bytes, facts.total.memory_bytes),
                  Share(allocated.milli_cpu, facts.total.milli_cpu));
}

double LoadOf(const NodeFacts& facts, const Demand& allocated) {
  return std::max(std::min(1.0, ClaimedShare(facts, allocated)), facts.reported_load);
}

}  // namespace nekoplane::scheduler
