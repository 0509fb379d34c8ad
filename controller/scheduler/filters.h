// The filters: each looks at one node and either passes it or says why not.
//
// Filters are pure and independent of one another; their order only decides which reason is told
// when several apply. Permanent reasons come first: "no room now" on a node that could never run
// the session would be a false hope.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controller/scheduler/prepared_node.h"
#include "controller/scheduler/scheduler.h"

namespace nekoplane::scheduler {

class Decision;

// One node, as seen by one request.
struct Candidate {
  const Decision& decision;
  const PreparedNode& node;
  const v1alpha1::ClassVariant* variant = nullptr;  // for this node; nullptr = none matches
  Demand demand;                                    // with that variant

  const Request& request() const;

  const NodeFacts& facts() const { return *node.facts; }
};

// What is the same for all nodes of one request, worked out once.
//
// Lifetime: refers to the request. Thread safety: none; one decision is one thread's.
class Decision {
 public:
  explicit Decision(const Request& request)
      : request_(request),
        host_floor_(std::to_string(request.host_min_ram_mb)),
        core_floor_(std::to_string(request.worker_min_cores)) {}

  Decision(const Decision&) = delete;
  Decision& operator=(const Decision&) = delete;

  // Refers to this and to `node`.
  Candidate Of(const PreparedNode& node);

  const Request& request() const { return request_; }

  std::string_view host_floor() const { return host_floor_; }

  std::string_view core_floor() const { return core_floor_; }

 private:
  struct Match {
    std::string_view hardware_key;
    const v1alpha1::ClassVariant* variant;
    Demand demand;
  };

  const Request& request_;
  const std::string host_floor_, core_floor_;
  std::vector<Match> matches_;  // few: one per kind of hardware
};

struct Refusal {
  // The reason's text, cut into what is fixed and what is not, so that telling a thousand nodes no
  // makes no strings. The pieces live as long as request, decision and node.
  std::array<std::string_view, 5> pieces;
  bool permanent = false;    // the node can never run it
  bool not_capable = false;  // counts as taOS's "not capable" (every permanent one does too)
  bool room_only = false;    // the node would do if others left it

  // Counted over nodes: the same cause is the same text on each.
  std::string text() const;
};

struct Filter {
  std::string_view name;
  std::optional<Refusal> (*check)(const Candidate& candidate);
};

// In the order they are asked.
std::span<const Filter> Filters();

// The first taint of that effect that the session does not tolerate, by Kubernetes' rules; nullptr
// if there is none.
const v1alpha1::Taint* UntoleratedTaint(const Candidate& candidate, v1alpha1::TaintEffect effect);

// How often what the session takes fits into what the node has left: the least over all it asks
// for; 1 and more = it has room.
double RoomRatio(const Candidate& candidate);

}  // namespace nekoplane::scheduler
