#include "reconcilers/mirror/mirror_reconciler.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "api/taos/cluster/node_use.h"
#include "api/taos/cluster/worker_nodes.h"

namespace nekoplane::reconcilers::mirror {

using v1alpha1::BrowserNode;

MirrorReconciler::MirrorReconciler(Deps deps, Options options)
    : deps_(std::move(deps)),
      options_(std::move(options)),
      label_(taos::MirrorLabel(options_.url)) {
  deps_.workers.Mirrors(label_, std::nullopt);
}

manager::Outcome MirrorReconciler::Reconcile(const Context& ctx, const queue::Key& /*key*/) {
  saying_.clear();
  const auto converted = Fetch(ctx);
  if (!converted) {
    if (converted.is(Code::kCancelled)) return manager::Done{};
    // Nothing follows from silence: the nodes' drivers ask the workers themselves meanwhile.
    Say("taOS cannot be asked for its workers: " + converted.error().message);
  } else {
    for (const std::string& why : converted->skipped) Say("a worker of taOS is left out: " + why);
    const MonoTime answered = deps_.clock.Now();
    std::set<std::string> listed;
    for (const MirroredWorker& worker : converted->workers) {
      listed.insert(worker.node.metadata.name);
      Apply(ctx, worker);
    }
    // Only now, so that nobody takes a worker for silent that is yet to be noted.
    deps_.workers.Mirrors(label_, answered);
    Missing(ctx, listed);
  }
  said_ = saying_;
  return manager::RequeueAfter{options_.period};
}

Result<Converted> MirrorReconciler::Fetch(const Context& ctx) {
  std::string base = options_.url;
  while (base.ends_with('/')) base.pop_back();
  const http::ClientRequest request{.url = base + "/api/cluster/workers",
                                    .headers = {{"Accept", "application/json"}},
                                    .max_reply_bytes = options_.max_reply_bytes};
  NEKO_TRY(const auto response,
           deps_.http.Do(ctx.WithTimeout(deps_.clock, options_.timeout), request));
  if (response.status != 200) {
    return MakeStatus(Code::kUnavailable, "BadReply",
                      "it answered " + std::to_string(response.status));
  }
  return Convert(response.body, label_);
}

void MirrorReconciler::Apply(const Context& ctx, const MirroredWorker& worker) {
  const std::string& name = worker.node.metadata.name;
  const auto stored = deps_.client.Get<BrowserNode>("", name);
  Result<BrowserNode> written = worker.node;
  if (stored.is(Code::kNotFound)) {
    written = deps_.client.Create(ctx, worker.node);
  } else if (!stored) {
    written = stored;
  } else if (taos::FitOf(*stored, worker.node) != taos::NodeFit::kOurs) {
    return Say("worker " + worker.info.name + " of taOS is left out: there is a BrowserNode " +
               name + " that was not made from it");
  } else if (const auto patch = taos::PatchFor(*stored, worker.node)) {
    written = deps_.client.Patch<BrowserNode>(ctx, "", name, *patch);
  }
  if (!written) {
    return Say("node " + name + " could not be written: " + written.error().ToString());
  }
  missing_since_.erase(name);
  const bool news =
      deps_.workers.Put(worker.info, name, options_.url, deps_.clock.Now(), deps_.clock.WallNow());
  if (news && deps_.changed) deps_.changed(name);
}

void MirrorReconciler::Missing(const Context& ctx, const std::set<std::string>& listed) {
  const MonoTime now = deps_.clock.Now();
  for (const BrowserNode& node : deps_.client.List<BrowserNode>()) {
    const std::string& name = node.metadata.name;
    const auto label = node.metadata.labels.find(taos::kLabelMirroredFrom);
    if (label == node.metadata.labels.end() || label->second != label_ || listed.contains(name)) {
      continue;
    }
    const auto worker = node.metadata.annotations.find(taos::kAnnotationWorker);
    const bool heard = worker != node.metadata.annotations.end() &&
                       deps_.workers.Remove(options_.url, worker->second);
    if (heard && deps_.changed) deps_.changed(name);
    const MonoTime since = missing_since_.try_emplace(name, now).first->second;
    if (now - since < options_.keep_missing || node.metadata.deleting()) continue;
    if (taos::InUse(deps_.client.registry().store(), name)) continue;
    const auto deleted = deps_.client.Delete(ctx, node);
    if (!deleted) {
      Say("node " + name + " could not be deleted: " + deleted.error().ToString());
      continue;
    }
    missing_since_.erase(name);
    deps_.log.Info("taOS does not list this worker any more; its node is deleted",
                   {{"node", name}});
  }
}

void MirrorReconciler::Say(const std::string& what) {
  saying_.insert(what);
  if (!said_.contains(what)) deps_.log.Warning(what, {{"taos", options_.url}});
}

}  // namespace nekoplane::reconcilers::mirror
