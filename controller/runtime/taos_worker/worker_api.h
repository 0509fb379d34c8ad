// The two calls of a taOS browser-worker, its quirks included, and the probe of Neko behind it.
//
// A worker is a plain HTTP service in front of `docker run --rm` on its own machine. It keeps no
// record that could be asked for: it cannot list, inspect or prove that a container is gone.
//
// Thread safety: any thread may call. Blocking: until answered, at most as long as the options say
// and ctx allows.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/clock.h"
#include "api/base/context.h"
#include "api/base/result.h"
#include "api/http/client.h"

namespace nekoplane::runtime::taos {

// The session's id as taOS writes it: the uid without dashes.
std::string SessionId(std::string_view uid);
// What the worker calls the container of a session.
std::string WorkerContainerName(std::string_view session_id);

struct StartRequest {
  std::string session_id, profile_volume;
  bool mobile = false;  // sent as taOS does; workers of today ignore it
};

struct StartReply {
  std::string container_id, image;
  std::string host;           // where its ports are reached; IPv6 in brackets
  std::string user_password;  // secret
  int http_port = 0, media_port = 0;
};

struct WorkerApiOptions {
  std::string url;  // "http://192.168.1.9:7080", with or without '/' at the end
  // The worker's shared secret; "" = it has none. Errors: the call fails with them.
  std::function<Result<std::string>()> token;
  Duration start_timeout = std::chrono::minutes(30);  // the worker pulls images within the call
  Duration call_timeout = std::chrono::seconds(30);
  Duration probe_timeout = std::chrono::seconds(3);
};

class WorkerApi {
 public:
  WorkerApi(http::Client& client, const Clock& clock, WorkerApiOptions options);

  // POST /worker/browser/start. Not idempotent.
  // Errors: kConflict reason NameInUse: there is a container of that name, ours or not;
  //     kInvalid reason StartFailed: it could not run the container or get its image;
  //     kForbidden reason TokenRefused; kUnavailable, kTimeout, kCancelled: outcome unknown;
  //     of these kUnavailable reason WorkerError: an answer that the worker does not give itself;
  //     kUnavailable reason BadReply: it started something, but what it says of it makes no sense.
  Result<StartReply> Start(const Context& ctx, const StartRequest& request);

  // POST /worker/browser/stop. `container`: an id or a name. The worker frees its ports only if it
  // is told `http_port`. It says yes to everything, also if there is no such container.
  // Errors: kForbidden; kUnavailable, kTimeout, kCancelled.
  Result<void> Stop(const Context& ctx, const std::string& container, std::optional<int> http_port);

  // GET /openapi.json: does the worker answer at all? Errors: kUnavailable, kTimeout, kCancelled.
  Result<void> Reach(const Context& ctx);

  // GET /health of the Neko at host:port. Errors: kUnavailable, kTimeout, kCancelled.
  Result<void> Health(const Context& ctx, const std::string& host, int port);

  // The worker's own host, for instances of which nothing else is known.
  const std::string& host() const { return host_; }

 private:
  Result<http::ClientResponse> Post(const Context& ctx, const char* path, std::string body,
                                    Duration timeout);

  http::Client& client_;
  const Clock& clock_;
  const WorkerApiOptions options_;
  std::string base_, host_;
};

}  // namespace nekoplane::runtime::taos
