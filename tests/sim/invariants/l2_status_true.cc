// L2: A status is complete, about the newest generation, and true.
#include <map>

#include "api/v1alpha1/session_conditions.h"
#include "controller/scheduler/scheduler.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/common/conditions.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {
namespace {

using reconcilers::FindCondition;
using reconcilers::IsTrue;
using reconcilers::ReasonOf;
using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;
namespace cond = v1alpha1::session;

// A session that is to run but does not must say why, and the reason must be true.
void CheckWaiting(const View& view, const BrowserSession& session, Wrong& wrong) {
  const auto& client = view.program.client();
  const auto ledger = view.program.store().Claims();
  const auto& conditions = session.status.conditions;
  const auto bound = ReasonOf(conditions, cond::kProfileBound);
  if (bound == cond::kReasonProfileInUse || bound == cond::kReasonProfileNotFound) {
    const auto profile = client.Get<BrowserProfile>("default", session.spec.profileRef->name);
    const auto claim =
        profile ? ledger->Find(store::kClaimProfile, "", profile->metadata.uid) : std::nullopt;
    if (bound == cond::kReasonProfileInUse && (!claim || claim->owner == session.metadata.uid)) {
      wrong.push_back(NameOf(session) + " waits for a profile that nobody holds");
    }
    if (bound == cond::kReasonProfileNotFound && profile && !profile->metadata.deleting()) {
      wrong.push_back(NameOf(session) + " says its profile is missing, but it is there");
    }
    return;
  }
  const auto scheduled = ReasonOf(conditions, cond::kScheduled);
  if (scheduled == cond::kReasonNodeDraining) {
    const auto node = client.Get<v1alpha1::BrowserNode>("", session.status.nodeName);
    if (!node || (!node->spec.drain && !node->metadata.deleting())) {
      wrong.push_back(NameOf(session) + " says its node is drained, but it is not");
    }
    return;
  }
  if (scheduled == cond::kReasonUnschedulable || scheduled == cond::kReasonNoCapableNode) {
    scheduler::Request request;
    request.session = session;
    const auto cls = client.Get<v1alpha1::BrowserClass>("", session.spec.classRef.name);
    if (cls) request.browser_class = *cls;
    if (session.spec.profileRef) {
      const auto profile = client.Get<BrowserProfile>("default", session.spec.profileRef->name);
      if (profile) request.profile_node = profile->status.nodeName;
    } else if (!session.status.volume.empty()) {
      request.profile_node = session.status.nodeName;  // where its private one lies
    }
    request.closed_nodes =
        QueueOf(view)->Look(reconcilers::AsWaiting(session, WallTime{})).closed_nodes;
    const auto placed = scheduler::Place(
        request, reconcilers::NodeViews(client.List<v1alpha1::BrowserNode>(), *ledger));
    if (!placed.node.empty()) {
      wrong.push_back(Describe(session) + " waits for room, but there is some on " + placed.node);
    }
    return;
  }
  wrong.push_back(Describe(session) + " is not Ready");
}

void CheckHolders(const View& view, Wrong& wrong) {
  const auto ledger = view.program.store().Claims();
  for (const auto& profile : view.program.client().List<BrowserProfile>()) {
    const auto claim = ledger->Find(store::kClaimProfile, "", profile.metadata.uid);
    const std::string holds = claim && claim->owner != profile.metadata.uid ? claim->owner : "";
    const std::string says = profile.status.holder ? profile.status.holder->sessionUID : "";
    if (holds != says) {
      wrong.push_back("profile " + profile.metadata.name + " says that \"" + says +
                      "\" holds it, but \"" + holds + "\" does");
    }
  }
}

// The informers know what there is.
void CheckInformed(const View& view, Wrong& wrong) {
  std::map<std::string, std::string> stored, known;  // versions by uid
  view.program.store()
      .List(BrowserSession::kResource)
      ->ForEach("", "", [&](const store::ObjectPtr& object) {
        stored[object->uid] = std::to_string(object->version);
        return true;
      });
  for (const auto& session : view.program.informed()) {
    known[session->metadata.uid] = session->metadata.resourceVersion;
  }
  if (stored != known) wrong.push_back("the informer knows other sessions than there are");
}

}  // namespace

void CheckStatusTrue(const View& view, Wrong& wrong) {
  CheckHolders(view, wrong);
  CheckInformed(view, wrong);
  for (const auto& session : view.program.client().List<BrowserSession>()) {
    const auto& status = session.status;
    if (session.metadata.deleting()) continue;
    for (const char* type : {cond::kScheduled, cond::kProfileBound, cond::kStarted, cond::kReady,
                             cond::kHealthy, cond::kSuspended}) {
      const auto* c = FindCondition(status.conditions, type);
      if (c == nullptr) {
        wrong.push_back(NameOf(session) + " has no condition " + type);
      } else if (c->observedGeneration != session.metadata.generation) {
        wrong.push_back(NameOf(session) + "'s " + type + " is about an old generation");
      }
    }
    const bool ready = IsTrue(status.conditions, cond::kReady);
    if (session.spec.operatingMode == v1alpha1::OperatingMode::kSuspended) {
      if (!IsTrue(status.conditions, cond::kSuspended) || ready || status.ports) {
        wrong.push_back(NameOf(session) + " is not suspended");
      }
    } else if (!ready) {
      CheckWaiting(view, session, wrong);
    }
  }
}

}  // namespace nekoplane::sim
