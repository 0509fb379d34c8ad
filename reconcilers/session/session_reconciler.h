// Makes the world match a BrowserSession: gather (gather.h), decide (decide.h, pure), act here.
//
// Each pass writes the status at most once and does at most one thing outside of the store. A pass
// that changed something is followed by the next at once, so a session is Ready as soon as its
// browser answers; nothing on that way waits for a timer.
//
// Thread safety and blocking: as manager::Reconciler. Lifetime: all that Deps refers to outlives
// it.
#pragma once

#include <functional>
#include <string>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/base/random.h"
#include "api/registry/client.h"
#include "controller/manager/reconciler.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/common/events.h"
#include "reconcilers/common/pull_manager.h"
#include "reconcilers/session/gather.h"
#include "reconcilers/session/plan.h"
#include "reconcilers/session/session_memory.h"

namespace nekoplane::reconcilers::session {

// How long the stages of a first start took; for metrics. Any thread; must not block.
//   scheduled  from first sight to a node      started  the engine's part
//   ready      from started to Neko's answer   total    from first sight to Neko's answer
using StageObserver = std::function<void(const char* stage, Duration took)>;

// How an attempt to find a node ended; for metrics. "scheduled", "unschedulable",
// "no_capable_node", or "error": somebody was faster, or the store failed. `message`: what
// condition Scheduled says of it. Any thread; must not block.
using PlacementObserver = std::function<void(std::string_view result, std::string_view message)>;

struct Deps {
  registry::Client& client;
  const runtime::DriverSet& drivers;
  const Clock& clock;
  Random& random;  // one that is fit for passwords, and safe on any thread
  Logger& log;
  manager::EventRecorder& events;
  PullManager& pulls;  // wakes the sessions that wait
  const PlacementQueue& waiting;
  ViewerCount viewers = nullptr;  // null: nobody can tell
  StageObserver stage = nullptr;
  PlacementObserver placement = nullptr;
};

class SessionReconciler final : public manager::Reconciler {
 public:
  SessionReconciler(Deps deps, Options options = {});

  std::string name() const override { return "session"; }

  manager::Outcome Reconcile(const Context& ctx, const queue::Key& key) override;

 private:
  using Session = v1alpha1::BrowserSession;

  manager::Outcome Carry(const Context& ctx, const Inputs& in, const Plan& plan);
  manager::Outcome Act(const Context& ctx, const Inputs& in, const Plan& plan);
  manager::Outcome Write(const Context& ctx, const Inputs& in, const Plan& plan);
  manager::Outcome DoStart(const Context& ctx, const Inputs& in, const Plan& plan);
  manager::Outcome DoRemove(const Context& ctx, const Inputs& in, const Plan& plan);
  manager::Outcome DoRemoveVolume(const Context& ctx, const Inputs& in, const Plan& plan);
  manager::Outcome DoFinish(const Context& ctx, const Inputs& in);
  manager::Outcome DoMakeSecret(const Context& ctx, const Inputs& in);
  // Writes what an action led to.
  Result<void> KeepPassword(const Context& ctx, const Inputs& in, const std::string& password);
  manager::Outcome Keep(const Context& ctx, const Inputs& in, const Record& record);

  v1alpha1::Secret NewSecretFor(const Session& session);
  void Tell(const Session& session, const std::vector<EventNote>& events);
  void Measure(const char* stage, Duration took) const;
  void CountPlacement(std::string_view result, const Plan& plan) const;

  Deps deps_;
  const Options options_;
  SessionMemory memory_;
  Gatherer gatherer_;
};

}  // namespace nekoplane::reconcilers::session
