// Keeps a BrowserProfile's status true, and its data safe until an explicit deletion.
//
// Who holds a profile is decided in the claims ledger, by the sessions; this writes down what the
// ledger says. The first holder's node becomes the profile's node, and stays.
// Deletion takes the claim for itself first: as long as a session holds it, it waits and says whose
// turn it is; once it holds it, no session can come between.
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
#include "reconcilers/common/events.h"

namespace nekoplane::reconcilers::profile {

inline constexpr char kReady[] = "Ready";  // set up, and usable by a session
inline constexpr char kReasonAvailable[] = "Available";
inline constexpr char kReasonInUse[] = "InUse";
inline constexpr char kReasonTerminating[] = "Terminating";
inline constexpr char kReasonWaitsForHolder[] = "WaitsForHolder";
inline constexpr char kReasonEngineUnavailable[] = "EngineUnavailable";

struct Inputs {
  v1alpha1::BrowserProfile profile;
  store::LedgerPtr ledger;                         // never null
  std::optional<v1alpha1::BrowserSession> holder;  // the session that holds the claim
  std::string holder_uid;                          // "" = nobody, or the profile itself
  bool node_exists = false;                        // status.nodeName's object
  bool node_connected = false;                     // and we have its driver
  bool removes_volumes = true;                     // which can do that
  WallTime now{};
};

enum class Action {
  kNone,
  kAddFinalizer,
  kClaim,         // against sessions that come while it is deleted
  kRemoveVolume,  // retentionPolicy Delete; then as kFinish
  kFinish,
};

struct Plan {
  Action action = Action::kNone;
  v1alpha1::BrowserProfileStatus status;
  std::optional<Duration> look_again;
  std::string kept;  // kFinish: what to tell people of data that stays
};

// Pure.
Plan Decide(const Inputs& in);

struct Deps {
  registry::Client& client;
  const runtime::DriverSet& drivers;
  const Clock& clock;
  Logger& log;
  manager::EventRecorder& events;
};

class ProfileReconciler final : public manager::Reconciler {
 public:
  explicit ProfileReconciler(Deps deps) : deps_(deps) {}

  std::string name() const override { return "profile"; }

  manager::Outcome Reconcile(const Context& ctx, const queue::Key& key) override;

 private:
  manager::Outcome Act(const Context& ctx, const Inputs& in, const Plan& plan);
  manager::Outcome Finish(const Context& ctx, const Inputs& in, const std::string& kept);

  const Deps deps_;
};

}  // namespace nekoplane::reconcilers::profile
