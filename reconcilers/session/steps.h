// The steps of a decision, in the order in which decide.cc runs them. Each owns one condition, sets
// it, and lets the next step go on only when its own part is settled.
#pragma once

#include <string>
#include <string_view>

#include "reconcilers/common/conditions.h"
#include "reconcilers/session/inputs.h"
#include "reconcilers/session/plan.h"

namespace nekoplane::reconcilers::session {

enum class Flow { kNext, kStop };

Flow TearDown(const Inputs& in, Plan& plan);     // what deletion needs, until the object may go
Flow Admit(const Inputs& in, Plan& plan);        // finalizer before anything else
Flow Suspend(const Inputs& in, Plan& plan);      // Suspended
Flow Vacate(const Inputs& in, Plan& plan);       // leaves a node that is lost or to be emptied
Flow BindProfile(const Inputs& in, Plan& plan);  // ProfileBound
Flow Place(const Inputs& in, Plan& plan);        // Scheduled
Flow Launch(const Inputs& in, Plan& plan);       // Started
Flow BecomeReady(const Inputs& in, Plan& plan);  // Ready
Flow StayHealthy(const Inputs& in, Plan& plan);  // Healthy

// ---- Shared by steps.

inline void Say(const Inputs& in, v1alpha1::BrowserSessionStatus& status, std::string_view type,
                std::string_view value, std::string_view reason, std::string message = {}) {
  SetCondition(status.conditions, {type, value, reason, std::move(message)},
               in.session.metadata.generation, in.now);
}

// Carries our finalizer.
bool HasFinalizer(const v1alpha1::BrowserSession& session);

// Has a node and room on it, with ports of its own unless the machine chooses them at the start.
bool Placed(const v1alpha1::BrowserSession& session);

// Of a session with spec.profileRef: whether there is one of that name that it may use. One that is
// being deleted is there for its holder only.
bool HasProfile(const Inputs& in);

// The volume that the spec asks for, and the claim that makes the session its only writer.
struct WantedProfile {
  std::string volume, claim_item;
  std::string profile_uid;  // "" = private
  std::string node;         // where its data lies; "" = nowhere yet, or it is given up
};

// REQUIRES: spec.profileRef is absent or in.profile is there.
WantedProfile Wanted(const Inputs& in);

// Nobody can tell what the instance does: says so, and retries with back-off.
Flow EngineUnknown(const Inputs& in, Plan& plan, const Status& why);
void SayEngineUnknown(const Inputs& in, v1alpha1::BrowserSessionStatus& status, const Status& why);

// The instance is dead, or as good as dead: counts the failure and sets the time of the next try.
Flow InstanceFailed(const Inputs& in, Plan& plan, std::string_view reason, std::string message);

// Ready and Healthy of a session whose container does not run.
void SayNotRunning(const Inputs& in, v1alpha1::BrowserSessionStatus& status,
                   std::string_view reason);

// It may not or cannot run anywhere as things are; says so.
Flow CannotRun(const Inputs& in, Plan& plan, std::string_view reason, const std::string& message);
// It waits for room in the queue, or has waited for too long.
Flow WaitForRoom(const Inputs& in, Plan& plan, const scheduler::Placement& refusal);
// A machine that is away for a moment must not cost it its turn: it stays in the queue, without a
// nominated node.
void KeepPlaceInQueue(const Inputs& in, Plan& plan);
// It has waited for too long, and nobody has changed what it asks for.
bool GaveUp(const Inputs& in);

// The node reconciler has given it up.
bool IsLost(const v1alpha1::BrowserNode& node);

// Gives back node room and ports; node, volume and profile claim stay.
void ReleaseRoom(const Inputs& in, Plan& plan);

// When the recorded instance was started; nullopt if there is none.
std::optional<WallTime> StartedAt(const v1alpha1::BrowserSessionStatus& status);

// Failures in a row as they count now: none after a stable run.
std::int64_t FailuresNow(const Inputs& in);

}  // namespace nekoplane::reconcilers::session
