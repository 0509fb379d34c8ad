// Deletion: container, then room and ports, then the private profile, then secret and object.
//
// A retry sees the object again in one of these states, and each leads to the next: container still
// there; container gone but room claimed; room free but volume and finalizer left. A node that does
// not answer stops it (unknown is never gone); a node that no longer exists does not.
#include <algorithm>

#include "api/base/mutant.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/session/decide.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {
namespace {

namespace cond = v1alpha1::session;

bool HoldsRoom(const Inputs& in) {
  const auto claims = ClaimsOf(*in.ledger, in.session.metadata.uid);
  return std::any_of(claims.begin(), claims.end(),
                     [](const auto& claim) { return claim.kind != store::kClaimProfile; });
}

}  // namespace

Flow TearDown(const Inputs& in, Plan& plan) {
  const auto& meta = in.session.metadata;
  if (!meta.deleting()) return Flow::kNext;
  if (!HasFinalizer(in.session)) return Flow::kStop;
  const std::string node = NodeOf(in.session, *in.ledger);
  if (node.empty() || in.observation.kind == Observation::Kind::kNotAsked) {
    plan.action = Action::kFinish;
    return Flow::kStop;
  }

  SayNotRunning(in, plan.status, cond::kReasonTerminating);
  Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonTerminating);
  if (NEKO_MUTANT(kPortsReleasedEarly) && HoldsRoom(in)) ReleaseRoom(in, plan);
  switch (in.observation.kind) {
    case Observation::Kind::kUnknown:
      return EngineUnknown(in, plan, in.observation.why);
    case Observation::Kind::kFound:
      plan.action = Action::kRemove;
      if (NEKO_MUTANT(kFinishedTooEarly)) plan.action = Action::kFinish;
      if (NEKO_MUTANT(kVolumeBeforeContainer)) plan.action = Action::kRemoveVolume;
      plan.look_again = Duration::zero();
      return Flow::kStop;
    default:
      break;
  }
  if (HoldsRoom(in)) {
    ReleaseRoom(in, plan);
    plan.look_again = Duration::zero();
    return Flow::kStop;
  }
  // A BrowserProfile's volume belongs to the BrowserProfile. What the machine cannot remove stays.
  const bool is_private = in.session.status.volume == runtime::PrivateVolumeName(meta.uid) &&
                          CapabilitiesOf(in, node).volumes;
  plan.action = is_private ? Action::kRemoveVolume : Action::kFinish;
  return Flow::kStop;
}

}  // namespace nekoplane::reconcilers::session
