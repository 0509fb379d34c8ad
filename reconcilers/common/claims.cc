#include "reconcilers/common/claims.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/base/mutant.h"
#include "api/base/quantity.h"
#include "reconcilers/common/node_set.h"

namespace nekoplane::reconcilers {
namespace {

using store::Claim;
using store::ClaimChange;

std::int64_t Number(const nlohmann::json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_number_integer() ? it->get<std::int64_t>() : 0;
}

bool Within(const v1alpha1::PortRange& range, std::int64_t port) {
  return port >= range.from && port <= range.to;
}

double Share(std::int64_t used, std::int64_t total) {
  return total <= 0 ? 0.0 : std::min(1.0, static_cast<double>(used) / static_cast<double>(total));
}

}  // namespace

std::string EncodeDemand(const scheduler::Demand& demand) {
  return nlohmann::json{
      {"memory", demand.memory_bytes}, {"milliCpu", demand.milli_cpu}, {"gpus", demand.gpus}}
      .dump();
}

scheduler::Demand DecodeDemand(std::string_view detail) {
  if (NEKO_MUTANT(kDemandIgnored)) return {};
  const auto json = nlohmann::json::parse(detail, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return {};
  return {.memory_bytes = Number(json, "memory"),
          .milli_cpu = Number(json, "milliCpu"),
          .gpus = Number(json, "gpus")};
}

Claim InstanceClaim(std::string_view node, std::string_view uid, const scheduler::Demand& demand) {
  return {.kind = store::kClaimInstance,
          .scope = std::string(node),
          .item = std::string(uid),
          .owner = std::string(uid),
          .detail = EncodeDemand(demand)};
}

std::vector<Claim> PortClaims(std::string_view node, std::string_view uid,
                              const v1alpha1::SessionPorts& ports) {
  const auto claim = [&](const char* kind, std::int64_t port) {
    return Claim{.kind = kind,
                 .scope = std::string(node),
                 .item = std::to_string(port),
                 .owner = std::string(uid),
                 .detail = ""};
  };
  return {claim(store::kClaimPortTcp, ports.http), claim(store::kClaimPortTcp, ports.media),
          claim(store::kClaimPortUdp, ports.media)};
}

Claim ProfileClaim(std::string_view item, std::string_view uid) {
  return {.kind = store::kClaimProfile,
          .scope = "",
          .item = std::string(item),
          .owner = std::string(uid),
          .detail = ""};
}

ClaimChange Acquire(Claim claim) { return {ClaimChange::Op::kAcquire, std::move(claim)}; }

ClaimChange Release(Claim claim) { return {ClaimChange::Op::kRelease, std::move(claim)}; }

ClaimChange ReleaseOwner(std::string_view uid) {
  ClaimChange change;
  change.op = ClaimChange::Op::kReleaseOwner;
  change.claim.owner = uid;
  return change;
}

std::vector<Claim> ClaimsOf(const store::Ledger& ledger, std::string_view owner) {
  std::vector<Claim> claims;
  ledger.ForEachOfOwner(owner, [&](const Claim& claim) { claims.push_back(claim); });
  return claims;
}

NodeUse UseOf(const v1alpha1::BrowserNode& node, const store::Ledger& ledger) {
  NodeUse use;
  ledger.ForEachInScope(node.metadata.name, [&](const Claim& claim) {
    if (claim.kind == store::kClaimInstance) {
      const auto demand = DecodeDemand(claim.detail);
      use.allocated.memory_bytes += demand.memory_bytes;
      use.allocated.milli_cpu += demand.milli_cpu;
      use.allocated.gpus += demand.gpus;
      ++use.sessions;
    } else if (claim.kind == store::kClaimPortTcp) {
      if (Within(node.spec.ports.http, PortOf(claim))) ++use.used_http_ports;
    } else if (claim.kind == store::kClaimPortUdp) {
      if (Within(node.spec.ports.media, PortOf(claim))) ++use.used_media_ports;
    }
  });
  return use;
}

std::int64_t PortsOf(const v1alpha1::PortRange& range) {
  return range.to < range.from ? 0 : range.to - range.from + 1;
}

std::vector<scheduler::NodeView> NodeViews(const std::vector<v1alpha1::BrowserNode>& nodes,
                                           const store::Ledger& ledger) {
  std::vector<scheduler::NodeView> views;
  for (const auto& node : nodes) {
    const NodeUse use = UseOf(node, ledger);
    scheduler::NodeView view;
    view.node = node;
    view.allocated = use.allocated;
    view.free_http_ports =
        std::max<std::int64_t>(0, PortsOf(node.spec.ports.http) - use.used_http_ports);
    view.free_media_ports =
        std::max<std::int64_t>(0, PortsOf(node.spec.ports.media) - use.used_media_ports);
    const auto memory = ParseBytes(node.status.allocatable.memory);
    const auto cpu = ParseMilliCores(node.status.allocatable.cpu);
    view.load = std::max({memory ? Share(use.allocated.memory_bytes, *memory) : 0.0,
                          cpu ? Share(use.allocated.milli_cpu, *cpu) : 0.0,
                          Share(node.status.loadPercent, 100)});
    views.push_back(std::move(view));
  }
  std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) {
    return a.node.metadata.name < b.node.metadata.name;
  });
  return views;
}

std::optional<v1alpha1::SessionPorts> FreePorts(const v1alpha1::BrowserNode& node,
                                                const store::Ledger& ledger,
                                                const std::vector<std::int64_t>& avoid) {
  return RoomOf(node, ledger).ports.Free(avoid);
}

}  // namespace nekoplane::reconcilers
