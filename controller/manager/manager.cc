#include "controller/manager/manager.h"

#include "api/base/check.h"
#include "controller/manager/controller.h"

namespace nekoplane::manager {

struct Manager::Impl {
  const Clock& clock;
  Random& random;
  Logger& log;
  metrics::ControllerMetrics* const metrics;

  std::vector<std::unique_ptr<Controller>> controllers;
  std::vector<QueueController*> owned = {};  // the same, by their own type
  bool started = false;
};

Manager::Manager(const Clock& clock, Random& random, Logger& log,
                 metrics::ControllerMetrics* metrics)
    : impl_(new Impl{clock, random, log, metrics, {}}) {}

Manager::~Manager() { Stop(); }

Controller& Manager::Add(Reconciler& reconciler, ControllerOptions options) {
  NEKO_CHECK(!impl_->started);
  auto controller = std::make_unique<QueueController>(impl_->clock, impl_->random, impl_->log,
                                                      impl_->metrics, reconciler, options);
  impl_->owned.push_back(controller.get());
  impl_->controllers.push_back(std::move(controller));
  return *impl_->controllers.back();
}

void Manager::Start() {
  NEKO_CHECK(!impl_->started);
  impl_->started = true;
  for (auto* controller : impl_->owned) controller->StartWorkers();
}

void Manager::Stop() {
  // All are told first, so that the slowest reconcile alone decides how long this takes.
  for (auto* controller : impl_->owned) controller->RequestStop();
  for (auto* controller : impl_->owned) controller->Join();
}

const std::vector<std::unique_ptr<Controller>>& Manager::controllers() const {
  return impl_->controllers;
}

void Manager::RefreshMetrics() const {
  if (impl_->metrics == nullptr) return;
  for (const auto* controller : impl_->owned) {
    impl_->metrics->SetInFlight(controller->name(), controller->in_flight());
  }
}

}  // namespace nekoplane::manager
