// DockerDriver: RuntimeDriver over the Docker Engine API, for Docker 20.10 and later and for
// Podman's compatible socket. tests/conformance/runtime_driver_conformance.h holds what is expected
// of it.
//
// A start costs: volume create, create, [archive, only with files], start, inspect.
//
// Thread safety: any thread may call; calls that change something wait in line beyond three at
// once. Threads: one, from the first Watch on, for the engine's events; joined at destruction.
// Lifetime: everything in the dependencies outlives it; it outlives its subscriptions' use.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/base/mutex.h"
#include "api/http/client.h"
#include "controller/runtime/docker/engine_api.h"
#include "controller/runtime/docker/events.h"
#include "controller/runtime/hint_hub.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime {

struct DockerDriverDeps {
  const Clock& clock;
  http::Client& engine;  // speaks to the engine's socket
  http::Client& probe;   // speaks to published ports; plain REST
  Logger& log;
};

struct DockerDriverOptions {
  std::string node;
  std::string installation;  // a label's value; letters, digits, '-'
  docker::EngineApiOptions api;
  std::string probe_host = "127.0.0.1";  // where published ports are reached
  Duration probe_timeout = std::chrono::seconds(3);
  Duration pull_timeout = std::chrono::hours(1);
  docker::EventOptions events;  // installation and node are filled in
};

class DockerDriver final : public RuntimeDriver {
 public:
  DockerDriver(DockerDriverDeps deps, DockerDriverOptions options);
  ~DockerDriver() override;

  Capabilities capabilities() const override { return {}; }

  Result<NodeFacts> Facts(const Context& ctx) override;
  Result<Observed> EnsureStarted(const Context& ctx, const InstanceSpec& spec) override;
  Result<Observed> Inspect(const Context& ctx, std::string_view session_uid) override;
  Result<void> EnsureStopped(const Context& ctx, std::string_view session_uid,
                             Duration timeout) override;
  Result<void> EnsureRemoved(const Context& ctx, std::string_view session_uid,
                             Duration timeout) override;
  // Observed::started_at and oom_killed are not known to an engine's list.
  Result<std::vector<Observed>> List(const Context& ctx) override;
  Result<std::vector<ObservedVolume>> ListVolumes(const Context& ctx) override;
  Result<void> EnsureVolumeRemoved(const Context& ctx, std::string_view volume) override;
  Result<void> ProbeHealth(const Context& ctx, const Observed& instance) override;
  Result<std::string> ImageId(const Context& ctx, std::string_view image) override;
  Result<void> PullImage(const Context& ctx, std::string_view image,
                         const std::function<void(const PullProgress&)>& progress) override;
  Result<std::string> Logs(const Context& ctx, std::string_view session_uid,
                           int tail_lines) override;
  std::unique_ptr<Subscription> Watch(std::function<void(const Hint&)> callback) override
      EXCLUDES(mu_);

 private:
  // The container of a session. kNotFound; kAlreadyExists ForeignObject; kInvalid.
  Result<docker::EngineContainer> Ours(const Context& ctx, std::string_view session_uid);
  Result<Observed> Start(const Context& ctx, const InstanceSpec& spec);
  Result<void> EnsureVolume(const Context& ctx, const InstanceSpec& spec);
  // The id of the container to start, or a running one as it is.
  Result<docker::EngineContainer> EnsureCreated(const Context& ctx, const InstanceSpec& spec);
  Result<void> WaitUntilGone(const Context& ctx, const std::string& id);
  Observed ToObserved(docker::EngineContainer container) const;
  std::string InstallationLabel() const;

  const Clock& clock_;
  http::Client& probe_;
  Logger& log_;
  const DockerDriverOptions options_;
  docker::EngineApi api_;
  HintHub hub_;

  Mutex mu_;
  std::unique_ptr<docker::EventWatcher> events_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::runtime
