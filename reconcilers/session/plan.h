// What one pass of the session reconciler wants: how the status should read, what changes in the
// ledger with it, and at most one thing to do outside of the store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/registry/client.h"
#include "api/store/store.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/common/events.h"
#include "reconcilers/session/inputs.h"

namespace nekoplane::reconcilers::session {

enum class Action {
  kNone,
  kAddFinalizer,  // before anything outside exists
  kMakeSecret,    // the session's Secret is missing
  kStart,         // EnsureStarted(spec)
  kRemove,        // EnsureRemoved: the volume stays
  kRemoveVolume,  // of a private profile; then as kFinish
  kLeaveVolume,  // the same, of a session that starts elsewhere; then decided anew with left_volume
  kFinish,       // secret, finalizer and claims go; the object with them
};

// The name of an action, for logs.
std::string_view ActionName(Action action);

// How the search for a node ended, if this pass made one.
enum class Placement { kNotTried, kScheduled, kUnschedulable, kNoCapableNode };

// How a plan is carried out: if `status` or the claims differ from what is stored, they are written
// and the action waits for the next pass, which follows at once; so whoever looks sees what is
// about to happen. Otherwise the action is taken and its result recorded.
struct Plan {
  Action action = Action::kNone;
  v1alpha1::BrowserSessionStatus status;
  std::vector<store::ClaimChange> claims;
  std::vector<store::LedgerGuard> guards;
  std::vector<registry::Needed> needs;  // what must still be there when this is written
  bool with_secret = false;             // make the Secret in the same transaction
  runtime::InstanceSpec spec;           // kStart
  std::optional<Duration> look_again;   // absent: wait for an event
  std::optional<Status> retry;          // the engine did not answer: back-off instead
  std::vector<EventNote> events;        // told once the status is written
  Placement placement = Placement::kNotTried;
};

// What follows from the result of an action.
struct Record {
  v1alpha1::BrowserSessionStatus status;
  std::optional<Duration> look_again;
  std::optional<Status> retry;
  std::vector<EventNote> events;
  bool refuse_ports = false;  // a stranger has one of them: remember for a while
  bool pull_image = false;
};

}  // namespace nekoplane::reconcilers::session
