// All nodes at one moment, in the order in which a policy would take them, so that a placement
// looks at the best ones first and usually at nothing else.
//
// Thread safety: an immutable value that shares its parts; a change makes a new one in
// O(log(nodes)), copying costs a few reference counts.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "api/base/persistent_map.h"
#include "controller/scheduler/prepared_node.h"
#include "controller/scheduler/scheduler.h"
#include "controller/scheduler/scores.h"

namespace nekoplane::scheduler {

class Cluster {
 public:
  struct Entry {
    PreparedNode node;
    Scores bounds{};
  };

  // `policy` outlives this and its copies.
  explicit Cluster(const Policy& policy = DefaultPolicy()) : policy_(&policy) {}

  const Policy& policy() const { return *policy_; }

  std::size_t size() const { return by_name_.size(); }

  // nullptr if there is none of that name. Lives as long as this.
  const PreparedNode* Find(std::string_view name) const;

  // With `node` added, or in the place of the one of its name.
  [[nodiscard]] Cluster With(PreparedNode node) const;
  [[nodiscard]] Cluster Without(std::string_view name) const;

  // Calls visit(const Entry&), the highest bounds first and by seniority among equals, until it
  // returns false.
  template <class Visit>
  void ForEachByBounds(Visit&& visit) const {
    by_bounds_.ForEachFrom(kFirst, [&](const auto& entry) { return visit(*entry); });
  }

 private:
  struct ByName {
    std::string_view operator()(const Entry& entry) const { return entry.node.name(); }
  };

  using BoundsKey = std::tuple<double, double, double, double, Seniority>;
  static_assert(kMaxScores == 4);

  struct ByBounds {
    BoundsKey operator()(const Entry& entry) const {
      const Scores& b = entry.bounds;
      return {-b[0], -b[1], -b[2], -b[3], SeniorityOf(entry.node)};
    }
  };

  static constexpr BoundsKey kFirst{-std::numeric_limits<double>::infinity(), 0, 0, 0, {}};

  const Policy* policy_;
  PersistentMap<Entry, ByName> by_name_;
  PersistentMap<Entry, ByBounds> by_bounds_;
};

// As Place over the same nodes, with the same answer but for `verdicts`, which stay empty. Costs
// about the same for ten nodes and for thousands, unless nothing fits: then all are looked at, to
// count the reasons. REQUIRES: request.policy is the cluster's.
Placement Place(const Request& request, const Cluster& cluster);

}  // namespace nekoplane::scheduler
