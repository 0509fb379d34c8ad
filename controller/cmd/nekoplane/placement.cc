#include "controller/cmd/nekoplane/placement.h"

#include "reconcilers/common/claims.h"

namespace nekoplane {

Result<scheduler::Placement> PlacementQuestions::Place(
    const v1alpha1::BrowserSession& session) const {
  scheduler::Request request{.session = session,
                             .browser_class = {},
                             .profile_node = "",
                             .host_min_ram_mb = floors_.host_min_ram_mb,
                             .worker_min_cores = floors_.worker_min_cores,
                             .policy = &policy_};
  const auto asking = reconcilers::AsWaiting(session, clock_.WallNow());
  request.closed_nodes = waiting_.Look(asking).closed_nodes;
  NEKO_TRY(request.browser_class,
           client_.Get<v1alpha1::BrowserClass>("", session.spec.classRef.name));
  if (session.spec.profileRef) {
    const auto profile = client_.Get<v1alpha1::BrowserProfile>(session.metadata.namespace_,
                                                               session.spec.profileRef->name);
    if (profile) request.profile_node = profile->status.nodeName;
  }
  const auto ledger = client_.Claims();
  auto views = reconcilers::NodeViews(client_.List<v1alpha1::BrowserNode>(), *ledger);
  // What the session itself holds does not stand in its own way.
  for (const store::Claim& claim : reconcilers::ClaimsOf(*ledger, session.metadata.uid)) {
    if (claim.kind != store::kClaimInstance) continue;
    const scheduler::Demand own = reconcilers::DecodeDemand(claim.detail);
    for (scheduler::NodeView& view : views) {
      if (view.node.metadata.name != claim.scope) continue;
      view.allocated.memory_bytes -= own.memory_bytes;
      view.allocated.milli_cpu -= own.milli_cpu;
      view.allocated.gpus -= own.gpus;
    }
  }
  return scheduler::Place(request, views);
}

taos::PlacementAnswer PlacementQuestions::Ask(const v1alpha1::BrowserSession& session) const {
  using Outcome = taos::PlacementAnswer::Outcome;
  const auto placement = Place(session);
  if (!placement) return {Outcome::kNoCapableNode, placement.error().message};
  if (!placement->node.empty()) return {Outcome::kCapableAndRoom, placement->message};
  return {placement->no_capable_node ? Outcome::kNoCapableNode : Outcome::kNoCapacity,
          placement->message};
}

}  // namespace nekoplane
