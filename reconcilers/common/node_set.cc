#include "reconcilers/common/node_set.h"

#include <memory>
#include <utility>

#include "reconcilers/common/claims.h"

namespace nekoplane::reconcilers {

void Room::Note(const store::Claim& claim, bool taken) {
  ports.Note(claim, taken);
  if (claim.kind != store::kClaimInstance) return;
  const scheduler::Demand demand = DecodeDemand(claim.detail);
  const std::int64_t sign = taken ? 1 : -1;
  allocated.memory_bytes += sign * demand.memory_bytes;
  allocated.milli_cpu += sign * demand.milli_cpu;
  allocated.gpus += sign * demand.gpus;
}

Room RoomOf(const v1alpha1::BrowserNode& node, const store::Ledger& ledger) {
  Room room{.allocated = {}, .ports = PortTable(node.spec.ports)};
  ledger.ForEachInScope(node.metadata.name,
                        [&](const store::Claim& claim) { room.Note(claim, true); });
  return room;
}

const Room* NodeSet::FindRoom(std::string_view name) const {
  const auto found = rooms_.Find(name);
  return found == nullptr ? nullptr : &found->room;
}

NodeSet NodeSet::With(scheduler::NodeFactsPtr facts, Room room) const {
  NodeSet next = *this;
  const double load = scheduler::LoadOf(*facts, room.allocated);
  next.rooms_ = rooms_.Put(std::make_shared<NamedRoom>(NamedRoom{facts->name(), room}));
  next.cluster_ = cluster_.With({.facts = std::move(facts),
                                 .allocated = room.allocated,
                                 .free_http_ports = room.ports.free_http(),
                                 .free_media_ports = room.ports.free_media(),
                                 .load = load});
  return next;
}

NodeSet NodeSet::With(v1alpha1::BrowserNode node, const store::Ledger& ledger) const {
  Room room = RoomOf(node, ledger);
  return With(std::make_shared<const scheduler::NodeFacts>(std::move(node)), std::move(room));
}

NodeSet NodeSet::Without(std::string_view name) const {
  NodeSet next = *this;
  next.rooms_ = rooms_.Erase(name);
  next.cluster_ = cluster_.Without(name);
  return next;
}

}  // namespace nekoplane::reconcilers
