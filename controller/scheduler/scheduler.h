// Placement: a pure function from a snapshot to a node, or to the reason why not.
//
// Filters first (filters.h), each a named verdict per node; what can never fit is said before what
// has no room now. Then the scores of the policy (scores.h), then the name. No I/O, no clock, no
// store: everything arrives in the arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/v1alpha1/browser_class.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/scheduler/scores.h"

namespace nekoplane::scheduler {

// Floors of the default policy; taOS's HOST_MIN_RAM_MB and TIER2_MIN_*.
inline constexpr std::int64_t kHostMinRamMB = 6144;
inline constexpr std::int64_t kWorkerMinRamMB = 4096;
inline constexpr std::int64_t kWorkerMinCores = 4;

// What a session takes from a node, after class and defaults.
struct Demand {
  std::int64_t memory_bytes = 0, milli_cpu = 0, gpus = 0;
  friend bool operator==(const Demand&, const Demand&) = default;
};

struct NodeView {
  v1alpha1::BrowserNode node;
  Demand allocated;  // sum of the instance claims
  std::int64_t free_http_ports = 0, free_media_ports = 0;
  double load = 0;  // 0..1: the largest of the claimed shares and what the machine reports
};

struct Request {
  v1alpha1::BrowserSession session;
  v1alpha1::BrowserClass browser_class;
  std::string profile_node;  // where its profile lies; "" = nowhere yet
  std::int64_t host_min_ram_mb = kHostMinRamMB;
  std::int64_t worker_min_cores = kWorkerMinCores;
  std::set<std::string> closed_nodes;  // their room is kept for sessions ahead in the queue
  const Policy* policy = &DefaultPolicy();
};

struct Verdict {
  std::string node;
  std::string filter;      // the filter that refused; "" = passed all
  std::string reason;      // "Insufficient memory", "host below the 6144 MB floor"
  bool permanent = false;  // this node can never run it (not: has no room now)
};

struct Placement {
  std::string node;     // "" = none
  std::string variant;  // of the class, for that node
  Demand demand;
  std::vector<Verdict> verdicts;  // one per node, ordered by name; not from a Cluster
  // "0/3 nodes are available: 1 host below the 6144 MB floor, 2 Insufficient memory.", or
  // "Successfully assigned default/my-browser to host."
  std::string message;
  // No node could run it even if it were empty: taOS's no_capable_node. As there, a worker that is
  // not Ready does not count as capable; a cordoned node, or a host whose engine is down for now,
  // does.
  bool no_capable_node = false;
  // Of a refusal: the node that could run it if only it had room, and whose room is not kept for
  // others: the one with the most room left for what the session takes, then by the policy. "" =
  // there is none.
  std::string nominee;
};

// In the plainest way: every node is judged and all are compared. cluster.h has the one for work;
// this is what it must agree with, and what tells people a verdict for each node.
Placement Place(const Request& request, const std::vector<NodeView>& nodes);

// The first variant whose match fits the node's hardware; nullptr if none does.
const v1alpha1::ClassVariant* MatchVariant(const v1alpha1::BrowserClass& browser_class,
                                           const v1alpha1::NodeHardware& hardware);

// Requests of the session over those of the variant over the built-in defaults (memory 1536Mi, cpu
// 1), never above the session's own limits. Quantities that do not parse count as absent.
Demand DemandOf(const v1alpha1::BrowserSession& session, const v1alpha1::ClassVariant& variant);

}  // namespace nekoplane::scheduler
