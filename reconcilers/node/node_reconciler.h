// Keeps a BrowserNode's status true: what the machine is, whether its engine answers, how much of
// it is taken.
//
// Thread safety and blocking: as manager::Reconciler. Lifetime: all that Deps refers to outlives
// it.
#pragma once

#include <optional>
#include <string>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/registry/client.h"
#include "controller/manager/reconciler.h"
#include "controller/runtime/runtime_driver.h"
#include "controller/scheduler/scheduler.h"
#include "reconcilers/common/events.h"

namespace nekoplane::reconcilers::node {

struct Options {
  Duration look = std::chrono::seconds(10);  // how often the engine is asked
  Duration heartbeat =
      std::chrono::seconds(60);  // at most one write in this time if nothing changes
  std::int64_t host_min_ram_mb = scheduler::kHostMinRamMB;
  std::int64_t worker_min_cores = scheduler::kWorkerMinCores;
};

// All that a node's status is made from.
struct Inputs {
  v1alpha1::BrowserNode node;
  store::LedgerPtr ledger;  // never null
  std::optional<runtime::NodeFacts> facts;
  Status why;  // facts are absent: why
  WallTime now{};
  Options options;
};

// Pure. heartbeatTime moves only when something else does, or when it is due.
v1alpha1::BrowserNodeStatus Decide(const Inputs& in);

struct Deps {
  registry::Client& client;
  const runtime::DriverSet& drivers;
  const Clock& clock;
  Logger& log;
  manager::EventRecorder& events;
};

class NodeReconciler final : public manager::Reconciler {
 public:
  explicit NodeReconciler(Deps deps, Options options = {}) : deps_(deps), options_(options) {}

  std::string name() const override { return "node"; }

  manager::Outcome Reconcile(const Context& ctx, const queue::Key& key) override;

 private:
  const Deps deps_;
  const Options options_;
};

// How long a node's queue key should be delayed after a session took or freed room, so that a burst
// of sessions makes one write of the node and not one each.
inline constexpr Duration kAllocationDelay = std::chrono::milliseconds(250);

// What the program was told about the machine that it runs on.
struct HostSettings {
  std::string docker_endpoint;
  std::string advertise_address;  // "" = not told
  std::string own_address;        // what a new node advertises if nothing was told
  std::optional<v1alpha1::PortRange> http_ports, media_ports;  // nullopt = not told
};

// Makes the node `host`, for the machine that nekoplane runs on. If it is there already, it is made
// to say what the program was told; of the rest, an operator's edits stay. Returns what is stored
// now. Errors: kInvalid: the settings make no valid node.
Result<v1alpha1::BrowserNode> EnsureHostNode(const Context& ctx, registry::Client& client,
                                             const HostSettings& settings);

}  // namespace nekoplane::reconcilers::node
