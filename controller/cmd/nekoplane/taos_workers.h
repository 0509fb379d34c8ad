// Everything about taOS browser-workers in one place: what they said of themselves, the threads
// that their starts run on, and the drivers of nodes that have one.
//
// Thread safety: any thread may call. Threads: up to sixteen, for starts, two of them
// for each worker. Lifetime: what the
// constructor gets outlives it; it outlives the drivers. Stop() before the store goes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/http/client.h"
#include "api/registry/client.h"
#include "api/taos/cluster/worker_book.h"
#include "controller/runtime/node_drivers.h"
#include "controller/runtime/taos_worker/taos_worker_driver.h"
#include "reconcilers/common/background_runner.h"

namespace nekoplane {

class TaosWorkers {
 public:
  TaosWorkers(const Clock& clock, Logger& log, const registry::Client& client);

  ~TaosWorkers() { Stop(); }

  // REQUIRES: node.spec.taosWorker. `secret`: what tokenSecretRef names, with the key `token`.
  // Errors: kInvalid reason SecretIncomplete.
  Result<std::shared_ptr<runtime::RuntimeDriver>> Connect(const v1alpha1::BrowserNode& node,
                                                          const runtime::SecretData& secret);

  taos::WorkerBook& book() { return book_; }

  // Cuts off the starts that are under way; they are picked up by the next nekoplane.
  void Stop() {
    start_queue_.Stop();
    starts_.reset();
  }

 private:
  std::optional<runtime::taos::KnownInstance> Known(const std::string& node,
                                                    std::string_view uid) const;
  std::optional<runtime::taos::WorkerReport> Report(const std::string& node) const;
  runtime::taos::Declaration Declared(const std::string& node) const;

  const Clock& clock_;
  Logger& log_;
  const registry::Client& client_;
  const std::unique_ptr<http::Client> http_;
  taos::WorkerBook book_;
  runtime::taos::InstanceBooks instances_;
  std::unique_ptr<reconcilers::BackgroundRunner> starts_;
  runtime::taos::StartQueue start_queue_;
};

}  // namespace nekoplane
