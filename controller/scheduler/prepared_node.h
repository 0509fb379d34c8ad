// A node as decisions look at it: everything that can be worked out before a session asks.
//
// NodeFacts change only with the node's object, PreparedNode with what is claimed on it; so a
// thousand decisions parse each quantity once.
//
// Thread safety: values; NodeFacts are immutable and shared.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "controller/scheduler/scheduler.h"

namespace nekoplane::scheduler {

inline constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

struct NodeFacts {
  explicit NodeFacts(v1alpha1::BrowserNode object);

  bool host = false;
  bool ready = false;           // condition Ready is True
  bool hardware_known = false;  // a machine that has not reported yet has nothing to judge
  bool encoding_gpu = false;    // taOS's idea of one: CUDA, or a card with memory of its own
  bool keeps_away = false;      // has NoSchedule taints
  bool puts_off = false;        // has PreferNoSchedule taints
  std::string_view closed;  // why it takes no sessions now: cordoned, drained, deleted; "" = open
  std::int64_t ram_mb = 0, cores = 0;
  Demand total;            // kUnlimited where not known or not limited; 0 where it cannot be read
  std::int64_t ports = 0;  // sessions that its port ranges have room for
  double reported_load = 0;
  std::string incapable;     // the reason why it runs no browsers at all; "" = none
  std::string hardware;      // as people are told: "amd64 with gpu intel on n100"
  std::string hardware_key;  // nodes of the same key run the same variants
  const v1alpha1::BrowserNode node;

  const std::string& name() const { return node.metadata.name; }
};

using NodeFactsPtr = std::shared_ptr<const NodeFacts>;

struct PreparedNode {
  NodeFactsPtr facts;  // never null
  Demand allocated;
  std::int64_t free_http_ports = 0, free_media_ports = 0;
  double load = 0;

  const std::string& name() const { return facts->name(); }
};

// Who comes first among equals: who was there first, as in taOS, which sorts its workers stably in
// the order of their registration; then by name. Lives as long as the node.
using Seniority = std::pair<std::string_view, std::string_view>;

inline Seniority SeniorityOf(const PreparedNode& node) {
  return {node.facts->node.metadata.creationTimestamp, node.name()};
}

PreparedNode Prepare(const NodeView& view);

// The larger of the claimed shares of memory and processors; 0 where there is no limit.
double ClaimedShare(const NodeFacts& facts, const Demand& allocated);

// What NodeView::load is: the largest of the claimed shares and the reported load, at most 1.
double LoadOf(const NodeFacts& facts, const Demand& allocated);

}  // namespace nekoplane::scheduler
