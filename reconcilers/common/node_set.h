// The nodes and what is left of each, at one moment: what a placement is decided from.
//
// Thread safety: an immutable value that shares its parts; copies are cheap.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "api/base/persistent_map.h"
#include "api/store/store.h"
#include "api/v1alpha1/browser_node.h"
#include "controller/scheduler/cluster.h"
#include "reconcilers/common/port_table.h"

namespace nekoplane::reconcilers {

// What is taken on one node.
struct Room {
  scheduler::Demand allocated;
  PortTable ports;

  // Takes what the claim holds, or gives it back.
  void Note(const store::Claim& claim, bool taken);
};

// The room of a node, from all of its claims.
Room RoomOf(const v1alpha1::BrowserNode& node, const store::Ledger& ledger);

class NodeSet {
 public:
  // `policy` outlives this and its copies.
  explicit NodeSet(const scheduler::Policy& policy = scheduler::DefaultPolicy())
      : cluster_(policy) {}

  const scheduler::Cluster& cluster() const { return cluster_; }

  std::size_t size() const { return cluster_.size(); }

  // nullptr if there is no such node. Lives as long as this.
  const Room* FindRoom(std::string_view name) const;

  // With the node added, or in the place of the one of its name.
  [[nodiscard]] NodeSet With(scheduler::NodeFactsPtr facts, Room room) const;
  [[nodiscard]] NodeSet With(v1alpha1::BrowserNode node, const store::Ledger& ledger) const;
  [[nodiscard]] NodeSet Without(std::string_view name) const;

 private:
  struct NamedRoom {
    std::string name;
    Room room;
  };

  struct ByName {
    std::string_view operator()(const NamedRoom& room) const { return room.name; }
  };

  scheduler::Cluster cluster_;
  PersistentMap<NamedRoom, ByName> rooms_;
};

}  // namespace nekoplane::reconcilers
