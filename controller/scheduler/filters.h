// The filters of the default policy: each looks at one node and either passes it or says why not.
//
// Filters are pure and independent of one another; their order only decides which reason is told
// when several apply. Permanent reasons come first: "no room now" on a node that could never run
// the session would be a false hope.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "controller/scheduler/scheduler.h"

namespace nekoplane::scheduler {

// One node, as seen by one request.
struct Candidate {
  const Request& request;
  const NodeView& view;
  const v1alpha1::ClassVariant* variant = nullptr;  // for this node; nullptr = none matches
  Demand demand;                                    // with that variant

  bool is_host() const;
  bool ready() const;  // condition Ready is True
};

// The first taint of that effect that the session does not tolerate, by Kubernetes' rules; nullptr
// if there is none.
const v1alpha1::Taint* UntoleratedTaint(const Candidate& candidate, v1alpha1::TaintEffect effect);

// How often what the session takes fits into what the node has left: the least over all it asks
// for; 1 and more = it has room.
double RoomRatio(const Candidate& candidate);

struct Refusal {
  std::string reason;        // counted over nodes: the same cause is the same text on each
  bool permanent = false;    // the node can never run it
  bool not_capable = false;  // counts as taOS's "not capable" (every permanent one does too)
  bool room_only = false;    // the node would do if others left it
};

struct Filter {
  std::string_view name;
  std::optional<Refusal> (*check)(const Candidate& candidate);
};

// In the order they are asked.
std::span<const Filter> DefaultFilters();

}  // namespace nekoplane::scheduler
