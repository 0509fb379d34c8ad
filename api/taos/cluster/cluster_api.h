// taOS's cluster endpoints, so that an unchanged worker can be pointed at nekoplane: pairing,
// registration and heartbeats. A registered worker that offers browsers becomes a BrowserNode; what
// it says of itself afterwards stays in memory, where its driver reads it.
//
//   POST /api/cluster/pairing/announce       anybody: a worker asks to be let in
//   GET  /api/cluster/pairing/pending        an admin
//   POST /api/cluster/pairing/confirm        an admin
//   POST /api/cluster/pairing/claim          whoever knows the code: the signing key, once
//   POST /api/cluster/workers                signed: register
//   POST /api/cluster/heartbeat              signed
//   GET  /api/cluster/workers                anybody
//   DELETE /api/cluster/workers/{name}       an admin
//
// An admin is who may act for others (a token of role admin or wrapper), or with --single-user
// whoever asks from this machine, as callers.h says it.
//
// Thread safety: any thread may call Handle. It owns no thread and never blocks; answers come from
//     the server's or the store's threads.
// Lifetime: everything in Deps outlives it. Destroy it after the HTTP server has stopped and before
//     the store.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/base/log.h"
#include "api/http/message.h"
#include "api/registry/registry.h"
#include "api/taos/callers.h"
#include "api/taos/cluster/worker_book.h"

namespace nekoplane::taos {

struct ClusterDeps {
  registry::Registry& registry;
  Logger& log;
  const Authenticator& authenticator;
  WorkerBook& workers;
  std::string single_user;
  // A node's worker has news. Called from any thread; must not block.
  std::function<void(const std::string& node)> changed;
};

class ClusterApi {
 public:
  explicit ClusterApi(ClusterDeps deps);
  ~ClusterApi();
  ClusterApi(const ClusterApi&) = delete;
  ClusterApi& operator=(const ClusterApi&) = delete;

  static bool Serves(std::string_view path);

  void Handle(std::shared_ptr<const http::Request> request,
              std::shared_ptr<http::Responder> responder);

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace nekoplane::taos
