// The whole answer to "why is it placed there, and why not elsewhere": every filter's verdict and
// every score for every node, not only what decided.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/scheduler/cluster.h"
#include "controller/scheduler/scheduler.h"

namespace nekoplane::scheduler {

struct FilterVerdict {
  std::string_view filter;
  std::string reason;      // "" = passed
  bool permanent = false;  // as in Verdict

  bool passed() const { return reason.empty(); }
};

struct ScoreValue {
  std::string_view score;
  double value = 0;
};

struct NodeExplanation {
  std::string node;
  std::string variant;  // of the class, for that node; "" = none
  int order = 0;        // 1 = the node that is taken, 2 = the one after; 0 = not possible
  std::vector<FilterVerdict> filters;  // in the order they are asked
  std::vector<ScoreValue> scores;      // in the order they count
};

struct Explanation {
  Placement placement;
  std::string_view policy;
  // Those that pass in the order they would be taken, then the others by name.
  std::vector<NodeExplanation> nodes;
};

// Agrees with Place. Costs every filter on every node: for people, not for reconciles.
// REQUIRES: request.policy is the cluster's.
Explanation Explain(const Request& request, const Cluster& cluster);

}  // namespace nekoplane::scheduler
