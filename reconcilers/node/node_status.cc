#include <algorithm>
#include <utility>

#include "api/base/quantity.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/node/decide.h"

namespace nekoplane::reconcilers::node {
namespace {

namespace cond = v1alpha1::node;

constexpr std::int64_t kMiB = std::int64_t{1024} * 1024;

bool IsHost(const Inputs& in) { return in.node.metadata.name == v1alpha1::BrowserNode::kHost; }

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
  const bool host = IsHost(in);
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

// Begins with the word that docs/workers.md lists.
std::string Why(const Status& why) {
  return why.reason.empty() ? why.message : why.reason + ": " + why.message;
}

bool HeartbeatDue(const Inputs& in) {
  const auto last = ParseTime(in.node.status.heartbeatTime);
  return !last || in.now - *last >= in.options.heartbeat || *last > in.now;
}

}  // namespace

ConditionUpdate ReadyCondition(const Inputs& in) {
  if (in.facts) return {cond::kReady, kTrue, cond::kReasonEngineReady};
  switch (in.silence) {
    case Silence::kLost:
      return {cond::kReady, kFalse, cond::kReasonNodeLost,
              Why(in.why) + "; silent for more than " + FormatDuration(in.options.lost_after)};
    case Silence::kTooMany:
      return {cond::kReady, kUnknown, cond::kReasonTooManyLost,
              Why(in.why) + "; more than " + std::to_string(kTooManySilentPercent) +
                  " % of the nodes do not answer: it is probably nekoplane's own network, and no "
                  "session is moved; if this node is gone for good: kubectl delete bnode " +
                  in.node.metadata.name + " --wait=false, then kubectl patch bnode " +
                  in.node.metadata.name + R"( --type=merge -p '{"metadata":{"finalizers":null}}')"};
    case Silence::kSuspected:
      break;
  }
  return {cond::kReady, kUnknown, cond::kReasonEngineUnavailable, Why(in.why)};
}

// What the machine tells, what was found out about our own, and over both the operator's word.
v1alpha1::NodeHardware Hardware(const Inputs& in) {
  auto hardware = in.node.status.hardware;
  if (in.facts) {
    hardware.ramMB = in.facts->memory_bytes / kMiB;
    hardware.cores = in.facts->cores;
    hardware.arch = in.facts->arch;
  }
  if (IsHost(in)) {
    hardware.soc = in.options.host_hardware.soc;
    hardware.gpu = in.options.host_hardware.gpu;
  } else if (in.facts) {
    hardware.soc = in.facts->soc;
    hardware.gpu.reset();
    if (const auto& gpu = in.facts->gpu) {
      hardware.gpu =
          v1alpha1::NodeGpu{.vendor = gpu->vendor, .model = gpu->model, .count = gpu->count};
    }
  }
  const auto& told = in.node.spec.hardware;
  if (!told.soc.empty()) hardware.soc = told.soc;
  if (told.gpu) hardware.gpu = told.gpu;
  if (hardware.gpu && hardware.gpu->count == 0) hardware.gpu.reset();
  return hardware;
}

v1alpha1::BrowserNodeStatus Decide(const Inputs& in) {
  auto status = in.node.status;
  const auto generation = in.node.metadata.generation;
  const auto say = [&](ConditionUpdate update) {
    SetCondition(status.conditions, std::move(update), generation, in.now);
  };
  status.observedGeneration = generation;
  if (in.facts) {
    status.engine = {in.facts->engine_name, in.facts->engine_version, in.facts->engine_api_version};
  }
  status.hardware = Hardware(in);
  if (!in.node.spec.drain) {
    status.drainStartedTime.clear();
  } else if (status.drainStartedTime.empty()) {
    status.drainStartedTime = FormatTime(in.now);
  }
  say(ReadyCondition(in));
  say(CapableCondition(in, status.hardware));
  say(DrainedCondition(in, status.drainStartedTime));

  status.capacity = Capacity(in.node, status.hardware);
  status.allocatable = status.capacity;
  const NodeUse use = UseOf(in.node, *in.ledger);
  status.allocated = {.memory = FormatBytes(use.allocated.memory_bytes),
                      .cpu = FormatMilliCores(use.allocated.milli_cpu),
                      .gpus = use.allocated.gpus,
                      .ports = use.used_http_ports};
  status.sessions = use.sessions;

  // A heartbeat says that the engine answered just now; a silent one's stays where it was. The load
  // changes all the time and is worth no write of its own.
  if (in.facts && (HeartbeatDue(in) || status != in.node.status)) {
    status.heartbeatTime = FormatTime(in.now);
    status.loadPercent = in.facts->load_percent;
  }
  return status;
}

}  // namespace nekoplane::reconcilers::node
