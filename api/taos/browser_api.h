// The taOS-compatible wrapper: /api/browser/sessions and /api/browser/nodes as a thin translation
// onto the same objects that kubectl sees. It talks to the registry and the store, never to a
// driver.
//
// What it answers is fixed by taOS's front end: docs/design/003-taos-wrapper.md.
//
// Thread safety: any thread may call Handle. It owns no thread and never blocks; answers come from
//     the server's, the store's or a timer's thread.
// Lifetime: everything in Deps outlives it. Destroy it after the HTTP server has stopped and before
//     the store; requests that still wait for a session are answered then.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/base/random.h"
#include "api/http/message.h"
#include "api/registry/registry.h"
#include "api/taos/callers.h"
#include "api/taos/placement.h"

namespace nekoplane::taos {

struct Options {
  std::string ns = "default";  // where sessions of the wrapper live
  std::string single_user;     // --single-user: who callers of this machine without credentials are
  std::string token_key;       // at least 32 random bytes; signs stream tokens
  Duration ready_wait = std::chrono::seconds(2);  // how long POST waits for a fast start
  Duration token_ttl = std::chrono::seconds(60);
  Duration stopped_readable = std::chrono::hours(1);
  std::string idle = "30m";  // sessions of the toggle that nobody watches go after that; "" = never
  std::chrono::seconds retry_after{15};  // told to callers when all nodes are full
};

struct Deps {
  registry::Registry& registry;
  Timers& timers;
  Logger& log;
  const Authenticator& authenticator;
  PlacementCheck placement;
  PlacementExplain explain;
};

class BrowserApi {
 public:
  BrowserApi(Deps deps, Options options);
  ~BrowserApi();
  BrowserApi(const BrowserApi&) = delete;
  BrowserApi& operator=(const BrowserApi&) = delete;

  // True for the paths that belong to the wrapper.
  static bool Serves(std::string_view path);

  // Answers one request; unknown paths under /api/browser get 404.
  void Handle(std::shared_ptr<const http::Request> request,
              std::shared_ptr<http::Responder> responder);

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace nekoplane::taos
