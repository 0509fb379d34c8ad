// The pure half: facts and ledger in, status out.
#include <algorithm>
#include <utility>

#include "api/base/quantity.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/common/conditions.h"
#include "reconcilers/node/node_reconciler.h"

namespace nekoplane::reconcilers::node {
namespace {

namespace cond = v1alpha1::node;

constexpr std::int64_t kMiB = std::int64_t{1024} * 1024;

void TakeFacts(const runtime::NodeFacts& facts, v1alpha1::BrowserNodeStatus& status) {
  status.hardware.ramMB = facts.memory_bytes / kMiB;
  status.hardware.cores = facts.cores;
  status.hardware.arch = facts.arch;
  status.engine = {facts.engine_name, facts.engine_version, facts.engine_api_version};
}

// What the machine reports, with the operator's overrides on top.
v1alpha1::NodeResources Capacity(const v1alpha1::BrowserNode& node,
                                 const v1alpha1::NodeHardware& hardware) {
  v1alpha1::NodeResources capacity;
  if (hardware.ramMB > 0) capacity.memory = FormatBytes(hardware.ramMB * kMiB);
  if (hardware.cores > 0) capacity.cpu = FormatMilliCores(hardware.cores * 1000);
  capacity.gpus = hardware.gpu ? hardware.gpu->count : 0;
  capacity.ports = std::min(PortsOf(node.spec.ports.http), PortsOf(node.spec.ports.media));
  const auto& wish = node.spec.capacity;
  if (!wish.memory.empty()) capacity.memory = wish.memory;
  if (!wish.cpu.empty()) capacity.cpu = wish.cpu;
  if (wish.gpus) capacity.gpus = wish.gpus;
  if (wish.ports) capacity.ports = std::min(*wish.ports, *capacity.ports);
  return capacity;
}

ConditionUpdate CapableCondition(const Inputs& in, const v1alpha1::NodeHardware& hardware) {
  if (hardware.ramMB == 0) {
    return {cond::kCapable, kUnknown, cond::kReasonUnknown, "the machine was not seen yet"};
  }
  const bool host = in.node.metadata.name == v1alpha1::BrowserNode::kHost;
  const std::int64_t floor = host ? in.options.host_min_ram_mb : scheduler::kWorkerMinRamMB;
  if (hardware.ramMB < floor) {
    return {cond::kCapable, kFalse, cond::kReasonBelowMemoryFloor,
            "it has " + std::to_string(hardware.ramMB) + " MB of memory; " +
                (host ? "the host" : "a worker") + " needs " + std::to_string(floor)};
  }
  if (!host && hardware.cores < in.options.worker_min_cores) {
    return {cond::kCapable, kFalse, cond::kReasonBelowCoreFloor,
            "it has " + std::to_string(hardware.cores) + " cores; a worker needs " +
                std::to_string(in.options.worker_min_cores)};
  }
  return {cond::kCapable, kTrue, cond::kReasonCapable};
}

bool HeartbeatDue(const Inputs& in) {
  const auto last = ParseTime(in.node.status.heartbeatTime);
  return !last || in.now - *last >= in.options.heartbeat || *last > in.now;
}

}  // namespace

v1alpha1::BrowserNodeStatus Decide(const Inputs& in) {
  auto status = in.node.status;
  const auto generation = in.node.metadata.generation;
  const auto say = [&](ConditionUpdate update) {
    SetCondition(status.conditions, std::move(update), generation, in.now);
  };
  status.observedGeneration = generation;
  if (in.facts) {
    TakeFacts(*in.facts, status);
    say({cond::kReady, kTrue, cond::kReasonEngineReady});
  } else {
    say({cond::kReady, kFalse, cond::kReasonEngineUnavailable, in.why.message});
  }
  say(CapableCondition(in, status.hardware));
  say({cond::kDrained, kFalse, cond::kReasonNotDraining});

  status.capacity = Capacity(in.node, status.hardware);
  status.allocatable = status.capacity;
  const NodeUse use = UseOf(in.node, *in.ledger);
  status.allocated = {.memory = FormatBytes(use.allocated.memory_bytes),
                      .cpu = FormatMilliCores(use.allocated.milli_cpu),
                      .gpus = use.allocated.gpus,
                      .ports = use.used_http_ports};
  status.sessions = use.sessions;

  // A heartbeat says that the engine answered just now; a silent one's stays where it was.
  if (in.facts && (HeartbeatDue(in) || status != in.node.status)) {
    status.heartbeatTime = FormatTime(in.now);
  }
  return status;
}

}  // namespace nekoplane::reconcilers::node
