// C1: Claims are held by what exists, and by nothing else.
#include <set>

#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/conditions.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckClaims(const View& view, Wrong& wrong) {
  std::set<std::string> owners, placed, profiles;
  for (const auto& session : view.program.client().List<v1alpha1::BrowserSession>()) {
    owners.insert(session.metadata.uid);
    if (session.status.ports) placed.insert(session.metadata.uid);
  }
  for (const auto& profile : view.program.client().List<v1alpha1::BrowserProfile>()) {
    owners.insert(profile.metadata.uid);
    profiles.insert(profile.metadata.uid);
  }
  std::multiset<std::string> ports;
  std::set<std::string> instances;
  view.program.store().Claims()->ForEach([&](const store::Claim& claim) {
    if (!owners.contains(claim.owner)) {
      wrong.push_back("claim " + claim.kind + " " + claim.item + " has no owner");
    }
    if (claim.kind == store::kClaimProfile && !profiles.contains(claim.item) &&
        claim.item != runtime::PrivateVolumeName(claim.owner) &&
        !view.users.stripped().contains(claim.item)) {
      wrong.push_back("profile " + claim.item + " is claimed but does not exist");
    }
    if (claim.kind == store::kClaimPortTcp || claim.kind == store::kClaimPortUdp) {
      ports.insert(claim.owner);
    }
    if (claim.kind == store::kClaimInstance) instances.insert(claim.owner);
  });
  for (const auto& uid : placed) {
    if (ports.count(uid) != 3 || !instances.contains(uid)) {
      wrong.push_back("session " + uid + " has a place but not its claims");
    }
  }
  for (const auto& uid : instances) {
    if (!placed.contains(uid)) wrong.push_back("session " + uid + " claims a place it has not");
  }
}

}  // namespace nekoplane::sim
