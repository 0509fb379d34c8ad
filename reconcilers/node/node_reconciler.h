// Keeps a BrowserNode's status true: what the machine is, whether its engine answers, how much of
// it is taken, how far a drain is; renews its lease; and lets a deleted node go when nothing of
// ours is left on it.
//
// Thread safety and blocking: as manager::Reconciler. Lifetime: all that Deps refers to outlives
// it.
#pragma once

#include <string>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/registry/client.h"
#include "controller/manager/reconciler.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/common/events.h"
#include "reconcilers/node/decide.h"
#include "reconcilers/node/leases.h"
#include "reconcilers/node/liveness.h"

namespace nekoplane::reconcilers::node {

struct Deps {
  registry::Client& client;
  const runtime::DriverSet& drivers;
  const Clock& clock;
  Logger& log;
  manager::EventRecorder& events;
};

class NodeReconciler final : public manager::Reconciler {
 public:
  explicit NodeReconciler(Deps deps, Options options = {});

  std::string name() const override { return "node"; }

  manager::Outcome Reconcile(const Context& ctx, const queue::Key& key) override;

 private:
  // The node is gone: so is all that we kept about it.
  manager::Outcome Forget(const Context& ctx, const std::string& node);
  // Asks the machine and notes the answer. Errors: kCancelled: we are stopping.
  Result<void> Look(const Context& ctx, Inputs& in);
  manager::Outcome LetGo(const Context& ctx, const Inputs& in);
  void Tell(const Inputs& in, const v1alpha1::BrowserNode& after);

  const Deps deps_;
  const Options options_;
  Liveness liveness_;
  Leases leases_;
};

// How long a node's queue key should be delayed after a session took or freed room, so that a burst
// of sessions makes one write of the node and not one each.
inline constexpr Duration kAllocationDelay = std::chrono::milliseconds(250);

}  // namespace nekoplane::reconcilers::node
