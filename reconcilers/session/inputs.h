// Everything the session reconciler's decision is made from, read before it is made. A value: the
// decision does no I/O, reads no clock and draws no random number.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/store/store.h"
#include "api/v1alpha1/browser_class.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_profile.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/runtime/runtime_driver.h"
#include "controller/scheduler/scheduler.h"
#include "reconcilers/common/backoff.h"
#include "reconcilers/common/node_set.h"
#include "reconcilers/common/placement_queue.h"
#include "reconcilers/common/pull_manager.h"

namespace nekoplane::reconcilers::session {

struct Options {
  std::int64_t host_min_ram_mb = scheduler::kHostMinRamMB;
  std::int64_t worker_min_cores = scheduler::kWorkerMinCores;
  const scheduler::Policy* policy = &scheduler::DefaultPolicy();
  std::string host_publish_address;  // where node host publishes its ports; "" = everywhere
  FailureBackoff backoff;
  Duration probe_interval = std::chrono::seconds(10);  // of a session that is Ready
  int probe_failures = 3;                              // in a row, before it counts as dead
  Duration first_probe = std::chrono::milliseconds(5);
  Duration slowest_probe = std::chrono::milliseconds(500);  // while it starts
  Duration pending_retry = std::chrono::seconds(30);
  Duration pull_look = std::chrono::seconds(2);        // how fresh the shown progress is
  Duration suspended_look = std::chrono::minutes(10);  // for what no event told us
  Duration refused_port_memory = std::chrono::minutes(5);
  Duration stop_timeout = std::chrono::seconds(20);
  Duration node_loss_grace = std::chrono::minutes(1);  // from lost to starting elsewhere
};

// What the machine says of the session's instance.
struct Observation {
  enum class Kind {
    kNotAsked,  // there is no machine to ask: the session has no node
    kFound,
    kGone,     // the machine answered that there is none
    kUnknown,  // nobody knows: nothing destructive may follow
  };
  Kind kind = Kind::kNotAsked;
  runtime::Observed instance;  // kFound
  Status why;                  // kUnknown
};

struct Probe {
  enum class Kind { kNotAsked, kAnswered, kSilent };
  Kind kind = Kind::kNotAsked;
  std::string message;    // kSilent: how it failed
  int failures = 0;       // in a row, this one included
  Duration since_last{};  // since the last probe; zero if it was in this pass
};

// Plain text; in here and in the engine call only, never in status, events or logs.
struct Secrets {
  std::string user_password, admin_password, api_token;
};

struct Inputs {
  v1alpha1::BrowserSession session;
  std::optional<v1alpha1::BrowserClass> browser_class;  // spec.classRef
  std::optional<v1alpha1::BrowserProfile> profile;      // spec.profileRef
  std::string profile_holder;  // "namespace/name" of another session that holds it; "" = nobody
  NodeSet nodes;               // candidates; filled when a node is wanted
  PlacementQueue::View queue;  // its place among those who wait; likewise
  std::optional<v1alpha1::BrowserNode> node;  // the one it is placed on
  bool node_gone = false;                     // that one is not in the store
  Duration lost_for{};  // since we first saw that node lost; a restart starts over
  bool profile_node_given_up =
      false;  // the profile's node is being deleted, or lost for longer than the grace time
  bool left_volume = false;  // its private volume was removed just now, since it leaves the node
  std::optional<std::int64_t> viewers;  // asked while its node waits for them to leave
  store::LedgerPtr ledger;              // never null
  std::map<std::string, std::vector<std::int64_t>> refused_ports;  // by node: taken by strangers
  std::optional<Secrets> secrets;
  Observation observation;
  Probe probe;
  Pull pull;  // of the image that it needs, on its node
  // Of the driver of `node`; one that is absent can do everything.
  std::map<std::string, runtime::Capabilities, std::less<>> capabilities;
  // Of the drivers of candidates, of which there may be many. Constant facts: it looks them up.
  std::function<runtime::Capabilities(std::string_view node)> capabilities_of;
  Duration since_start{};  // since the engine started the instance, as far as we know
  WallTime now{};
  Options options;
};

inline runtime::Capabilities CapabilitiesOf(const Inputs& in, std::string_view node) {
  const auto it = in.capabilities.find(node);
  if (it != in.capabilities.end()) return it->second;
  return in.capabilities_of ? in.capabilities_of(node) : runtime::Capabilities{};
}

}  // namespace nekoplane::reconcilers::session
