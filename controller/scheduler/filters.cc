#include "controller/scheduler/filters.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "api/base/mutant.h"

namespace nekoplane::scheduler {

namespace {

using Pieces = std::array<std::string_view, 5>;

Refusal Never(Pieces pieces) { return {.pieces = pieces, .permanent = true, .not_capable = true}; }

Refusal NotNow(Pieces pieces) { return {.pieces = pieces}; }

Refusal NoRoom(Pieces pieces) { return {.pieces = pieces, .room_only = true}; }

bool Tolerates(const v1alpha1::Toleration& toleration, const v1alpha1::Taint& taint) {
  if (!toleration.effect.empty() && toleration.effect != v1alpha1::EnumName(taint.effect)) {
    return false;
  }
  if (!toleration.key.empty() && toleration.key != taint.key) return false;
  return toleration.op == v1alpha1::TolerationOperator::kExists || toleration.value == taint.value;
}

std::optional<Refusal> RequestedNode(const Candidate& c) {
  const std::string& wanted = c.request().session.spec.nodeName;
  if (wanted.empty() || wanted == c.node.name()) return std::nullopt;
  return Never({"node(s) didn't match the requested node ", wanted});
}

std::optional<Refusal> NodeSelector(const Candidate& c) {
  const auto& labels = c.facts().node.metadata.labels;
  for (const auto& [key, value] : c.request().session.spec.nodeSelector) {
    const auto label = labels.find(key);
    if (label == labels.end() || label->second != value) {
      return Never({"node(s) didn't match the session's node selector"});
    }
  }
  return std::nullopt;
}

std::optional<Refusal> ProfileLocality(const Candidate& c) {
  const std::string& where = c.request().profile_node;
  if (where.empty() || where == c.node.name()) return std::nullopt;
  return Never({"node(s) didn't hold the session's profile, which is on ", where});
}

std::optional<Refusal> Capable(const Candidate& c) {
  if (c.facts().incapable.empty()) return std::nullopt;
  return Never({"node(s) couldn't run browsers (", c.facts().incapable, ")"});
}

std::optional<Refusal> MemoryFloor(const Candidate& c) {
  static const std::string kWorkerFloor = std::to_string(kWorkerMinRamMB);
  if (!c.facts().hardware_known) return std::nullopt;
  if (c.facts().host) {
    if (c.facts().ram_mb >= c.request().host_min_ram_mb) return std::nullopt;
    return Never({"host below the ", c.decision.host_floor(), " MB floor"});
  }
  if (c.facts().ram_mb >= kWorkerMinRamMB) return std::nullopt;
  return Never({"worker(s) below the ", kWorkerFloor, " MB floor"});
}

std::optional<Refusal> CoreFloor(const Candidate& c) {
  if (c.facts().host || !c.facts().hardware_known) return std::nullopt;
  if (c.facts().cores >= c.request().worker_min_cores) return std::nullopt;
  return Never({"worker(s) below the ", c.decision.core_floor(), " core floor"});
}

std::optional<Refusal> HardwareVariant(const Candidate& c) {
  if (c.variant != nullptr || !c.facts().hardware_known) return std::nullopt;
  return Never({"class ", c.request().browser_class.metadata.name, " had no variant for ",
                c.facts().hardware});
}

// What a node offers in all, and what is left of it.
struct Room {
  std::string_view reason;
  std::int64_t wanted = 0, total = 0, left = 0;
};

std::array<Room, 4> RoomsOf(const Candidate& c) {
  const Demand& total = c.facts().total;
  const Demand& taken = c.node.allocated;
  return {{
      {"Insufficient memory", c.demand.memory_bytes, total.memory_bytes,
       total.memory_bytes - taken.memory_bytes},
      {"Insufficient cpu", c.demand.milli_cpu, total.milli_cpu, total.milli_cpu - taken.milli_cpu},
      {"Insufficient gpus", c.demand.gpus, total.gpus, total.gpus - taken.gpus},
      {"Insufficient ports", 1, c.facts().ports,
       std::min(c.node.free_http_ports, c.node.free_media_ports)},
  }};
}

// A session that asks for nothing of a kind fits wherever, overcommitted nodes included.
std::optional<Refusal> FitsEmpty(const Candidate& c) {
  if (!c.facts().hardware_known) return std::nullopt;
  for (const Room& room : RoomsOf(c)) {
    if (room.wanted > 0 && room.wanted > room.total) return Never({room.reason});
  }
  return std::nullopt;
}

std::optional<Refusal> Schedulable(const Candidate& c) {
  if (c.facts().closed.empty()) return std::nullopt;
  return NotNow({c.facts().closed});
}

std::optional<Refusal> Taints(const Candidate& c) {
  const auto* taint =
      c.facts().keeps_away ? UntoleratedTaint(c, v1alpha1::TaintEffect::kNoSchedule) : nullptr;
  if (taint == nullptr) return std::nullopt;
  return NotNow({"node(s) had untolerated taint {", taint->key, ": ", taint->value, "}"});
}

std::optional<Refusal> Ready(const Candidate& c) {
  if (c.facts().ready) return std::nullopt;
  Refusal refusal = NotNow({"node(s) were not ready"});
  refusal.not_capable = !c.facts().host;
  return refusal;
}

std::optional<Refusal> HasRoom(const Candidate& c) {
  if (NEKO_MUTANT(kRoomNotChecked)) return std::nullopt;
  for (const Room& room : RoomsOf(c)) {
    if (room.wanted > 0 && room.wanted > room.left) return NoRoom({room.reason});
  }
  return std::nullopt;
}

std::optional<Refusal> Reserved(const Candidate& c) {
  const auto& closed = c.request().closed_nodes;
  if (closed.empty() || !closed.contains(c.node.name())) return std::nullopt;
  return NotNow({"node(s) were reserved for sessions ahead in the queue"});
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

const Request& Candidate::request() const { return decision.request(); }

Candidate Decision::Of(const PreparedNode& node) {
  const NodeFacts& facts = *node.facts;
  for (const Match& match : matches_) {
    if (match.hardware_key == facts.hardware_key) return {*this, node, match.variant, match.demand};
  }
  const auto* variant = MatchVariant(request_.browser_class, facts.node.status.hardware);
  matches_.push_back({facts.hardware_key, variant,
                      variant != nullptr ? DemandOf(request_.session, *variant) : Demand{}});
  return {*this, node, variant, matches_.back().demand};
}

std::string Refusal::text() const {
  std::string all;
  for (const std::string_view piece : pieces) all += piece;
  return all;
}

const v1alpha1::Taint* UntoleratedTaint(const Candidate& c, v1alpha1::TaintEffect effect) {
  const auto& tolerations = c.request().session.spec.tolerations;
  for (const v1alpha1::Taint& taint : c.facts().node.spec.taints) {
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

std::span<const Filter> Filters() { return kFilters; }

}  // namespace nekoplane::scheduler
