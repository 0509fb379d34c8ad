// Keeps images on nodes, and BrowserNode.status.images true.
//
// Thread safety and blocking: as manager::Reconciler; it asks the engine what it has, and never
// waits for a pull.
// Lifetime: all that Deps refers to outlives it.
#pragma once

#include <string>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/registry/client.h"
#include "controller/manager/reconciler.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/images/decide.h"

namespace nekoplane::reconcilers::images {

struct Deps {
  registry::Client& client;
  const runtime::DriverSet& drivers;
  const Clock& clock;
  Logger& log;
  manager::EventRecorder& events;
  PullManager& pulls;  // `changed` brings the node back
};

// The key names a node.
class ImagesReconciler final : public manager::Reconciler {
 public:
  explicit ImagesReconciler(Deps deps, Options options = {}) : deps_(deps), options_(options) {}

  std::string name() const override { return "images"; }

  manager::Outcome Reconcile(const Context& ctx, const queue::Key& key) override;

 private:
  // Errors: kCancelled: told to stop. An engine that does not answer is no error here.
  Result<void> AskEngine(const Context& ctx, Inputs& in) const;
  void Tell(const v1alpha1::BrowserNode& node, const std::vector<EventNote>& events) const;

  const Deps deps_;
  const Options options_;
};

}  // namespace nekoplane::reconcilers::images
