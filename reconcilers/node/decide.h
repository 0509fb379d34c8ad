// The pure half: what was seen of a node in, its status and what people are told out.
//
// Thread safety: free functions over values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/base/status.h"
#include "api/store/store.h"
#include "api/v1alpha1/browser_node.h"
#include "controller/runtime/runtime_driver.h"
#include "controller/scheduler/scheduler.h"
#include "reconcilers/common/conditions.h"
#include "reconcilers/common/events.h"
#include "reconcilers/node/liveness.h"

namespace nekoplane::reconcilers::node {

// Of condition Drained: the node is to be deleted, and something of ours is still on it.
inline constexpr char kReasonDeletionHeld[] = "DeletionHeld";

struct Options {
  Duration look = std::chrono::seconds(10);          // how often the engine is asked
  Duration deletion_look = std::chrono::seconds(2);  // the same, while the node is deleted
  // status.heartbeatTime moves at most once in this time if nothing else changes. The lease tells
  // it finer.
  Duration heartbeat = std::chrono::minutes(5);
  Duration lost_after = std::chrono::seconds(40);   // of silence
  Duration renew_lease = std::chrono::seconds(20);  // at most one write in this time
  std::string installation = "nekoplane";           // who holds the leases
  std::int64_t host_min_ram_mb = scheduler::kHostMinRamMB;
  std::int64_t worker_min_cores = scheduler::kWorkerMinCores;
  // What was found out about the machine that nekoplane runs on. For node host.
  v1alpha1::NodeHardwareHints host_hardware = {};
};

// A session that is in the way of a drain or a deletion.
struct HeldSession {
  std::string name;  // namespace/name
  bool watched = false;
};

// What of ours is on the machine of a node that is to be deleted.
struct Remains {
  // Whether the machine said so. False, with a machine that never answered: it cannot have
  // anything.
  bool known = false;
  std::vector<std::string> containers, volumes;  // for people
};

// All that a node's status is made from.
struct Inputs {
  v1alpha1::BrowserNode node;
  store::LedgerPtr ledger;  // never null
  std::optional<runtime::NodeFacts> facts;
  Status why;                              // facts are absent: why
  Silence silence = Silence::kSuspected;   // facts are absent: what it means
  std::vector<HeldSession> sessions = {};  // while it is drained or deleted; ordered by name
  std::optional<Remains> remains = {};     // while it is deleted, once no session is left
  WallTime now{};
  Options options;
};

// heartbeatTime moves only when something else does, or when it is due.
v1alpha1::BrowserNodeStatus Decide(const Inputs& in);

// May a node that is to be deleted go now?
bool NothingLeft(const Inputs& in);

// The parts of Decide.
ConditionUpdate ReadyCondition(const Inputs& in);
ConditionUpdate DrainedCondition(const Inputs& in, const std::string& drain_started);
v1alpha1::NodeHardware Hardware(const Inputs& in);

// What changed for people.
std::vector<EventNote> NotesFor(const v1alpha1::BrowserNodeStatus& before,
                                const v1alpha1::BrowserNodeStatus& after);

}  // namespace nekoplane::reconcilers::node
