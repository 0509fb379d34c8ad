#include "controller/runtime/node_drivers.h"

#include <utility>

#include "controller/runtime/unavailable_driver.h"

namespace nekoplane::runtime {
namespace {

using v1alpha1::BrowserNode;

bool Same(const Status& a, const Status& b) {
  return a.code == b.code && a.reason == b.reason && a.message == b.message;
}

}  // namespace

std::string SecretOfNode(const BrowserNode& node) {
  if (node.spec.docker && node.spec.docker->tls) return node.spec.docker->tls->secretRef.name;
  if (node.spec.taosWorker && node.spec.taosWorker->tokenSecretRef) {
    return node.spec.taosWorker->tokenSecretRef->name;
  }
  return "";
}

NodeDriverInputs InputsOf(const BrowserNode& node, const SecretData& secret) {
  NodeDriverInputs inputs{.uid = node.metadata.uid,
                          .kind = "",
                          .endpoint = "",
                          .address = node.spec.address,
                          .secret_name = SecretOfNode(node),
                          .secret = secret};
  if (node.spec.docker) {
    inputs.kind = "docker";
    inputs.endpoint = node.spec.docker->endpoint;
  } else if (node.spec.taosWorker) {
    inputs.kind = "taosWorker";
    inputs.endpoint = node.spec.taosWorker->url;
  }
  return inputs;
}

Result<std::shared_ptr<RuntimeDriver>> NodeDrivers::Make(const BrowserNode& node,
                                                         const Result<SecretData>& secret) const {
  if (!secret) return secret.error();
  const MakeNodeDriver& make = node.spec.docker ? factory_.docker : factory_.taos_worker;
  if (!make || (!node.spec.docker && !node.spec.taosWorker)) {
    return MakeStatus(Code::kInvalid, "KindNotSupported",
                      "this nekoplane does not drive nodes of this kind");
  }
  return make(node, *secret);
}

DriverChange NodeDrivers::Update(const BrowserNode& node, const Result<SecretData>& secret) {
  const std::string& name = node.metadata.name;
  NodeDriverInputs inputs = InputsOf(node, secret ? *secret : SecretData{});
  std::optional<Entry> before;
  {
    MutexLock lock(mu_);
    const auto it = entries_.find(name);
    if (it != entries_.end()) before = it->second;
  }
  if (before && secret && !before->failed && before->inputs == inputs) {
    return {.kind = DriverChange::Kind::kNone, .before = nullptr, .now = before->driver, .why = {}};
  }
  auto made = Make(node, secret);
  DriverChange change{
      .kind = DriverChange::Kind::kMade, .before = nullptr, .now = nullptr, .why = {}};
  Entry entry{std::move(inputs), nullptr, std::nullopt};
  if (made) {
    entry.driver = *std::move(made);
  } else {
    if (before && before->failed && Same(*before->failed, made.error())) {
      return {
          .kind = DriverChange::Kind::kNone, .before = nullptr, .now = before->driver, .why = {}};
    }
    entry.driver = std::make_shared<UnavailableDriver>(made.error());
    entry.failed = made.error();
    change.kind = DriverChange::Kind::kFailed;
    change.why = std::move(made).error();
  }
  if (wrap_) entry.driver = wrap_(name, std::move(entry.driver));
  change.now = entry.driver;
  if (before) change.before = std::move(before->driver);
  MutexLock lock(mu_);
  entries_.insert_or_assign(name, std::move(entry));
  return change;
}

DriverChange NodeDrivers::Remove(std::string_view name) {
  DriverChange change;
  MutexLock lock(mu_);
  const auto it = entries_.find(name);
  if (it == entries_.end()) return change;
  change.kind = DriverChange::Kind::kGone;
  change.before = std::move(it->second.driver);
  entries_.erase(it);
  return change;
}

std::shared_ptr<RuntimeDriver> NodeDrivers::ForNode(std::string_view node) const {
  MutexLock lock(mu_);
  const auto it = entries_.find(node);
  return it == entries_.end() ? nullptr : it->second.driver;
}

std::vector<std::string> NodeDrivers::Nodes() const {
  MutexLock lock(mu_);
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

}  // namespace nekoplane::runtime
