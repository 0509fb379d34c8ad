// A Lease for each node that answers: its heartbeat, where Kubernetes keeps heartbeats.
//
// An SD card wears out by writing. A heartbeat in the node's status would write the whole object,
// wake all who watch nodes and do so at every look; the lease is one small record, at most one per
// node and `renew_every`.
//
// Thread safety: any thread. Blocking: until durable. Lifetime: what it is given outlives it.
#pragma once

#include <map>
#include <string>

#include "api/base/clock.h"
#include "api/base/mutex.h"
#include "api/registry/client.h"

namespace nekoplane::reconcilers::node {

std::string LeaseName(const std::string& node);  // nekoplane-node-<name>, in nekoplane-system

// Removes the leases of nodes that went while nekoplane did not run. Once, at start. Errors: as
// Client.
Result<void> RemoveStrayLeases(const Context& ctx, registry::Client& client);

struct LeaseOptions {
  std::string holder;  // nekoplane's installation
  Duration renew_every = std::chrono::seconds(20);
  Duration lasts = std::chrono::seconds(40);  // what leaseDurationSeconds says
};

class Leases {
 public:
  Leases(registry::Client& client, const Clock& clock, LeaseOptions options)
      : client_(client), clock_(clock), options_(std::move(options)) {}

  // The node answered just now. Writes if that is due. Errors: as Client; call again at the next
  // answer.
  Result<void> Renew(const Context& ctx, const std::string& node);
  // There is no such node any more. Having none is success.
  Result<void> Remove(const Context& ctx, const std::string& node);

 private:
  registry::Client& client_;
  const Clock& clock_;
  const LeaseOptions options_;
  Mutex mu_;
  std::map<std::string, MonoTime> renewed_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::reconcilers::node
