// TaosWorkerDriver: RuntimeDriver over an unchanged taOS browser-worker. What such a worker cannot
// do is said by capabilities(); the rest passes tests/conformance/runtime_driver_conformance.h.
//
// A start may take as long as an image pull and runs beside the caller, when its turn comes in
// `starts`: EnsureStarted answers StillStarting until it is over, and watchers get a hint then.
// EnsureRemoved takes back one that has not begun.
// The worker makes up ports and passwords itself; both are in what EnsureStarted returns.
// Nothing survives on the machine that could be read back: after a restart of nekoplane the
// book's Lookup tells what was written down, and a session that was merely placed may or may not
// have a container.
//
// Thread safety: any thread may call. Threads: none of its own.
// Lifetime: everything in the dependencies outlives it and every job in `starts`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/http/client.h"
#include "controller/runtime/runtime_driver.h"
#include "controller/runtime/taos_worker/facts.h"
#include "controller/runtime/taos_worker/instance_book.h"
#include "controller/runtime/taos_worker/start_queue.h"
#include "controller/runtime/taos_worker/worker_api.h"

namespace nekoplane::runtime {

struct TaosWorkerDeps {
  const Clock& clock;
  http::Client& client;
  Logger& log;
  taos::StartQueue& starts;
  // Shared with the driver that this one replaces.
  std::shared_ptr<taos::InstanceBook> book;
  // The worker's last report; nullopt: it never reported. Must not block.
  std::function<std::optional<taos::WorkerReport>()> report;
  // What the node's object says now. Must not block.
  std::function<taos::Declaration()> declared;
};

struct TaosWorkerOptions {
  std::string node;
  taos::WorkerApiOptions api;
  Duration reached_for = std::chrono::seconds(5);  // how long an answer counts as "it answers"
};

// The container's id in an Observed::id of this driver; "" if it is none.
std::string TaosContainerOf(std::string_view provider_id);

class TaosWorkerDriver final : public RuntimeDriver {
 public:
  TaosWorkerDriver(TaosWorkerDeps deps, TaosWorkerOptions options);
  ~TaosWorkerDriver() override;

  Capabilities capabilities() const override;

  Result<NodeFacts> Facts(const Context& ctx) override;
  Result<Observed> EnsureStarted(const Context& ctx, const InstanceSpec& spec) override;
  Result<Observed> Inspect(const Context& ctx, std::string_view session_uid) override;
  // Removes it: the worker runs containers with --rm.
  Result<void> EnsureStopped(const Context& ctx, std::string_view session_uid,
                             Duration timeout) override;
  // `timeout` is the worker's own: docker's ten seconds.
  Result<void> EnsureRemoved(const Context& ctx, std::string_view session_uid,
                             Duration timeout) override;
  Result<std::vector<Observed>> List(const Context& ctx) override;
  Result<std::vector<ObservedVolume>> ListVolumes(const Context& ctx) override;
  Result<void> EnsureVolumeRemoved(const Context& ctx, std::string_view volume) override;
  Result<void> ProbeHealth(const Context& ctx, const Observed& instance) override;
  Result<std::string> ImageId(const Context& ctx, std::string_view image) override;
  Result<void> PullImage(const Context& ctx, std::string_view image,
                         const std::function<void(const PullProgress&)>& progress) override;
  Result<std::string> Logs(const Context& ctx, std::string_view session_uid,
                           int tail_lines) override;
  std::unique_ptr<Subscription> Watch(std::function<void(const Hint&)> callback) override;

 private:
  class Core;
  const std::shared_ptr<Core> core_;  // shared with the starts that are under way
};

}  // namespace nekoplane::runtime
