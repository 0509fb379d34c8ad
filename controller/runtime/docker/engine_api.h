// EngineApi: the calls of the Docker Engine API that we need, one method each. Typed, thin, no
// decisions: it knows URLs, codes and JSON, not sessions.
//
// The API version is negotiated with the first call: the smaller of ours and the engine's. When an
// engine is exchanged for one that refuses that version, it is negotiated anew.
//
// Errors of every method: kUnavailable, kTimeout, kCancelled: outcome unknown; BadReply among the
//     reasons of kUnavailable.
// Thread safety: any thread may call. Calls that change something wait in line beyond
//     `mutating_calls`; stopping does not count, since it mostly waits for a browser.
// Lifetime: clock and client outlive it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/context.h"
#include "api/base/mutex.h"
#include "api/base/result.h"
#include "api/http/client.h"
#include "controller/runtime/docker/engine_errors.h"
#include "controller/runtime/docker/gate.h"
#include "controller/runtime/docker/observed.h"

namespace nekoplane::runtime::docker {

struct EngineApiOptions {
  std::string base_url = "http://engine";  // https://host:port for TCP with TLS
  int mutating_calls = 3;
  Duration read_timeout = std::chrono::seconds(20);
  Duration write_timeout = std::chrono::seconds(90);
};

// Oldest and newest API version that we speak.
inline constexpr std::string_view kOldestApi = "1.24";
inline constexpr std::string_view kNewestApi = "1.47";

// The version to speak with an engine whose newest is `theirs`. Errors: kInvalid EngineTooOld;
// kUnavailable BadReply.
Result<std::string> NegotiateApiVersion(std::string_view theirs);

class EngineApi {
 public:
  struct Ping {
    std::string api_version;  // negotiated
    WallTime engine_time{};   // by the engine's clock, whole seconds; {} if it does not say
  };

  EngineApi(const Clock& clock, http::Client& client, EngineApiOptions options);

  // Always asks the engine, and negotiates.
  Result<Ping> PingEngine(const Context& ctx) EXCLUDES(mu_);
  Result<EngineVersion> Version(const Context& ctx);
  Result<EngineInfo> Info(const Context& ctx);

  // kAlreadyExists NameTaken; kNotFound ImageNotFound; kInvalid; kInsufficientCapacity.
  Result<std::string> CreateContainer(const Context& ctx, const std::string& name,
                                      std::string body);
  // Started already is success. kConflict PortInUse; kInvalid; kUnavailable Vanished.
  Result<void> StartContainer(const Context& ctx, const std::string& id);
  // Stopped already is success. kNotFound.
  Result<void> StopContainer(const Context& ctx, const std::string& id, Duration timeout);
  // Kills if it runs; anonymous volumes go with it. kNotFound; kUnavailable RemovalInProgress.
  Result<void> RemoveContainer(const Context& ctx, const std::string& id);
  // kNotFound.
  Result<EngineContainer> InspectContainer(const Context& ctx, const std::string& id);
  // Those with the label name=value.
  Result<std::vector<EngineContainer>> ListContainers(const Context& ctx, const std::string& label);
  // Unpacks a tar archive at "/". kUnavailable Vanished.
  Result<void> PutArchive(const Context& ctx, const std::string& id, std::string archive);
  // Raw reply: frames unless the container has a terminal. kNotFound.
  Result<std::string> Logs(const Context& ctx, const std::string& id, int tail_lines);

  // Existing already is success: the labels tell whose it is.
  Result<EngineVolume> CreateVolume(const Context& ctx, std::string body);
  // kNotFound.
  Result<EngineVolume> InspectVolume(const Context& ctx, const std::string& name);
  Result<std::vector<EngineVolume>> ListVolumes(const Context& ctx, const std::string& label);
  // kNotFound; kConflict VolumeInUse.
  Result<void> RemoveVolume(const Context& ctx, const std::string& name);

  // kNotFound.
  Result<std::string> ImageId(const Context& ctx, const std::string& image);
  // The stream of progress. Errors inside the stream are the caller's to find.
  Result<void> Pull(const Context& ctx, const std::string& repository, const std::string& tag,
                    const std::function<bool(std::string_view)>& on_data);
  // The stream of events of containers with that label since `since`; ends with an error, or with
  // success when the engine closes it.
  Result<void> Events(const Context& ctx, const std::string& label, WallTime since,
                      const std::function<bool(std::string_view)>& on_data);

 private:
  struct Call {
    Ask ask = Ask::kEngine;
    const char* method = "GET";
    std::string path;  // after the version
    std::string body;
    const char* content_type = "application/json";
    Duration timeout{};
    std::size_t max_reply_bytes = 16 * 1024 * 1024;
  };

  // The reply of a call, or the error that its code means. 304 is a success.
  Result<std::string> Do(const Context& ctx, const Call& call);
  Result<std::string> DoGated(const Context& ctx, Gate& gate, const Call& call);
  Result<void> Stream(const Context& ctx, const Call& call,
                      const std::function<bool(std::string_view)>& on_data);
  Result<std::string> ApiVersion(const Context& ctx) EXCLUDES(mu_);
  Status Fail(Ask ask, const http::ClientResponse& response) EXCLUDES(mu_);
  http::ClientRequest MakeRequest(const Call& call, const std::string& version) const;

  const Clock& clock_;
  http::Client& client_;
  const EngineApiOptions options_;
  Gate mutating_, stopping_;

  Mutex mu_;
  std::string version_ GUARDED_BY(mu_);  // "" = not negotiated yet
};

// "a b/c" -> "a%20b%2Fc".
std::string UrlEscape(std::string_view text);

}  // namespace nekoplane::runtime::docker
