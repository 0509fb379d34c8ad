// Scheduled: node, ports, room and profile are claimed in one transaction, before any engine is
// asked for anything. If anything on that node's ledger moved since we looked, the transaction
// fails and the next pass decides anew.
#include <set>
#include <utility>

#include "api/base/mutant.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {
namespace {

namespace cond = v1alpha1::session;

// A profile that went away since we looked must not get a holder that nobody ever takes off. One
// that we hold already does not go before we let it.
void ClaimProfile(const Inputs& in, Plan& plan) {
  const WantedProfile want = Wanted(in);
  const auto& uid = in.session.metadata.uid;
  plan.claims.push_back(Acquire(ProfileClaim(want.claim_item, uid)));
  const auto held = in.ledger->Find(store::kClaimProfile, "", want.claim_item);
  if (want.profile_uid.empty() || (held && held->owner == uid) ||
      NEKO_MUTANT(kGoneProfileClaimed)) {
    return;
  }
  const auto& profile = in.profile->metadata;
  plan.needs.push_back(
      {v1alpha1::BrowserProfile::kResource, profile.namespace_, profile.name, profile.uid});
}

// Claims that the status speaks of but the ledger lost are taken again. (They are written together;
// only a hand on the status, or on the store, can part them.)
Flow KeepClaims(const Inputs& in, Plan& plan) {
  const auto& session = in.session;
  const auto& uid = session.metadata.uid;
  // Where the machine chooses ports, its own book of them counts.
  std::vector<store::Claim> ports;
  if (session.status.ports->http != 0 && CapabilitiesOf(in, session.status.nodeName).ports) {
    ports = PortClaims(session.status.nodeName, uid, *session.status.ports);
  }
  for (auto& claim : ports) {
    if (!in.ledger->Find(claim.kind, claim.scope, claim.item)) {
      plan.claims.push_back(Acquire(std::move(claim)));
    }
  }
  if ((!session.spec.profileRef || HasProfile(in)) && !NEKO_MUTANT(kProfileClaimSkipped) &&
      !in.ledger->Find(store::kClaimProfile, "", Wanted(in).claim_item)) {
    ClaimProfile(in, plan);
  }
  if (!in.ledger->Find(store::kClaimInstance, session.status.nodeName, uid)) {
    scheduler::Demand demand;
    const auto* variant = in.browser_class && in.node
                              ? scheduler::MatchVariant(*in.browser_class, in.node->status.hardware)
                              : nullptr;
    if (variant != nullptr) demand = scheduler::DemandOf(session, *variant);
    plan.claims.push_back(Acquire(InstanceClaim(session.status.nodeName, uid, demand)));
  }
  if (NEKO_MUTANT(kClaimAfterAct) && !session.status.instance) plan.claims.clear();
  if (!plan.claims.empty()) {
    plan.look_again = Duration::zero();
    return Flow::kStop;
  }
  Say(in, plan.status, cond::kScheduled, kTrue, cond::kReasonScheduled,
      "on node " + session.status.nodeName);
  return Flow::kNext;
}

}  // namespace

Flow Place(const Inputs& in, Plan& plan) {
  const auto& session = in.session;
  if (Placed(session)) return KeepClaims(in, plan);
  if (GaveUp(in)) return Flow::kStop;
  if (!in.browser_class) {
    return CannotRun(in, plan, cond::kReasonClassNotFound,
                     "there is no BrowserClass \"" + session.spec.classRef.name + "\"");
  }
  const WantedProfile want = Wanted(in);
  auto placement = scheduler::Place({.session = session,
                                     .browser_class = *in.browser_class,
                                     .profile_node = want.node,
                                     .host_min_ram_mb = in.options.host_min_ram_mb,
                                     .worker_min_cores = in.options.worker_min_cores,
                                     .closed_nodes = in.queue.closed_nodes,
                                     .policy = in.options.policy},
                                    in.nodes.cluster());
  if (placement.no_capable_node) {
    return CannotRun(in, plan, cond::kReasonNoCapableNode, placement.message);
  }
  if (placement.node.empty()) return WaitForRoom(in, plan, placement);
  const bool ours = CapabilitiesOf(in, placement.node).ports;
  std::optional<v1alpha1::SessionPorts> ports;
  if (ours) {
    const auto refused = in.refused_ports.find(placement.node);
    ports = in.nodes.FindRoom(placement.node)
                ->ports.Free(refused == in.refused_ports.end() ? std::vector<std::int64_t>{}
                                                               : refused->second);
  } else {
    ports = v1alpha1::SessionPorts{};  // told by the start
  }
  if (!ports) {
    placement.message = "node " + placement.node + " has no free port pair left in spec.ports.";
    return WaitForRoom(in, plan, placement);
  }

  const auto& uid = session.metadata.uid;
  plan.claims.push_back(Acquire(InstanceClaim(placement.node, uid, placement.demand)));
  if (ours) {
    for (auto& claim : PortClaims(placement.node, uid, *ports)) {
      plan.claims.push_back(Acquire(std::move(claim)));
    }
  }
  if (!NEKO_MUTANT(kProfileClaimSkipped)) ClaimProfile(in, plan);
  if (NEKO_MUTANT(kClaimAfterAct)) plan.claims.clear();
  if (!NEKO_MUTANT(kClaimStolen)) {
    plan.guards.push_back({placement.node, in.ledger->ScopeVersion(placement.node)});
  }
  plan.with_secret = true;
  plan.placement = Placement::kScheduled;

  auto& status = plan.status;
  status.nodeName = placement.node;
  status.ports = *ports;
  status.volume = want.volume;
  status.failures = 0;
  status.nextAttemptTime.clear();
  Say(in, status, cond::kScheduled, kTrue, cond::kReasonScheduled, "on node " + placement.node);
  if (want.profile_uid.empty() || want.node == placement.node) {
    Say(in, status, cond::kProfileBound, kTrue, cond::kReasonBound);
  } else {
    Say(in, status, cond::kProfileBound, kFalse, cond::kReasonPending,
        "waiting until the profile's place is on record");
  }
  Say(in, status, cond::kStarted, kFalse, cond::kReasonStarting);
  SayNotRunning(in, status, cond::kReasonNotStarted);
  plan.events.push_back({.warning = false, .reason = "Scheduled", .message = placement.message});
  plan.look_again = Duration::zero();
  return Flow::kStop;
}

}  // namespace nekoplane::reconcilers::session
