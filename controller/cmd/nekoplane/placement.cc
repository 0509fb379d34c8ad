#include "controller/cmd/nekoplane/placement.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "controller/scheduler/explain.h"
#include "reconcilers/common/claims.h"

namespace nekoplane {
namespace {

using json = nlohmann::ordered_json;

json ToJson(const scheduler::NodeExplanation& node) {
  json filters = json::array(), scores = json::array();
  const scheduler::FilterVerdict* first = nullptr;
  for (const auto& verdict : node.filters) {
    filters.push_back({{"name", verdict.filter},
                       {"passed", verdict.passed()},
                       {"reason", verdict.reason},
                       {"permanent", verdict.permanent}});
    if (first == nullptr && !verdict.passed()) first = &verdict;
  }
  for (const auto& score : node.scores) {
    scores.push_back({{"name", score.score}, {"value", score.value}});
  }
  return {{"node", node.node},
          {"order", node.order},
          {"variant", node.variant},
          {"filter", first == nullptr ? "" : first->filter},
          {"reason", first == nullptr ? "" : first->reason},
          {"filters", std::move(filters)},
          {"scores", std::move(scores)}};
}

json ToJson(const scheduler::Explanation& all) {
  const auto& placement = all.placement;
  json nodes = json::array();
  for (const auto& node : all.nodes) nodes.push_back(ToJson(node));
  return {{"kind", "PlacementExplanation"},
          {"apiVersion", v1alpha1::kApiVersion},
          {"policy", all.policy},
          {"node", placement.node},
          {"variant", placement.variant},
          {"noCapableNode", placement.no_capable_node},
          {"nominatedNode", placement.nominee},
          {"message", placement.node.empty()
                          ? placement.message
                          : "it fits on " + placement.node + ", with variant " + placement.variant},
          {"nodes", std::move(nodes)}};
}

}  // namespace

Result<scheduler::Request> PlacementQuestions::RequestFor(
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
  } else if (!session.status.volume.empty()) {
    request.profile_node = session.status.nodeName;  // where its private one lies
  }
  return request;
}

reconcilers::NodeSet PlacementQuestions::NodesFor(const v1alpha1::BrowserSession& session) {
  const auto ledger = client_.Claims();
  auto nodes = nodes_.At(ledger);
  std::map<std::string, reconcilers::Room> without;
  for (const store::Claim& claim : reconcilers::ClaimsOf(*ledger, session.metadata.uid)) {
    const auto* room = nodes.FindRoom(claim.scope);
    if (room != nullptr) without.emplace(claim.scope, *room).first->second.Note(claim, false);
  }
  for (auto& [name, room] : without) {
    nodes = nodes.With(nodes.cluster().Find(name)->facts, std::move(room));
  }
  return nodes;
}

Result<json> PlacementQuestions::Explain(const v1alpha1::BrowserSession& session) {
  NEKO_TRY(const auto request, RequestFor(session));
  return ToJson(scheduler::Explain(request, NodesFor(session).cluster()));
}

taos::PlacementAnswer PlacementQuestions::Ask(const v1alpha1::BrowserSession& session) {
  using Outcome = taos::PlacementAnswer::Outcome;
  const auto request = RequestFor(session);
  if (!request) return {Outcome::kNoCapableNode, request.error().message};
  const auto placement = scheduler::Place(*request, NodesFor(session).cluster());
  if (!placement.node.empty()) return {Outcome::kCapableAndRoom, placement.message};
  return {placement.no_capable_node ? Outcome::kNoCapableNode : Outcome::kNoCapacity,
          placement.message};
}

}  // namespace nekoplane
