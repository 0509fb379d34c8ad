#include "controller/scheduler/reasons.h"

#include <algorithm>
#include <map>

namespace nekoplane::scheduler {

void Reasons::Add(const Refusal& refusal) {
  if (!refusal.not_capable) no_capable_node_ = false;
  const auto same = std::find_if(counts_.begin(), counts_.end(), [&](const Count& count) {
    return count.refusal.pieces == refusal.pieces;
  });
  if (same != counts_.end()) {
    ++same->nodes;
  } else {
    counts_.push_back({refusal, 1});
  }
}

std::string Reasons::Message() const {
  int nodes = 0;
  std::map<std::string, int> by_text;
  for (const Count& count : counts_) {
    by_text[count.refusal.text()] += count.nodes;
    nodes += count.nodes;
  }
  std::string text = "0/" + std::to_string(nodes) + " nodes are available: ";
  if (nodes == 0) return text + "no node is registered.";
  std::vector<std::string> causes;
  for (const auto& [reason, count] : by_text)
    causes.push_back(std::to_string(count) + " " + reason);
  std::sort(causes.begin(), causes.end());
  for (std::size_t i = 0; i < causes.size(); ++i) text += (i == 0 ? "" : ", ") + causes[i];
  return text + ".";
}

Placement Assigned(const Candidate& candidate) {
  const auto& meta = candidate.request().session.metadata;
  Placement placement;
  placement.node = candidate.node.name();
  placement.variant = candidate.variant->name;
  placement.demand = candidate.demand;
  placement.message =
      "Successfully assigned " + meta.namespace_ + "/" + meta.name + " to " + placement.node + ".";
  return placement;
}

}  // namespace nekoplane::scheduler
