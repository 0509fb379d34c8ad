// Keeps the drivers of nodes as their objects and Secrets say: makes, replaces and drops them. Its
// keys are nodes by name.
//
// What became of a driver is told to `changed`, which puts the listeners on the new one; only then
// is the old one let go. A driver that cannot be made, or an engine that is open to its network, is
// told as an event of the node.
//
// Thread safety and blocking: as manager::Reconciler, with one worker: drivers come and go one at a
// time. Letting one go waits for its threads. Lifetime: all that Deps refers to outlives it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/base/log.h"
#include "api/registry/client.h"
#include "controller/manager/reconciler.h"
#include "controller/runtime/node_drivers.h"
#include "reconcilers/common/events.h"

namespace nekoplane::reconcilers::driver {

struct Deps {
  registry::Client& client;
  runtime::NodeDrivers& drivers;
  Logger& log;
  manager::EventRecorder& events;
  // The node's driver from now on; null: the node is gone.
  std::function<void(const std::string& node,
                     const std::shared_ptr<runtime::RuntimeDriver>& driver)>
      changed;
  // True if anybody on its network can use the node's engine.
  std::function<bool(const v1alpha1::BrowserNode& node)> open_to_the_network;
};

struct Options {
  // How often a node is looked at without a change: certificates come of age by themselves.
  Duration look = std::chrono::minutes(1);
};

class DriverReconciler final : public manager::Reconciler {
 public:
  explicit DriverReconciler(Deps deps, Options options = {})
      : deps_(std::move(deps)), options_(options) {}

  std::string name() const override { return "driver"; }

  manager::Outcome Reconcile(const Context& ctx, const queue::Key& key) override;

 private:
  Result<runtime::SecretData> ReadSecret(const std::string& name) const;
  void Tell(const v1alpha1::BrowserNode& node, const runtime::DriverChange& change);

  const Deps deps_;
  const Options options_;
};

}  // namespace nekoplane::reconcilers::driver
