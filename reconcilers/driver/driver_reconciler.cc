#include "reconcilers/driver/driver_reconciler.h"

#include <utility>

#include "api/registry/base64.h"
#include "api/registry/namespaces.h"

namespace nekoplane::reconcilers::driver {

using runtime::DriverChange;
using v1alpha1::BrowserNode;
using v1alpha1::Secret;

manager::Outcome DriverReconciler::Reconcile(const Context&, const queue::Key& key) {
  const auto node = deps_.client.Get<BrowserNode>("", key.name);
  if (!node && !node.is(Code::kNotFound)) return manager::GiveUp{node.error()};
  if (!node) {
    const DriverChange change = deps_.drivers.Remove(key.name);
    if (change.kind == DriverChange::Kind::kGone) {
      deps_.changed(key.name, nullptr);
      deps_.log.Info("the node is gone; its driver is dropped", {{"node", key.name}});
    }
    return manager::Done{};
  }
  const std::string secret = runtime::SecretOfNode(*node);
  const DriverChange change = deps_.drivers.Update(
      *node,
      secret.empty() ? Result<runtime::SecretData>(runtime::SecretData{}) : ReadSecret(secret));
  if (change.kind != DriverChange::Kind::kNone) {
    deps_.changed(key.name, change.now);
    Tell(*node, change);
  }
  return manager::RequeueAfter{options_.look};
}

Result<runtime::SecretData> DriverReconciler::ReadSecret(const std::string& name) const {
  const std::string full = std::string(registry::kSystemNamespace) + "/" + name;
  const auto secret = deps_.client.Get<Secret>(registry::kSystemNamespace, name);
  if (secret.is(Code::kNotFound)) {
    return MakeStatus(Code::kUnavailable, "SecretNotFound", "there is no Secret " + full);
  }
  if (!secret) return Annotate(secret.error(), "Secret " + full);
  runtime::SecretData data;
  for (const auto& [key, value] : secret->data) {
    auto decoded = registry::Base64Decode(value);
    if (!decoded) {
      return MakeStatus(Code::kInvalid, "SecretInvalid",
                        "the value of " + key + " in Secret " + full + " is not base64");
    }
    data.emplace(key, *std::move(decoded));
  }
  return data;
}

void DriverReconciler::Tell(const BrowserNode& node, const DriverChange& change) {
  const auto warn = [&](const std::string& reason, const std::string& message) {
    TellEvent(deps_.events, node, {.warning = true, .reason = reason, .message = message});
    deps_.log.Warning(message, {{"node", node.metadata.name}, {"reason", reason}});
  };
  if (change.kind == DriverChange::Kind::kFailed)
    return warn(change.why.reason, change.why.message);
  deps_.log.Info(change.before ? "the node's driver is replaced" : "the node has a driver",
                 {{"node", node.metadata.name}});
  if (deps_.open_to_the_network(node)) {
    warn("EngineOpenToNetwork",
         "whoever reaches this engine on its network owns the machine: use tcp:// with "
         "spec.docker.tls, or ssh://");
  }
}

}  // namespace nekoplane::reconcilers::driver
