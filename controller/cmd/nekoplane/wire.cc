#include "controller/cmd/nekoplane/wire.h"

#include <prometheus/registry.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

#include "api/base/check.h"
#include "api/codec/builtin.h"
#include "api/codec/json_parse.h"
#include "api/http/client.h"
#include "api/http/server.h"
#include "api/registry/client.h"
#include "api/server/api_server.h"
#include "api/server/response.h"
#include "api/taos/browser_api.h"
#include "api/taos/cluster/cluster_api.h"
#include "controller/cmd/nekoplane/identity.h"
#include "controller/cmd/nekoplane/network.h"
#include "controller/cmd/nekoplane/object_collector.h"
#include "controller/cmd/nekoplane/operations.h"
#include "controller/cmd/nekoplane/placement.h"
#include "controller/cmd/nekoplane/taos_workers.h"
#include "controller/machine/machine.h"
#include "controller/manager/event_recorder.h"
#include "controller/manager/manager.h"
#include "controller/manifests/manifests_folder.h"
#include "controller/metrics/api_metrics.h"
#include "controller/metrics/controller_metrics.h"
#include "controller/metrics/engine_metrics.h"
#include "controller/metrics/exposition.h"
#include "controller/metrics/http_metrics.h"
#include "controller/metrics/nekoplane_metrics.h"
#include "controller/metrics/process_metrics.h"
#include "controller/neko/viewers.h"
#include "controller/runtime/docker/docker_connector.h"
#include "controller/runtime/docker/endpoint.h"
#include "controller/runtime/metered_driver.h"
#include "controller/runtime/node_drivers.h"
#include "controller/store/sqlite/sqlite_store.h"
#include "reconcilers/driver/driver_reconciler.h"
#include "reconcilers/gc/gc_reconciler.h"
#include "reconcilers/images/images_reconciler.h"
#include "reconcilers/mirror/mirror_reconciler.h"
#include "reconcilers/node/host_node.h"
#include "reconcilers/node/node_reconciler.h"
#include "reconcilers/profile/profile_reconciler.h"
#include "reconcilers/session/session_reconciler.h"
#include "reconcilers/triggers/triggers.h"

namespace nekoplane {

using v1alpha1::BrowserClass;
using v1alpha1::BrowserNode;
using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;

namespace {

constexpr Duration kServerGrace = std::chrono::seconds(2);
constexpr int kServerThreads = 2;
constexpr int kBackgroundThreads = 2;
constexpr int kNodeWorkers = 4;
constexpr int kPullThreads = 8;  // made when there is something to pull

std::string HostOf(const std::string& listen) {
  if (listen.starts_with("unix:")) return "";
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return host;
}

// The shipped classes, where they are absent: an operator's own stay as they are.
Result<void> CreateBuiltinClasses(const Context& ctx, registry::Client& client) {
  for (const std::string& text : codec::BuiltinClassManifests()) {
    NEKO_TRY(const auto documents, codec::ParseYaml(text, "built-in class"));
    for (const auto& document : documents) {
      NEKO_TRY(const auto object, codec::Decode<BrowserClass>(*document.value));
      const auto created = client.Create(ctx, object);
      if (!created && !created.is(Code::kAlreadyExists)) return created.error();
    }
  }
  return {};
}

std::optional<v1alpha1::PortRange> NodePorts(const std::optional<config::PortRange>& range) {
  if (!range) return std::nullopt;
  return v1alpha1::PortRange{.from = range->from, .to = range->to};
}

PlacementQuestions::Floors FloorsOf(const config::Options& options) {
  return {.host_min_ram_mb = options.host_min_ram_mb, .worker_min_cores = options.worker_min_cores};
}

// Several looks fit into the time after which a node is lost, and two renewals of its lease.
reconcilers::node::Options NodeOptions(const config::Options& options, std::string installation,
                                       const Files& files, Logger& log) {
  reconcilers::node::Options out;
  out.lost_after = options.node_lost_after;
  out.look = std::min<Duration>(out.look, options.node_lost_after / 4);
  out.renew_lease = std::min<Duration>(out.renew_lease, options.node_lost_after / 2);
  out.installation = std::move(installation);
  out.host_min_ram_mb = options.host_min_ram_mb;
  out.worker_min_cores = options.worker_min_cores;
  if (options.docker_host.starts_with("unix:")) {  // else node host is another machine than ours
    auto hardware = machine::Classify(machine::ReadEvidence(files));
    for (const std::string& note : hardware.notes)
      log.Warning(note, {{"node", BrowserNode::kHost}});
    out.host_hardware = std::move(hardware.found);
  }
  return out;
}

std::vector<metrics::ServedResource> ServedResources(const codec::KindTable& kinds) {
  std::vector<metrics::ServedResource> out;
  for (const codec::Kind& kind : kinds.kinds()) {
    out.push_back({kind.group, kind.version, kind.plural, kind.namespaced});
  }
  return out;
}

const scheduler::Policy& PolicyOf(const config::Options& options) {
  const auto* policy = scheduler::PolicyByName(options.placement_policy);
  NEKO_CHECK(policy != nullptr);  // the parser lets no other through
  return *policy;
}

class ProgramImpl final : public Program {
 public:
  ProgramImpl(const config::Options& options, std::string version, Logger& log)
      : options_(options),
        version_(std::move(version)),
        log_(log),
        policy_(PolicyOf(options)),
        timers_(MakeThreadTimers(clock_)),
        prometheus_(std::make_shared<prometheus::Registry>()),
        controller_metrics_(*prometheus_),
        engine_metrics_(*prometheus_),
        http_metrics_(*prometheus_),
        metrics_(*prometheus_, version_),
        api_metrics_(*prometheus_, ServedResources(kinds_)) {}

  ~ProgramImpl() override { Stop(); }

  Result<void> Run(const std::string& hostname);
  void Stop() override;

 private:
  Result<void> OpenStore();
  Result<void> PrepareDrivers();
  void AddControllers();
  void AddMetrics();
  Result<void> StartServers(const std::string& hostname);
  void ServePlain(const std::shared_ptr<const http::Request>& request,
                  const std::shared_ptr<http::Responder>& responder);
  Result<std::vector<GcItem>> CollectGarbage(const Context& ctx, bool dry_run);

  const config::Options options_;
  const std::string version_;
  Logger& log_;
  const scheduler::Policy& policy_;
  const SystemClock clock_;
  SystemRandom random_;
  SystemFiles files_;
  const std::unique_ptr<Timers> timers_;
  const codec::KindTable& kinds_ = codec::KindTable::Builtin();
  std::atomic<bool> ready_ = false;
  bool stopped_ = false;
  std::stop_source stop_;

  // Declared in the order of dependence: what is below may use what is above.
  const std::shared_ptr<prometheus::Registry> prometheus_;
  metrics::ControllerMetrics controller_metrics_;
  metrics::EngineMetrics engine_metrics_;
  metrics::HttpMetrics http_metrics_;
  metrics::NekoplaneMetrics metrics_;
  metrics::ApiMetrics api_metrics_;
  metrics::ProcessCollector process_metrics_;
  metrics::Exposition exposition_;

  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<registry::Client> client_;

  std::unique_ptr<http::Client> probe_client_;
  std::unique_ptr<http::Client> mirror_client_;
  std::unique_ptr<runtime::DockerConnector> docker_;
  std::unique_ptr<TaosWorkers> taos_workers_;
  std::unique_ptr<runtime::NodeDrivers> drivers_;
  std::unique_ptr<manager::StoreEventRecorder> events_;
  std::unique_ptr<reconcilers::BackgroundRunner> background_, pull_runner_;
  std::unique_ptr<reconcilers::PullManager> pulls_;
  reconcilers::PlacementQueue waiting_;
  std::unique_ptr<PlacementQuestions> placement_;

  std::unique_ptr<reconcilers::driver::DriverReconciler> driver_reconciler_;
  std::unique_ptr<reconcilers::session::SessionReconciler> session_reconciler_;
  std::unique_ptr<reconcilers::node::NodeReconciler> node_reconciler_;
  std::unique_ptr<reconcilers::profile::ProfileReconciler> profile_reconciler_;
  std::unique_ptr<reconcilers::gc::GcReconciler> gc_reconciler_;
  std::unique_ptr<reconcilers::images::ImagesReconciler> images_reconciler_;
  std::unique_ptr<reconcilers::mirror::MirrorReconciler> mirror_;
  std::unique_ptr<manager::Manager> manager_;
  manager::Controller* sessions_ = nullptr;
  manager::Controller* nodes_ = nullptr;
  manager::Controller* profiles_ = nullptr;
  manager::Controller* gc_ = nullptr;
  manager::Controller* images_ = nullptr;
  std::unique_ptr<reconcilers::Triggers> triggers_;
  std::unique_ptr<ObjectCollector> object_metrics_;

  Identity identity_;
  std::unique_ptr<auth::Authenticator> authenticator_;
  std::unique_ptr<WrapperAuthenticator> wrapper_authenticator_;
  std::unique_ptr<server::ApiServer> api_;
  std::unique_ptr<taos::BrowserApi> wrapper_;
  std::unique_ptr<taos::ClusterApi> cluster_;
  std::unique_ptr<Operations> operations_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<manifests::ManifestsFolder> manifests_;
};

Result<void> ProgramImpl::Run(const std::string& hostname) {
  const Context ctx(stop_.get_token());
  NEKO_RETURN_IF_ERROR(OpenStore());
  NEKO_RETURN_IF_ERROR(registry_->Bootstrap(ctx));
  NEKO_RETURN_IF_ERROR(CreateBuiltinClasses(ctx, *client_));
  NEKO_RETURN_IF_ERROR(PrepareDrivers());
  NEKO_TRY(const BrowserNode host,
           reconcilers::node::EnsureHostNode(ctx, *client_,
                                             {.docker_endpoint = options_.docker_host,
                                              .advertise_address = options_.advertise_address,
                                              .own_address = DetectAddress(),
                                              .http_ports = NodePorts(options_.http_ports),
                                              .media_ports = NodePorts(options_.media_ports)}));
  NEKO_RETURN_IF_ERROR(reconcilers::node::RemoveStrayLeases(ctx, *client_));
  AddControllers();
  AddMetrics();
  NEKO_RETURN_IF_ERROR(StartServers(hostname));
  NEKO_RETURN_IF_ERROR(triggers_->StartInformers());
  // Nobody looks at a node before it has its driver.
  for (const auto& node : triggers_->nodes().List()) {
    driver_reconciler_->Reconcile(ctx, {"", node->metadata.name});
  }
  manager_->Start();
  if (!options_.manifests.empty()) {
    manifests_->Start();
  }
  ready_ = true;
  log_.Info("nekoplane is ready", {{"api", server_->address(0)},
                                   {"http", server_->address(1)},
                                   {"kubeconfig", options_.data_dir + "/admin.kubeconfig"},
                                   {"advertise", host.spec.address},
                                   {"installation", store_->InstallationId()}});
  return {};
}

Result<void> ProgramImpl::OpenStore() {
  NEKO_RETURN_IF_ERROR(files_.MakeFolders(options_.data_dir, 0700));
  NEKO_TRY(store_, store::SqliteStore::Open(
                       {.path = options_.data_dir + "/nekoplane.db", .vfs = ""}, random_, log_));
  const std::string id_path = options_.data_dir + "/installation-id";
  const std::string id = store_->InstallationId() + "\n";
  // Not at every start: a death in the midst of writing leaves a temporary file behind.
  if (const auto before = files_.Read(id_path); !before || *before != id) {
    NEKO_RETURN_IF_ERROR(files_.WriteAtomic(id_path, id, 0644));
  }
  registry_ = std::make_unique<registry::Registry>(*store_, kinds_, clock_, random_);
  client_ = std::make_unique<registry::Client>(*registry_, clock_, random_);
  placement_ =
      std::make_unique<PlacementQuestions>(*client_, waiting_, clock_, FloorsOf(options_), policy_);
  return {};
}

Result<void> ProgramImpl::PrepareDrivers() {
  NEKO_RETURN_IF_ERROR(runtime::docker::ParseEndpoint(options_.docker_host, false));
  probe_client_ = http::MakeRestClient(clock_);
  docker_ = std::make_unique<runtime::DockerConnector>(
      runtime::DockerConnectorDeps{clock_, *probe_client_, log_},
      runtime::DockerConnectorOptions{.installation = store_->InstallationId(),
                                      .socket_folder = options_.data_dir + "/run",
                                      .host_publish_address = options_.publish_address});
  taos_workers_ = std::make_unique<TaosWorkers>(clock_, log_, *client_);
  drivers_ = std::make_unique<runtime::NodeDrivers>(
      runtime::NodeDriverFactory{
          .docker =
              [this](const BrowserNode& node, const runtime::SecretData& secret) {
                return docker_->Connect(node, secret);
              },
          .taos_worker =
              [this](const BrowserNode& node, const runtime::SecretData& secret) {
                return taos_workers_->Connect(node, secret);
              }},
      [this](const std::string& node, std::shared_ptr<runtime::RuntimeDriver> driver) {
        return std::make_shared<runtime::MeteredDriver>(node, std::move(driver), engine_metrics_,
                                                        clock_);
      });
  background_ = reconcilers::MakeThreadRunner(kBackgroundThreads);
  pull_runner_ = reconcilers::MakeThreadRunner(kPullThreads);
  return {};
}

void ProgramImpl::AddControllers() {
  events_ =
      std::make_unique<manager::StoreEventRecorder>(*registry_, clock_, *timers_, random_, log_);
  manager_ = std::make_unique<manager::Manager>(clock_, random_, log_, &controller_metrics_);

  driver_reconciler_ =
      std::make_unique<reconcilers::driver::DriverReconciler>(reconcilers::driver::Deps{
          .client = *client_,
          .drivers = *drivers_,
          .log = log_,
          .events = *events_,
          .changed = [this](const std::string& node,
                            const auto& driver) { triggers_->WatchEngine(node, driver); },
          .open_to_the_network = runtime::OpenToTheNetwork});
  manager::Controller& drivers = manager_->Add(*driver_reconciler_, {.workers = 1, .backoff = {}});
  pulls_ = std::make_unique<reconcilers::PullManager>(
      reconcilers::PullManager::Deps{
          .drivers = *drivers_,
          .clock = clock_,
          .runner = *pull_runner_,
          .wake = [this](const queue::Key& key) { sessions_->Enqueue(key); },
          .changed =
              [this](const std::string& node) {
                images_->Enqueue({"", node});
              },
          .ended = [this](std::string_view result,
                          Duration took) { metrics_.OnPull(result, took); }},
      reconcilers::PullManager::Options{.backoff = {}, .total = kPullThreads});

  session_reconciler_ = std::make_unique<reconcilers::session::SessionReconciler>(
      reconcilers::session::Deps{
          .client = *client_,
          .drivers = *drivers_,
          .clock = clock_,
          .random = random_,
          .log = log_,
          .events = *events_,
          .pulls = *pulls_,
          .waiting = waiting_,
          .viewers =
              [this](const Context& ctx, const std::string& url, const std::string& token) {
                return neko::CountViewers(*probe_client_, ctx, url, token);
              },
          .stage = [this](const char* stage, Duration took) { metrics_.OnStartStage(stage, took); },
          .placement = [this](std::string_view result,
                              std::string_view message) { metrics_.OnPlacement(result, message); }},
      reconcilers::session::Options{.host_min_ram_mb = options_.host_min_ram_mb,
                                    .worker_min_cores = options_.worker_min_cores,
                                    .policy = &policy_,
                                    .host_publish_address = options_.publish_address,
                                    .node_loss_grace = options_.node_loss_grace});
  sessions_ = &manager_->Add(*session_reconciler_, {.workers = options_.workers, .backoff = {}});

  node_reconciler_ = std::make_unique<reconcilers::node::NodeReconciler>(
      reconcilers::node::Deps{*client_, *drivers_, clock_, log_, *events_},
      NodeOptions(options_, store_->InstallationId(), files_, log_));
  // A machine that does not answer takes a worker until the call's time is up; others must not
  // wait.
  nodes_ = &manager_->Add(*node_reconciler_, {.workers = kNodeWorkers, .backoff = {}});

  profile_reconciler_ = std::make_unique<reconcilers::profile::ProfileReconciler>(
      reconcilers::profile::Deps{*client_, *drivers_, clock_, log_, *events_});
  profiles_ = &manager_->Add(*profile_reconciler_, {.workers = 1, .backoff = {}});

  gc_reconciler_ = std::make_unique<reconcilers::gc::GcReconciler>(
      reconcilers::gc::Deps{*client_, *drivers_, clock_, log_,
                            [this](reconcilers::gc::What what) {
                              metrics_.OnGcRemoved(reconcilers::gc::WhatName(what));
                            }},
      reconcilers::gc::Options{
          .grace = options_.gc_grace,
          .period = options_.gc_interval,
          .between_looks = std::min<Duration>(std::chrono::seconds(10), options_.gc_interval / 2)});
  gc_ = &manager_->Add(*gc_reconciler_, {.workers = 1, .backoff = {}});

  images_reconciler_ = std::make_unique<reconcilers::images::ImagesReconciler>(
      reconcilers::images::Deps{*client_, *drivers_, clock_, log_, *events_, *pulls_});
  images_ = &manager_->Add(*images_reconciler_, {.workers = 1, .backoff = {}});

  if (!options_.taos_url.empty()) {
    mirror_client_ = http::MakeCurlClient(clock_, {});
    mirror_ = std::make_unique<reconcilers::mirror::MirrorReconciler>(
        reconcilers::mirror::Deps{.client = *client_,
                                  .http = *mirror_client_,
                                  .clock = clock_,
                                  .log = log_,
                                  .workers = taos_workers_->book(),
                                  .changed =
                                      [this](const std::string& node) {
                                        nodes_->Enqueue({"", node});
                                      }},
        reconcilers::mirror::Options{.url = options_.taos_url});
    manager_->Add(*mirror_, {.workers = 1, .backoff = {}}).Enqueue({"", ""});
  }
  triggers_ = std::make_unique<reconcilers::Triggers>(
      *store_, log_,
      reconcilers::Triggers::Controllers{*sessions_, *nodes_, *profiles_, *gc_, *images_, &drivers},
      waiting_);
}

void ProgramImpl::AddMetrics() {
  exposition_.AddCollectable(*prometheus_);
  exposition_.AddCollectable(process_metrics_);
  object_metrics_ = std::make_unique<ObjectCollector>(
      clock_, FloorsOf(options_),
      ObjectSources{.sessions = [this] { return triggers_->sessions().List(); },
                    .nodes = [this] { return triggers_->nodes().List(); },
                    .classes = [this] { return client_->List<BrowserClass>(); }});
  exposition_.AddCollectable(*object_metrics_);
  exposition_.AddRefresher([this] {
    manager_->RefreshMetrics();
    engine_metrics_.KeepNodes(drivers_->Nodes());
    metrics_.SetPullsRunning(pulls_->Running());
  });
}

Result<void> ProgramImpl::StartServers(const std::string& hostname) {
  std::vector<std::string> names = {HostOf(options_.api_listen)};
  if (!options_.advertise_address.empty()) names.push_back(options_.advertise_address);
  std::erase_if(names, [](const std::string& name) {
    return name.empty() || name == "0.0.0.0" || name == "::";
  });
  NEKO_TRY(identity_, LoadIdentity(options_.data_dir, hostname, names, files_, clock_, random_));
  authenticator_ = std::make_unique<auth::Authenticator>(*identity_.tokens);
  wrapper_authenticator_ = std::make_unique<WrapperAuthenticator>(*authenticator_);
  const server::Access access = MakeAccess(*authenticator_);

  api_ = std::make_unique<server::ApiServer>(server::Deps{
      .registry = *registry_,
      .store = *store_,
      .kinds = kinds_,
      .clock = clock_,
      .timers = *timers_,
      .random = random_,
      .log = log_,
      .access = access,
      .version = {.version = version_},
      .readiness = {{"controllers",
                     [this]() -> Result<void> {
                       if (ready_) return {};
                       return MakeStatus(Code::kUnavailable, "Starting",
                                         "the controllers are not running yet");
                     }}},
      .metrics = [this] { return exposition_.Text(); },
      .hooks = {.on_request =
                    [this](std::string_view verb, std::string_view resource, int code,
                           Duration took) { api_metrics_.OnRequest(verb, resource, code, took); },
                .on_watch = [this](std::string_view resource,
                                   int delta) { api_metrics_.OnWatch(resource, delta); },
                .on_watch_events =
                    [this](std::string_view resource, std::size_t frames, std::size_t bytes) {
                      api_metrics_.OnWatchEvents(resource, frames, bytes);
                    },
                .on_panic = [this] { api_metrics_.OnPanic(); }}});
  wrapper_ = std::make_unique<taos::BrowserApi>(
      taos::Deps{*registry_, *timers_, log_, *wrapper_authenticator_,
                 [this](const BrowserSession& session) { return placement_->Ask(session); },
                 [this](const BrowserSession& session) { return placement_->Explain(session); }},
      taos::Options{.ns = options_.wrapper_namespace,
                    .single_user = options_.single_user,
                    .token_key = NewSecret(random_, 32)});
  cluster_ = std::make_unique<taos::ClusterApi>(
      taos::ClusterDeps{.registry = *registry_,
                        .log = log_,
                        .authenticator = *wrapper_authenticator_,
                        .workers = taos_workers_->book(),
                        .single_user = options_.single_user,
                        .changed = [this](const std::string& node) {
                          nodes_->Enqueue({"", node});
                        }});
  operations_ = std::make_unique<Operations>(OperationsDeps{
      .client = *client_,
      .drivers = *drivers_,
      .clock = clock_,
      .background = *background_,
      .access = access,
      .explain = [this](const BrowserSession& session) { return placement_->Explain(session); },
      .collect = [this](const Context& ctx,
                        bool dry_run) { return CollectGarbage(ctx, dry_run); }});
  if (!options_.manifests.empty()) {
    manifests_ = std::make_unique<manifests::ManifestsFolder>(
        manifests::FolderDeps{*registry_, *timers_, log_, nullptr},
        manifests::MakeDirectoryReader(options_.manifests), manifests::FolderOptions{});
  }

  std::vector<http::ListenOptions> listeners;
  listeners.push_back({.address = options_.api_listen,
                       .tls = identity_.tls,
                       .handler = [this](auto request, auto responder) {
                         if (!operations_->Handle(request, responder))
                           api_->Handle(request, responder);
                       }});
  listeners.push_back(
      {.address = options_.http_listen,
       .tls = nullptr,
       .handler = [this](auto request, auto responder) { ServePlain(request, responder); }});
  http::ServerOptions server_options{.threads = kServerThreads};
  server_options.on_request = [this](const http::Request& request, int status, Duration took,
                                     std::size_t bytes) {
    http_metrics_.OnRequest(request, status, took, bytes);
  };
  NEKO_TRY(server_,
           http::Server::Start(std::move(listeners), std::move(server_options), clock_, log_));
  return WriteAdminKubeconfig(options_.data_dir, server_->address(0), identity_, files_);
}

void ProgramImpl::ServePlain(const std::shared_ptr<const http::Request>& request,
                             const std::shared_ptr<http::Responder>& responder) {
  const std::string& path = request->path;
  if (taos::BrowserApi::Serves(path)) {
    wrapper_->Handle(request, responder);
  } else if (taos::ClusterApi::Serves(path)) {
    cluster_->Handle(request, responder);
  } else if (path == "/metrics") {
    responder->Send(exposition_.Serve(*request));
  } else if (path.starts_with("/healthz") || path.starts_with("/livez") ||
             path.starts_with("/readyz") || path == "/version") {
    api_->Handle(request, responder);
  } else {
    // The Kubernetes-style API wants TLS and credentials; nothing of it is served here.
    responder->Send({.status = 404,
                     .headers = {{"Content-Type", "application/json"}},
                     .body = R"({"error":"not_found"})"});
  }
}

Result<std::vector<GcItem>> ProgramImpl::CollectGarbage(const Context& ctx, bool dry_run) {
  const reconcilers::gc::Deps deps{*client_, *drivers_, clock_, log_, nullptr};
  const reconcilers::gc::Options options{.grace = options_.gc_grace,
                                         .period = options_.gc_interval};
  std::vector<GcItem> items;
  const auto add = [&](const reconcilers::gc::Finding& finding) {
    items.push_back(
        {finding.node, std::string(reconcilers::gc::WhatName(finding.what)), finding.name,
         finding.why + (finding.too_young ? " (goes when it is older than the grace time)" : "")});
  };
  for (const std::string& node : drivers_->Nodes()) {
    const auto findings = reconcilers::gc::Look(ctx, deps, node, options);
    if (!findings) {
      items.push_back({node, "node", node, "could not be looked at: " + findings.error().message});
      continue;
    }
    for (const auto& finding : *findings) add(finding);
  }
  for (const auto& finding : reconcilers::gc::LookAtStore(deps)) add(finding);
  if (!dry_run) {
    for (const std::string& node : drivers_->Nodes()) gc_->Enqueue({"", node});
    gc_->Enqueue({"", ""});
  }
  return items;
}

void ProgramImpl::Stop() {
  if (stopped_) return;
  stopped_ = true;
  ready_ = false;
  if (api_) api_->BeginShutdown();
  stop_.request_stop();
  manifests_.reset();
  if (manager_) manager_->Stop();
  if (triggers_) triggers_->StopEngines();
  if (api_) api_->EndWatches();
  if (server_) server_->Stop(kServerGrace);
  background_.reset();
  pull_runner_.reset();
  if (taos_workers_) taos_workers_->Stop();
  if (triggers_) triggers_->StopInformers();
}

}  // namespace

Result<std::unique_ptr<Program>> Program::Start(const config::Options& options,
                                                const std::string& version,
                                                const std::string& hostname, Logger& log) {
  auto program = std::make_unique<ProgramImpl>(options, version, log);
  NEKO_RETURN_IF_ERROR(program->Run(hostname));
  return std::unique_ptr<Program>(std::move(program));
}

}  // namespace nekoplane
