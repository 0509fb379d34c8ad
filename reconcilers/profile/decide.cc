#include <algorithm>
#include <utility>

#include "api/base/mutant.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/common/conditions.h"
#include "reconcilers/profile/profile_reconciler.h"

namespace nekoplane::reconcilers::profile {
namespace {

using v1alpha1::BrowserProfile;

constexpr auto kHeldLook = std::chrono::seconds(30);

void Say(const Inputs& in, Plan& plan, std::string_view status, std::string_view reason,
         std::string message = {}) {
  SetCondition(plan.status.conditions, {kReady, status, reason, std::move(message)},
               in.profile.metadata.generation, in.now);
}

std::string NameOfHolder(const Inputs& in) {
  return in.holder ? in.holder->metadata.namespace_ + "/" + in.holder->metadata.name
                   : "with uid " + in.holder_uid;
}

bool HasFinalizer(const BrowserProfile& profile) {
  const auto& finalizers = profile.metadata.finalizers;
  return std::find(finalizers.begin(), finalizers.end(), BrowserProfile::kFinalizer) !=
         finalizers.end();
}

void Observe(const Inputs& in, Plan& plan) {
  auto& status = plan.status;
  if (in.holder_uid.empty()) {
    if (!NEKO_MUTANT(kHolderNotCleared)) status.holder.reset();
    return;
  }
  if (!status.holder || status.holder->sessionUID != in.holder_uid) {
    status.holder =
        v1alpha1::ProfileHolder{.sessionUID = in.holder_uid, .since = FormatTime(in.now)};
  }
  if (!in.holder || in.holder->status.nodeName.empty()) return;
  // Who may start empty is placed elsewhere only when the node with the data is lost.
  const bool given_up = in.holder->spec.nodeLossPolicy == v1alpha1::NodeLossPolicy::kStartEmpty &&
                        status.nodeName != in.holder->status.nodeName;
  if (status.nodeName.empty() || given_up) {
    status.nodeName = in.holder->status.nodeName;
    status.volume = runtime::ProfileVolumeName(in.profile.metadata.uid);
  }
}

Plan Delete(const Inputs& in, Plan plan) {
  const auto& profile = in.profile;
  if (!in.holder_uid.empty() && !NEKO_MUTANT(kProfileDeletedWhileHeld)) {
    Say(in, plan, kFalse, kReasonWaitsForHolder,
        "session " + NameOfHolder(in) + " uses it; it is deleted once that session is gone");
    plan.look_again = kHeldLook;
    return plan;
  }
  const auto& uid = profile.metadata.uid;
  const auto claim = in.ledger->Find(store::kClaimProfile, "", uid);
  if (!claim) {
    plan.action = Action::kClaim;
    return plan;
  }
  Say(in, plan, kFalse, kReasonTerminating);
  const bool has_data = !plan.status.volume.empty();
  if (has_data && profile.spec.retentionPolicy == v1alpha1::RetentionPolicy::kRetain &&
      !NEKO_MUTANT(kRetainIgnored)) {
    plan.kept = "its data stays in volume " + plan.status.volume + " on node " +
                plan.status.nodeName + " (retentionPolicy Retain)";
    plan.action = Action::kFinish;
    return plan;
  }
  if (has_data && !in.removes_volumes) {
    plan.kept = "its data stays on node " + plan.status.nodeName + ", which removes no volumes";
    plan.action = Action::kFinish;
    return plan;
  }
  if (has_data && in.node_connected) {
    plan.action = Action::kRemoveVolume;
    return plan;
  }
  if (has_data && in.node_exists) {
    Say(in, plan, kFalse, kReasonEngineUnavailable,
        "node " + plan.status.nodeName + ", where its volume lies, is not connected");
    plan.look_again = kHeldLook;
    return plan;
  }
  if (has_data) plan.kept = "node " + plan.status.nodeName + " with its volume no longer exists";
  plan.action = Action::kFinish;
  return plan;
}

}  // namespace

Plan Decide(const Inputs& in) {
  Plan plan;
  plan.status = in.profile.status;
  const bool adopted = HasFinalizer(in.profile);
  if (!adopted) {
    if (!in.profile.metadata.deleting()) plan.action = Action::kAddFinalizer;
    return plan;
  }
  plan.status.observedGeneration = in.profile.metadata.generation;
  Observe(in, plan);
  if (in.profile.metadata.deleting()) return Delete(in, std::move(plan));
  if (in.holder_uid.empty()) {
    Say(in, plan, kTrue, kReasonAvailable);
  } else {
    Say(in, plan, kTrue, kReasonInUse, "by session " + NameOfHolder(in));
    // Of a session that is gone: the collector takes the claim back, and tells nobody.
    if (!in.holder) plan.look_again = kHeldLook;
  }
  return plan;
}

}  // namespace nekoplane::reconcilers::profile
