// EventWatcher turns the engine's event stream into hints, and never stops trying.
//
// Each round: ping (which also tells the engine's clock), an empty hint, then the stream from two
// seconds before that ping, so that nothing between the ping and the stream is lost; engines replay
// 256 events. A round ends when the stream breaks, says nonsense, or is older than `renew_after`: a
// connection that died without a word is not believed for ever. Failed rounds are repeated after a
// back-off, which is forgotten after a round that lasted.
//
// Threads: one, started at construction, joined at destruction (within about 100 ms). Hints are
// published on it. Lifetime: everything in the dependencies outlives it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "controller/runtime/docker/engine_api.h"
#include "controller/runtime/hint_hub.h"

namespace nekoplane::runtime::docker {

struct EventOptions {
  std::string installation, node;
  Duration first_backoff = std::chrono::milliseconds(200);
  Duration max_backoff = std::chrono::seconds(5);
  Duration renew_after = std::chrono::minutes(5);
};

// Cuts a stream of JSON objects, one a line, and reports what they say.
class EventReader {
 public:
  enum class Verdict { kFine, kNonsense };

  EventReader(std::string installation, std::function<void(const Hint&)> on_hint)
      : installation_(std::move(installation)), on_hint_(std::move(on_hint)) {}

  // Feeds the next piece. kNonsense: a line that is no event or has no end; drop the stream.
  Verdict Feed(std::string_view data);

 private:
  Verdict Line(std::string_view line);

  const std::string installation_;
  const std::function<void(const Hint&)> on_hint_;
  std::string rest_;
};

class EventWatcher {
 public:
  EventWatcher(EngineApi& api, const Clock& clock, Logger& log, HintHub& hub, EventOptions options);
  ~EventWatcher() = default;  // stops and joins

 private:
  void Run(const std::stop_token& stop);
  // One connection; how it ended.
  Status Round(const Context& ctx);

  EngineApi& api_;
  const Clock& clock_;
  Logger& log_;
  HintHub& hub_;
  const EventOptions options_;
  std::jthread thread_;  // last: everything else exists when it starts
};

}  // namespace nekoplane::runtime::docker
