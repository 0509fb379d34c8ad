#include "controller/scheduler/filters.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "api/base/mutant.h"
#include "api/base/quantity.h"

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

// A machine that has not reported yet has no hardware to judge; Ready speaks for it.
bool HardwareUnknown(const Candidate& c) {
  return c.view.node.status.hardware.ramMB == 0 && !c.ready();
}

Refusal Never(std::string reason) {
  return {.reason = std::move(reason), .permanent = true, .not_capable = true};
}

Refusal NotNow(std::string reason) { return {.reason = std::move(reason)}; }

Refusal NoRoom(std::string reason) { return {.reason = std::move(reason), .room_only = true}; }

bool Tolerates(const v1alpha1::Toleration& toleration, const v1alpha1::Taint& taint) {
  if (!toleration.effect.empty() && toleration.effect != v1alpha1::EnumName(taint.effect)) {
    return false;
  }
  if (!toleration.key.empty() && toleration.key != taint.key) return false;
  return toleration.op == v1alpha1::TolerationOperator::kExists || toleration.value == taint.value;
}

std::optional<Refusal> RequestedNode(const Candidate& c) {
  const std::string& wanted = c.request.session.spec.nodeName;
  if (wanted.empty() || wanted == c.view.node.metadata.name) return std::nullopt;
  return Never("node(s) didn't match the requested node " + wanted);
}

std::optional<Refusal> NodeSelector(const Candidate& c) {
  const auto& labels = c.view.node.metadata.labels;
  for (const auto& [key, value] : c.request.session.spec.nodeSelector) {
    const auto label = labels.find(key);
    if (label == labels.end() || label->second != value) {
      return Never("node(s) didn't match the session's node selector");
    }
  }
  return std::nullopt;
}

std::optional<Refusal> ProfileLocality(const Candidate& c) {
  const std::string& where = c.request.profile_node;
  if (where.empty() || where == c.view.node.metadata.name) return std::nullopt;
  return Never("node(s) didn't hold the session's profile, which is on " + where);
}

std::optional<Refusal> Capable(const Candidate& c) {
  const Condition* capable = FindCondition(c.view.node, v1alpha1::node::kCapable);
  if (capable == nullptr || capable->status != "False") return std::nullopt;
  // The floors are judged below, by the request's own numbers.
  if (capable->reason == v1alpha1::node::kReasonBelowMemoryFloor ||
      capable->reason == v1alpha1::node::kReasonBelowCoreFloor) {
    return std::nullopt;
  }
  return Never("node(s) couldn't run browsers (" + capable->reason + ")");
}

std::optional<Refusal> MemoryFloor(const Candidate& c) {
  if (HardwareUnknown(c)) return std::nullopt;
  const std::int64_t floor = c.is_host() ? c.request.host_min_ram_mb : kWorkerMinRamMB;
  if (c.view.node.status.hardware.ramMB >= floor) return std::nullopt;
  return Never(std::string(c.is_host() ? "host" : "worker(s)") + " below the " +
               std::to_string(floor) + " MB floor");
}

std::optional<Refusal> CoreFloor(const Candidate& c) {
  if (c.is_host() || HardwareUnknown(c)) return std::nullopt;
  if (c.view.node.status.hardware.cores >= kWorkerMinCores) return std::nullopt;
  return Never("worker(s) below the " + std::to_string(kWorkerMinCores) + " core floor");
}

std::optional<Refusal> HardwareVariant(const Candidate& c) {
  if (c.variant != nullptr || HardwareUnknown(c)) return std::nullopt;
  const auto& hardware = c.view.node.status.hardware;
  std::string what = hardware.arch.empty() ? "an unknown arch" : hardware.arch;
  if (hardware.gpu && !hardware.gpu->vendor.empty()) what += " with gpu " + hardware.gpu->vendor;
  if (!hardware.soc.empty()) what += " on " + hardware.soc;
  return Never("class " + c.request.browser_class.metadata.name + " had no variant for " + what);
}

// What a node offers in all, and what is left of it.
struct Room {
  std::string_view reason;
  std::int64_t wanted = 0, total = 0, left = 0;
};

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

// "" = not known or not limited; what does not parse offers nothing.
std::int64_t Offered(const std::string& quantity, Result<std::int64_t> (*parse)(std::string_view)) {
  if (quantity.empty()) return kUnlimited;
  const auto amount = parse(quantity);
  return amount ? *amount : 0;
}

std::int64_t SizeOf(const v1alpha1::PortRange& range) {
  return std::max<std::int64_t>(0, range.to - range.from + 1);
}

std::array<Room, 4> RoomsOf(const Candidate& c) {
  const auto& allocatable = c.view.node.status.allocatable;
  const auto& hardware = c.view.node.status.hardware;
  const auto& ports = c.view.node.spec.ports;
  const Demand& taken = c.view.allocated;
  const std::int64_t memory = Offered(allocatable.memory, ParseBytes);
  const std::int64_t cpu = Offered(allocatable.cpu, ParseMilliCores);
  const std::int64_t gpus = allocatable.gpus.value_or(hardware.gpu ? hardware.gpu->count : 0);
  return {{
      {"Insufficient memory", c.demand.memory_bytes, memory, memory - taken.memory_bytes},
      {"Insufficient cpu", c.demand.milli_cpu, cpu, cpu - taken.milli_cpu},
      {"Insufficient gpus", c.demand.gpus, gpus, gpus - taken.gpus},
      {"Insufficient ports", 1, std::min(SizeOf(ports.http), SizeOf(ports.media)),
       std::min(c.view.free_http_ports, c.view.free_media_ports)},
  }};
}

// A session that asks for nothing of a kind fits wherever, overcommitted nodes included.
std::optional<Refusal> FitsEmpty(const Candidate& c) {
  if (HardwareUnknown(c)) return std::nullopt;
  for (const Room& room : RoomsOf(c)) {
    if (room.wanted > 0 && room.wanted > room.total) return Never(std::string(room.reason));
  }
  return std::nullopt;
}

std::optional<Refusal> Schedulable(const Candidate& c) {
  const BrowserNode& node = c.view.node;
  if (node.metadata.deleting()) return NotNow("node(s) were being deleted");
  if (node.spec.drain) return NotNow("node(s) were draining");
  if (node.spec.schedulingPolicy == v1alpha1::SchedulingPolicy::kUnschedulable) {
    return NotNow("node(s) were unschedulable");
  }
  return std::nullopt;
}

std::optional<Refusal> Taints(const Candidate& c) {
  const auto* taint = UntoleratedTaint(c, v1alpha1::TaintEffect::kNoSchedule);
  if (taint == nullptr) return std::nullopt;
  return NotNow("node(s) had untolerated taint {" + taint->key + ": " + taint->value + "}");
}

std::optional<Refusal> Ready(const Candidate& c) {
  if (c.ready()) return std::nullopt;
  Refusal refusal = NotNow("node(s) were not ready");
  refusal.not_capable = !c.is_host();
  return refusal;
}

std::optional<Refusal> HasRoom(const Candidate& c) {
  if (NEKO_MUTANT(kRoomNotChecked)) return std::nullopt;
  for (const Room& room : RoomsOf(c)) {
    if (room.wanted > 0 && room.wanted > room.left) return NoRoom(std::string(room.reason));
  }
  return std::nullopt;
}

std::optional<Refusal> Reserved(const Candidate& c) {
  if (!c.request.closed_nodes.contains(c.view.node.metadata.name)) return std::nullopt;
  return NotNow("node(s) were reserved for sessions ahead in the queue");
}

constexpr std::array kFilters{
    Filter{"RequestedNode", RequestedNode},
    Filter{"NodeSelector", NodeSelector},
    Filter{"ProfileLocality", ProfileLocality},
    Filter{"Capable", Capable},
    Filter{"MemoryFloor", MemoryFloor},
    Filter{"CoreFloor", CoreFloor},
    Filter{"HardwareVariant", HardwareVariant},
    Filter{"FitsEmpty", FitsEmpty},
    Filter{"Schedulable", Schedulable},
    Filter{"Taints", Taints},
    Filter{"Ready", Ready},
    Filter{"HasRoom", HasRoom},
    Filter{"Reserved", Reserved},
};

}  // namespace

bool Candidate::is_host() const { return view.node.metadata.name == BrowserNode::kHost; }

bool Candidate::ready() const {
  const Condition* ready = FindCondition(view.node, v1alpha1::node::kReady);
  return ready != nullptr && ready->is_true();
}

const v1alpha1::Taint* UntoleratedTaint(const Candidate& c, v1alpha1::TaintEffect effect) {
  const auto& tolerations = c.request.session.spec.tolerations;
  for (const v1alpha1::Taint& taint : c.view.node.spec.taints) {
    if (taint.effect != effect) continue;
    if (std::none_of(tolerations.begin(), tolerations.end(),
                     [&](const auto& toleration) { return Tolerates(toleration, taint); })) {
      return &taint;
    }
  }
  return nullptr;
}

double RoomRatio(const Candidate& c) {
  double ratio = std::numeric_limits<double>::max();
  for (const Room& room : RoomsOf(c)) {
    if (room.wanted <= 0) continue;
    ratio = std::min(ratio, static_cast<double>(room.left) / static_cast<double>(room.wanted));
  }
  return ratio;
}

std::span<const Filter> DefaultFilters() { return kFilters; }

}  // namespace nekoplane::scheduler
