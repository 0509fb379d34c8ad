// Why no node would do, counted, and said as kube-scheduler says it.
#pragma once

#include <string>
#include <vector>

#include "controller/scheduler/filters.h"

namespace nekoplane::scheduler {

class Reasons {
 public:
  // `refusal` is the first of one more node; its pieces outlive this.
  void Add(const Refusal& refusal);

  // True unless a node was refused for something that may pass.
  bool no_capable_node() const { return no_capable_node_; }

  // "0/3 nodes are available: 1 host below the 6144 MB floor, 2 Insufficient memory."
  std::string Message() const;

 private:
  struct Count {
    Refusal refusal;
    int nodes = 0;
  };

  std::vector<Count> counts_;  // few: most nodes are refused for the same
  bool no_capable_node_ = true;
};

// The answer for a session that goes to the candidate's node.
Placement Assigned(const Candidate& candidate);

}  // namespace nekoplane::scheduler
