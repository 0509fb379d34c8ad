#include "api/taos/cluster/worker_nodes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/http/url.h"

namespace nekoplane::taos {
namespace {

constexpr std::int64_t kSharedGpus = 1000;

std::string LabelOf(const v1alpha1::BrowserNode& node, const char* label) {
  const auto it = node.metadata.labels.find(label);
  return it == node.metadata.labels.end() ? "" : it->second;
}

std::string WorkerOf(const v1alpha1::BrowserNode& node) {
  const auto it = node.metadata.annotations.find(kAnnotationWorker);
  return it == node.metadata.annotations.end() ? "" : it->second;
}

}  // namespace

std::string SigningSecretName(const std::string& node) { return "taos-worker-" + node; }

std::string MirrorLabel(const std::string& taos_url) {
  const auto url = http::Url::Parse(taos_url);
  if (!url) return "unknown";
  std::string label = url->host + "_" + std::to_string(url->port);
  std::replace_if(
      label.begin(), label.end(), [](char c) { return c == '[' || c == ']' || c == ':'; }, '-');
  while (!label.empty() && label.front() == '-') label.erase(0, 1);
  return label.size() <= 63 ? label : label.substr(label.size() - 63);
}

Result<v1alpha1::BrowserNode> NodeFor(const WorkerInfo& worker, const std::string& mirror) {
  v1alpha1::BrowserNode node;
  node.metadata.name = NodeNameOf(worker.name);
  node.metadata.annotations[kAnnotationWorker] = worker.name;
  node.metadata.labels[mirror.empty() ? kLabelRegistered : kLabelMirroredFrom] =
      mirror.empty() ? "true" : mirror;
  node.spec.taosWorker = v1alpha1::TaosWorkerEndpoint{.url = worker.url, .tokenSecretRef = {}};
  // A worker never hands its GPU to one browser, so that it limits nothing.
  if (worker.hardware.gpu && worker.hardware.gpu->count > 0) node.spec.capacity.gpus = kSharedGpus;
  node.spec.address = AddressOf(worker);
  if (node.spec.address.empty()) {
    return MakeStatus(Code::kInvalid, "NoAddress",
                      "neither the host of url nor host_lan_ip is an IP address, so viewers could "
                      "not be told where to connect");
  }
  return node;
}

NodeFit FitOf(const v1alpha1::BrowserNode& stored, const v1alpha1::BrowserNode& wanted) {
  for (const char* label : {kLabelRegistered, kLabelMirroredFrom}) {
    const std::string want = LabelOf(wanted, label);
    if (!want.empty() && LabelOf(stored, label) == want && WorkerOf(stored) == WorkerOf(wanted)) {
      return NodeFit::kOurs;
    }
  }
  const bool by_hand =
      LabelOf(stored, kLabelRegistered).empty() && LabelOf(stored, kLabelMirroredFrom).empty();
  return by_hand && stored.spec.taosWorker ? NodeFit::kDeclared : NodeFit::kForeign;
}

std::optional<nlohmann::json> PatchFor(const v1alpha1::BrowserNode& stored,
                                       const v1alpha1::BrowserNode& wanted) {
  const bool same = stored.spec.taosWorker &&
                    stored.spec.taosWorker->url == wanted.spec.taosWorker->url &&
                    stored.spec.address == wanted.spec.address;
  if (same) return std::nullopt;
  return nlohmann::json{
      {"spec",
       {{"taosWorker", {{"url", wanted.spec.taosWorker->url}}}, {"address", wanted.spec.address}}}};
}

}  // namespace nekoplane::taos
