#include "controller/cmd/nekoplane/taos_workers.h"

#include <utility>

#include "api/base/quantity.h"
#include "api/codec/json_codec.h"
#include "api/http/url.h"
#include "api/taos/cluster/worker_nodes.h"

namespace nekoplane {
namespace {

using v1alpha1::BrowserNode;
using v1alpha1::BrowserSession;

constexpr int kStartThreads = 16;
constexpr char kTokenKey[] = "token";

std::optional<runtime::GpuFacts> GpuOf(const std::optional<v1alpha1::NodeGpu>& gpu) {
  if (!gpu) return std::nullopt;
  return runtime::GpuFacts{.vendor = gpu->vendor, .model = gpu->model, .count = gpu->count};
}

}  // namespace

TaosWorkers::TaosWorkers(const Clock& clock, Logger& log, const registry::Client& client)
    : clock_(clock),
      log_(log),
      client_(client),
      // Notices during a long start that the worker's machine is gone.
      http_(http::MakeCurlClient(clock, {})),
      starts_(reconcilers::MakeThreadRunner(kStartThreads)),
      start_queue_([runner = starts_.get()](auto job) { runner->Run(std::move(job)); },
                   {.total = kStartThreads}) {}

Result<std::shared_ptr<runtime::RuntimeDriver>> TaosWorkers::Connect(
    const BrowserNode& node, const runtime::SecretData& secret) {
  const std::string name = node.metadata.name;
  const auto& endpoint = *node.spec.taosWorker;
  std::string token;
  if (endpoint.tokenSecretRef) {
    const auto it = secret.find(kTokenKey);
    if (it == secret.end() || it->second.empty()) {
      return MakeStatus(Code::kInvalid, "SecretIncomplete",
                        "Secret " + endpoint.tokenSecretRef->name + " has no key \"token\"");
    }
    token = it->second;
    while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
  }
  runtime::TaosWorkerDeps deps{
      .clock = clock_,
      .client = *http_,
      .log = log_,
      .starts = start_queue_,
      .book = instances_.Of(node.metadata.uid, name,
                            [this, name](std::string_view uid) { return Known(name, uid); }),
      .report = [this, name] { return Report(name); },
      .declared = [this, name] { return Declared(name); }};
  runtime::TaosWorkerOptions options{.node = name, .api = {.url = endpoint.url}};
  options.api.token = [token]() -> Result<std::string> { return token; };
  return std::shared_ptr<runtime::RuntimeDriver>(
      std::make_shared<runtime::TaosWorkerDriver>(std::move(deps), std::move(options)));
}

std::optional<runtime::taos::KnownInstance> TaosWorkers::Known(const std::string& node,
                                                               std::string_view uid) const {
  store::ObjectPtr match;
  client_.registry()
      .store()
      .List(BrowserSession::kResource)
      ->ForEach("", "", [&](const store::ObjectPtr& object) {
        if (object->uid == uid) match = object;
        return match == nullptr;
      });
  if (match == nullptr) return std::nullopt;
  const auto session = codec::Decode<BrowserSession>(std::string_view(match->bytes));
  if (!session || session->status.nodeName != node) return std::nullopt;
  const auto& status = session->status;
  runtime::taos::KnownInstance known{.ns = session->metadata.namespace_,
                                     .name = session->metadata.name};
  if (!status.instance) return known;
  known.container_id = runtime::TaosContainerOf(status.instance->id);
  known.spec_hash = status.instance->specHash;
  known.image = status.instance->image;
  if (const auto at = ParseTime(status.instance->startedAt)) known.started_at = *at;
  if (status.endpoints) {
    if (const auto url = http::Url::Parse(status.endpoints->neko)) known.host = url->host;
  }
  if (status.ports) {
    known.http_port = static_cast<int>(status.ports->http);
    known.media_port = static_cast<int>(status.ports->media);
  }
  return known;
}

std::optional<runtime::taos::WorkerReport> TaosWorkers::Report(const std::string& node) const {
  const auto heard = book_.OfNode(node);
  if (!heard) return std::nullopt;
  const taos::WorkerInfo& info = heard->info;
  return runtime::taos::WorkerReport{.at = heard->at,
                                     .wall = heard->wall,
                                     .online = info.status == "online",
                                     .browsers = info.browsers,
                                     .status = info.status,
                                     .ram_mb = info.hardware.ramMB,
                                     .cores = info.hardware.cores,
                                     .arch = info.hardware.arch,
                                     .soc = info.hardware.soc,
                                     .gpu = GpuOf(info.hardware.gpu),
                                     .load = info.load};
}

runtime::taos::Declaration TaosWorkers::Declared(const std::string& name) const {
  const auto node = client_.Get<BrowserNode>("", name);
  if (!node) return {};
  const auto& labels = node->metadata.labels;
  const auto mirror = labels.find(taos::kLabelMirroredFrom);
  const bool mirrored = mirror != labels.end();
  const v1alpha1::NodeHardware& reported = node->status.hardware;
  if (mirrored || labels.contains(taos::kLabelRegistered)) {
    return {.reports = true,
            .controller_silent = mirrored && book_.ControllerSilent(mirror->second, clock_.Now()),
            .memory_bytes = reported.ramMB << 20,
            .cores = reported.cores,
            .arch = reported.arch,
            .soc = reported.soc,
            .gpu = GpuOf(reported.gpu)};
  }
  runtime::taos::Declaration declared{.soc = node->spec.hardware.soc,
                                      .gpu = GpuOf(node->spec.hardware.gpu)};
  if (const auto memory = ParseBytes(node->spec.capacity.memory)) declared.memory_bytes = *memory;
  if (const auto cpu = ParseMilliCores(node->spec.capacity.cpu)) declared.cores = *cpu / 1000;
  return declared;
}

}  // namespace nekoplane
