#include "reconcilers/node/node_reconciler.h"

#include <algorithm>
#include <utility>

#include "api/v1alpha1/node_finalizer.h"
#include "reconcilers/common/outcome.h"
#include "reconcilers/node/survey.h"

namespace nekoplane::reconcilers::node {
namespace {

namespace cond = v1alpha1::node;
using v1alpha1::BrowserNode;

constexpr auto kFactsTimeout = std::chrono::seconds(10);
constexpr auto kListTimeout = std::chrono::seconds(30);

bool HasFinalizer(const BrowserNode& node) {
  const auto& finalizers = node.metadata.finalizers;
  return std::find(finalizers.begin(), finalizers.end(), v1alpha1::kNodeFinalizer) !=
         finalizers.end();
}

}  // namespace

NodeReconciler::NodeReconciler(Deps deps, Options options)
    : deps_(deps),
      options_(std::move(options)),
      liveness_(options_.lost_after),
      leases_(deps.client, deps.clock,
              {.holder = options_.installation,
               .renew_every = options_.renew_lease,
               .lasts = options_.lost_after}) {}

manager::Outcome NodeReconciler::Reconcile(const Context& ctx, const queue::Key& key) {
  auto node = deps_.client.Get<BrowserNode>("", key.name);
  if (!node) {
    if (node.is(Code::kNotFound)) return Forget(ctx, key.name);
    return manager::GiveUp{std::move(node).error()};
  }
  const bool deleting = node->metadata.deleting();
  if (!HasFinalizer(*node)) {
    if (deleting) return manager::Done{};  // others hold it; ours is done
    const auto added = deps_.client.AddFinalizer(ctx, *node, v1alpha1::kNodeFinalizer);
    return added ? manager::Outcome(manager::RequeueAfter{Duration::zero()})
                 : AfterWriteError(added.error());
  }
  Inputs in{.node = *std::move(node),
            .ledger = deps_.client.Claims(),
            .facts = std::nullopt,
            .why = MakeStatus(Code::kUnavailable, cond::kReasonEngineUnavailable,
                              "nekoplane is not connected to this node's engine"),
            .options = options_};
  if (!Look(ctx, in)) return manager::Done{};
  if (deleting && NothingLeft(in)) return LetGo(ctx, in);

  const Duration look = deleting ? options_.deletion_look : options_.look;
  BrowserNode after = in.node;
  after.status = Decide(in);
  if (in.node.status != after.status) {
    const auto written = deps_.client.WriteStatus(ctx, after);
    if (!written) return AfterWriteError(written.error());
    Tell(in, after);
  }
  if (in.facts) {
    const auto renewed = leases_.Renew(ctx, key.name);
    if (!renewed && !renewed.is(Code::kCancelled)) {
      deps_.log.Warning("a node's lease could not be renewed, trying again",
                        {{"node", key.name}, {"error", renewed.error().ToString()}});
    }
  }
  return manager::RequeueAfter{look};
}

manager::Outcome NodeReconciler::Forget(const Context& ctx, const std::string& node) {
  liveness_.Forget(node);
  const auto removed = leases_.Remove(ctx, node);
  if (!removed) return AfterWriteError(removed.error());
  return manager::Done{};
}

Result<void> NodeReconciler::Look(const Context& ctx, Inputs& in) {
  const auto& meta = in.node.metadata;
  const auto driver = deps_.drivers.ForNode(meta.name);
  if (driver != nullptr) {
    auto facts = driver->Facts(ctx.WithTimeout(deps_.clock, kFactsTimeout));
    if (facts) {
      in.facts = *std::move(facts);
    } else if (facts.is(Code::kCancelled)) {
      return facts.error();  // we are stopping: that says nothing about the node
    } else {
      in.why = std::move(facts).error();
    }
  }
  if (in.facts) {
    liveness_.Answered(meta.name, meta.uid, deps_.clock.Now());
  } else {
    in.silence = liveness_.Silent(meta.name, meta.uid, !in.node.status.heartbeatTime.empty(),
                                  deps_.clock.Now());
  }
  if (meta.deleting() || in.node.spec.drain) {
    in.sessions = SessionsOn(deps_.client, *in.ledger, meta.name,
                             meta.deleting() ? Which::kPlaced : Which::kHoldingRoom);
  }
  if (meta.deleting() && in.sessions.empty()) {
    in.remains = RemainsOn(ctx.WithTimeout(deps_.clock, kListTimeout), deps_.client, driver.get());
  }
  in.now = deps_.clock.WallNow();
  return {};
}

// Room that somebody claimed on it since we looked makes this fail, and the next look sees who.
manager::Outcome NodeReconciler::LetGo(const Context& ctx, const Inputs& in) {
  const std::string& name = in.node.metadata.name;
  const auto removed =
      deps_.client.RemoveFinalizer(ctx, in.node, v1alpha1::kNodeFinalizer,
                                   {.claims = {},
                                    .guards = {{name, in.ledger->ScopeVersion(name)}},
                                    .create_secrets = {},
                                    .needs = {}});
  if (!removed) return AfterWriteError(removed.error());
  deps_.log.Info("nothing is left on a deleted node, it goes", {{"node", name}});
  return Forget(ctx, name);
}

void NodeReconciler::Tell(const Inputs& in, const BrowserNode& after) {
  for (const EventNote& note : NotesFor(in.node.status, after.status)) {
    TellEvent(deps_.events, after, note);
    deps_.log.Write(note.warning ? LogLevel::kWarning : LogLevel::kInfo, note.message,
                    {{"node", after.metadata.name}, {"reason", note.reason}});
  }
}

}  // namespace nekoplane::reconcilers::node
