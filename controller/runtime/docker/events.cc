#include "controller/runtime/docker/events.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "api/v1alpha1/labels.h"
#include "controller/runtime/docker/engine_json.h"

namespace nekoplane::runtime::docker {
namespace {

constexpr std::size_t kMaxLine = 1024 * 1024;
// Whole seconds in the engine's Date header, and a little for good measure.
constexpr Duration kOverlap = std::chrono::seconds(2);

// Events that change nothing we look at. The image's health check would otherwise wake us every ten
// seconds for each container.
bool IsNoise(std::string_view action) {
  for (const std::string_view prefix : {"exec_", "health_status", "top", "attach", "detach",
                                        "resize", "export", "archive-path", "extract-to-dir"}) {
    if (action.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

EventReader::Verdict EventReader::Feed(std::string_view data) {
  rest_ += data;
  std::size_t start = 0;
  for (std::size_t end; (end = rest_.find('\n', start)) != std::string::npos; start = end + 1) {
    if (Line(std::string_view(rest_).substr(start, end - start)) == Verdict::kNonsense) {
      return Verdict::kNonsense;
    }
  }
  rest_.erase(0, start);
  return rest_.size() > kMaxLine ? Verdict::kNonsense : Verdict::kFine;
}

EventReader::Verdict EventReader::Line(std::string_view line) {
  if (line.find_first_not_of(" \r\t") == std::string_view::npos) return Verdict::kFine;
  const auto json = ParseJson(line, "event");
  if (!json || !json->is_object()) return Verdict::kNonsense;
  const auto action = GetStringOr(*json, "Action", "", "event");
  const auto actor = GetObject(*json, "Actor", "event");
  if (!action || !actor) return Verdict::kNonsense;
  const auto attributes = GetObject(**actor, "Attributes", "event");
  if (!attributes) return Verdict::kNonsense;
  const auto installation = GetStringOr(**attributes, v1alpha1::kLabelInstallation, "", "event");
  const auto uid = GetStringOr(**attributes, v1alpha1::kLabelSessionUid, "", "event");
  if (!installation || !uid) return Verdict::kNonsense;
  if (*installation == installation_ && !uid->empty() && !IsNoise(*action)) on_hint_(Hint{*uid});
  return Verdict::kFine;
}

EventWatcher::EventWatcher(EngineApi& api, const Clock& clock, Logger& log, HintHub& hub,
                           EventOptions options)
    : api_(api),
      clock_(clock),
      log_(log),
      hub_(hub),
      options_(std::move(options)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void EventWatcher::Run(const std::stop_token& stop) {
  std::mutex mu;  // only to sleep on
  std::condition_variable_any cv;
  Duration backoff = options_.first_backoff;
  bool steady = true;
  while (!stop.stop_requested()) {
    const MonoTime began = clock_.Now();
    const Status end = Round(Context(stop));
    if (stop.stop_requested()) return;
    const Duration lasted = clock_.Now() - began;
    if (end.code == Code::kTimeout && lasted >= options_.renew_after) continue;  // old: renew
    // Each round tells everybody to look at everything: one that ends at once must not come again
    // and again without a pause.
    const bool was_steady = std::exchange(steady, lasted >= options_.max_backoff);
    if (steady) backoff = options_.first_backoff;
    if (steady || was_steady) {
      log_.Warning("lost the container engine's events; trying again",
                   {{"node", options_.node}, {"error", end.ToString()}});
    }
    std::unique_lock lock(mu);
    cv.wait_for(lock, stop, backoff, [] { return false; });
    backoff = std::min(backoff * 2, options_.max_backoff);
  }
}

Status EventWatcher::Round(const Context& ctx) {
  const auto ping = api_.PingEngine(ctx);
  if (!ping) return ping.error();
  hub_.Publish(Hint{});
  WallTime since = ping->engine_time == WallTime{} ? clock_.WallNow() : ping->engine_time;
  since -= kOverlap;
  EventReader reader(options_.installation, [this](const Hint& hint) { hub_.Publish(hint); });
  bool nonsense = false;
  const auto ended =
      api_.Events(ctx.WithTimeout(clock_, options_.renew_after),
                  std::string(v1alpha1::kLabelInstallation) + "=" + options_.installation, since,
                  [&](std::string_view data) {
                    nonsense = reader.Feed(data) == EventReader::Verdict::kNonsense;
                    return !nonsense;
                  });
  if (nonsense) return BadReply("event");
  if (!ended) return ended.error();
  return MakeStatus(Code::kUnavailable, "StreamEnded", "the engine closed the event stream");
}

}  // namespace nekoplane::runtime::docker
