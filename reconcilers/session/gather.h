// Reads everything that a decision needs: live objects, the ledger, the machine, our own memory.
#pragma once

#include "api/base/clock.h"
#include "api/registry/client.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/common/node_cache.h"
#include "reconcilers/common/pull_manager.h"
#include "reconcilers/session/inputs.h"
#include "reconcilers/session/session_memory.h"
#include "reconcilers/session/silent_nodes.h"
#include "reconcilers/session/viewers.h"

namespace nekoplane::reconcilers::session {

// Thread safety: any thread may call; all that it refers to outlives it.
class Gatherer {
 public:
  Gatherer(registry::Client& client, const runtime::DriverSet& drivers, const Clock& clock,
           SessionMemory& memory, PullManager& pulls, const PlacementQueue& waiting,
           ViewerCount viewers, Options options)
      : client_(client),
        drivers_(drivers),
        clock_(clock),
        memory_(memory),
        pulls_(pulls),
        waiting_(waiting),
        viewers_(std::move(viewers)),
        options_(options),
        nodes_(client.registry().store(), *options_.policy) {}

  Inputs Gather(const Context& ctx, v1alpha1::BrowserSession session);

 private:
  void Objects(Inputs& in) const;
  void NoteCapabilities(const std::string& node, Inputs& in) const;
  void Machine(const Context& ctx, Inputs& in);
  Result<runtime::Observed> Inspect(const Context& ctx, runtime::RuntimeDriver& driver,
                                    const std::string& node, const std::string& uid);
  bool ProfileNodeGivenUp(const Inputs& in) const;
  void AskViewers(const Context& ctx, Inputs& in) const;
  void AskHealth(const Context& ctx, runtime::RuntimeDriver& driver, Inputs& in);

  registry::Client& client_;
  const runtime::DriverSet& drivers_;
  const Clock& clock_;
  SessionMemory& memory_;
  PullManager& pulls_;
  const PlacementQueue& waiting_;
  const ViewerCount viewers_;
  const Options options_;
  mutable NodeCache nodes_;
  SilentNodes silent_;
};

// The plain values of a session's Secret; nullopt if one is missing or is no base64.
std::optional<Secrets> SecretsFrom(const v1alpha1::Secret& secret);

}  // namespace nekoplane::reconcilers::session
