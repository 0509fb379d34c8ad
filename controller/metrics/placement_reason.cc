#include "controller/metrics/placement_reason.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace nekoplane::metrics {

namespace {

// How a cause reads, after the number of nodes.
constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kTexts{{
    {"no node is registered", "no_nodes"},
    {"Insufficient memory", "insufficient_memory"},
    {"Insufficient cpu", "insufficient_cpu"},
    {"Insufficient gpus", "insufficient_gpus"},
    {"Insufficient ports", "insufficient_ports"},
    {"has no free port pair", "insufficient_ports"},
    {"node(s) didn't match the requested node", "requested_node"},
    {"node(s) didn't match the session's node selector", "node_selector"},
    {"node(s) didn't hold the session's profile", "profile_location"},
    {"node(s) had untolerated taint", "untolerated_taint"},
    {" MB floor", "memory_floor"},
    {" core floor", "core_floor"},
    {" had no variant for ", "no_variant"},
    {"node(s) couldn't run browsers", "not_capable"},
    {"node(s) were unschedulable", "unschedulable"},
    {"node(s) were draining", "draining"},
    {"node(s) were being deleted", "deleting"},
    {"node(s) were not ready", "not_ready"},
    {"node(s) were reserved", "reserved"},
    {"there is no BrowserClass", "class_not_found"},
}};

// The number that a cause begins with; 1 if there is none.
std::int64_t NodesOf(std::string_view cause) {
  const auto begin = std::min(cause.find_first_not_of(' '), cause.size());
  std::int64_t count = 1;
  std::from_chars(cause.data() + begin, cause.data() + cause.size(), count);
  return count;
}

}  // namespace

std::string_view PlacementReason(std::string_view message) {
  const auto colon = message.find("nodes are available: ");
  if (colon != std::string_view::npos) message.remove_prefix(message.find(':', colon) + 1);
  std::array<std::int64_t, kTexts.size()> nodes{};
  while (!message.empty()) {
    const auto end = std::min(message.find(", "), message.size());
    const std::string_view cause = message.substr(0, end);
    for (std::size_t i = 0; i < kTexts.size(); ++i) {
      if (cause.find(kTexts[i].first) == std::string_view::npos) continue;
      nodes[i] += NodesOf(cause);
      break;
    }
    message.remove_prefix(std::min(end + 2, message.size()));
  }
  const auto most = std::max_element(nodes.begin(), nodes.end());
  return *most == 0 ? kPlacementReasons.back()
                    : kTexts[static_cast<std::size_t>(most - nodes.begin())].second;
}

}  // namespace nekoplane::metrics
