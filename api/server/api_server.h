// ApiServer is the embedded Kubernetes-style API: discovery, OpenAPI, the REST verbs, tables,
// watches and the self-reviews, for every kind of a KindTable. It is not an HTTP server (api/http
// is) and it gives objects no meaning (api/registry does): it translates between the two.
//
// Thread safety: Handle may be called from any thread.
// Blocking: never. Writes are answered from the store's callback thread, watches are fed from it.
// Lifetime: everything in Deps outlives the ApiServer. Requests in flight keep what they need; the
//     destructor ends all watches and waits until none of their callbacks is running.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/base/random.h"
#include "api/base/result.h"
#include "api/codec/schema.h"
#include "api/http/message.h"
#include "api/registry/registry.h"
#include "api/server/access.h"
#include "api/store/store.h"

namespace nekoplane::server {

// One readiness check: answers now, from what it knows; never blocks.
struct HealthCheck {
  std::string name;  // lower case, "store"
  std::function<Result<void>()> check;
};

// Observers, all optional; called on whatever thread answered. They must not block. `resource` is
// "group/resource[/subresource]", "/secrets" in the core group, "" for paths that are no resource.
struct Hooks {
  // Every request once, with its verb and HTTP status. Watches are reported when they have started.
  std::function<void(std::string_view verb, std::string_view resource, int code, Duration took)>
      on_request;
  // +1 and -1 as watches of a resource begin and end.
  std::function<void(std::string_view resource, int delta)> on_watch;
  // Frames were written to one watcher.
  std::function<void(std::string_view resource, std::size_t frames, std::size_t bytes)>
      on_watch_events;
  // A handler failed with an exception; the request got 500.
  std::function<void()> on_panic;
};

struct Version {
  std::string version = "0.0.0";  // ours, goes into gitVersion after "+nekoplane."
  std::string git_commit = "unknown";
};

struct Deps {
  registry::Registry& registry;
  store::Store& store;
  const codec::KindTable& kinds;
  const Clock& clock;
  Timers& timers;
  Random& random;  // used from many threads: a SystemRandom, unless everything runs on one
  Logger& log;
  Access access;
  Version version = {};
  std::vector<HealthCheck> readiness = {};    // for /readyz, in this order
  std::function<std::string()> metrics = {};  // text for /metrics; absent: 404
  Hooks hooks = {};
};

struct Core;

class ApiServer {
 public:
  explicit ApiServer(Deps deps);
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // Answers one request through its responder, now or later, exactly once.
  void Handle(std::shared_ptr<const http::Request> request,
              std::shared_ptr<http::Responder> responder);

  // From now on /readyz fails, so that balancers and probes look elsewhere. Part of shutting down.
  void BeginShutdown();

  // Ends all watches, as their clients expect before a restart. Later ones still start.
  void EndWatches();

  // Watches that are open now.
  std::size_t watches() const;

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace nekoplane::server
