// ProfileBound: the session has its volume to itself.
//
// The claim on the profile is taken together with the node (see place.cc). A BrowserProfile's own
// reconciler then records where its data lies, and only after that is a container started: so the
// place of a profile is never known from a session alone, which may be deleted.
#include <algorithm>
#include <utility>

#include "api/base/mutant.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {
namespace {

namespace cond = v1alpha1::session;

Flow NotBound(const Inputs& in, Plan& plan, std::string_view reason, std::string message) {
  if (!Placed(in.session)) {
    Say(in, plan.status, cond::kScheduled, kFalse, cond::kReasonPending, "waits for its profile");
  }
  Say(in, plan.status, cond::kProfileBound, kFalse, reason, std::move(message));
  Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonPending, "waits for its profile");
  SayNotRunning(in, plan.status, cond::kReasonNotStarted);
  plan.look_again = in.options.pending_retry;
  return Flow::kStop;
}

// The spec asks for another profile, or the profile lies elsewhere: the container goes, then every
// claim, and placement starts over.
Flow Rebind(const Inputs& in, Plan& plan) {
  if (in.observation.kind == Observation::Kind::kUnknown) {
    return EngineUnknown(in, plan, in.observation.why);
  }
  Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonRecreating,
      "the session gets another profile");
  SayNotRunning(in, plan.status, cond::kReasonNotStarted);
  plan.look_again = Duration::zero();
  if (in.observation.kind == Observation::Kind::kFound && !NEKO_MUTANT(kRebindBeforeRemoval)) {
    plan.action = Action::kRemove;
    return Flow::kStop;
  }
  ReleaseRoom(in, plan);
  plan.claims = {ReleaseOwner(in.session.metadata.uid)};
  plan.status.nodeName.clear();
  plan.status.volume.clear();
  Say(in, plan.status, cond::kScheduled, kFalse, cond::kReasonPending);
  Say(in, plan.status, cond::kProfileBound, kFalse, cond::kReasonPending);
  return Flow::kStop;
}

// Its container runs, or may do so.
bool Undisturbed(const Inputs& in) {
  const auto& seen = in.observation;
  return seen.kind == Observation::Kind::kUnknown ||
         (seen.kind == Observation::Kind::kFound &&
          seen.instance.phase == runtime::Observed::Phase::kRunning &&
          seen.instance.id == in.session.status.instance->id);
}

bool Holds(const Inputs& in) {
  const auto claim = in.ledger->Find(store::kClaimProfile, "", in.profile->metadata.uid);
  return claim && claim->owner == in.session.metadata.uid;
}

bool Adopted(const v1alpha1::BrowserProfile& profile) {
  const auto& finalizers = profile.metadata.finalizers;
  return std::find(finalizers.begin(), finalizers.end(), v1alpha1::BrowserProfile::kFinalizer) !=
         finalizers.end();
}

}  // namespace

// The deletion waits for the holder.
bool HasProfile(const Inputs& in) {
  return in.profile && (!in.profile->metadata.deleting() || Holds(in));
}

WantedProfile Wanted(const Inputs& in) {
  const auto& session = in.session;
  if (session.spec.profileRef) {
    const auto& profile = *in.profile;
    const bool by_name = NEKO_MUTANT(kProfileVolumeByName);
    return {.volume =
                runtime::ProfileVolumeName(by_name ? profile.metadata.name : profile.metadata.uid),
            .claim_item = profile.metadata.uid,
            .profile_uid = profile.metadata.uid,
            .node = in.profile_node_given_up ? "" : profile.status.nodeName};
  }
  const std::string volume = runtime::PrivateVolumeName(session.metadata.uid);
  return {.volume = volume,
          .claim_item = volume,
          .profile_uid = "",
          .node = session.status.volume == volume ? session.status.nodeName : ""};
}

Flow BindProfile(const Inputs& in, Plan& plan) {
  const auto& session = in.session;
  const bool runs = session.status.instance.has_value();
  if (session.spec.profileRef) {
    const std::string& name = session.spec.profileRef->name;
    // A running browser is not stopped because somebody forced its profile object away; but nothing
    // is started without one, and what does not run goes.
    if (!HasProfile(in)) {
      if (runs && (Undisturbed(in) || NEKO_MUTANT(kStartWithoutProfile))) return Flow::kNext;
      if (in.observation.kind == Observation::Kind::kFound) plan.action = Action::kRemove;
      return NotBound(in, plan, cond::kReasonProfileNotFound,
                      in.profile ? "BrowserProfile \"" + name + "\" is being deleted"
                                 : "there is no BrowserProfile \"" + name + "\" in this namespace");
    }
    if (!Holds(in) && !Adopted(*in.profile)) {
      return NotBound(in, plan, cond::kReasonPending,
                      "BrowserProfile \"" + name + "\" is not set up yet");
    }
  }
  const WantedProfile want = Wanted(in);
  const bool elsewhere =
      !runs && Placed(session) && !want.node.empty() && want.node != session.status.nodeName;
  if ((!session.status.volume.empty() && session.status.volume != want.volume) || elsewhere) {
    return Rebind(in, plan);
  }
  if (!in.profile_holder.empty()) {
    return NotBound(in, plan, cond::kReasonProfileInUse,
                    "BrowserProfile \"" + session.spec.profileRef->name +
                        "\" is in use by session " + in.profile_holder);
  }
  if (!Placed(session)) return Flow::kNext;  // bound together with the placement
  if (!runs && !want.profile_uid.empty() && want.node.empty()) {
    return NotBound(in, plan, cond::kReasonPending,
                    "waiting until the profile's place is on record");
  }
  Say(in, plan.status, cond::kProfileBound, kTrue, cond::kReasonBound);
  return Flow::kNext;
}

}  // namespace nekoplane::reconcilers::session
