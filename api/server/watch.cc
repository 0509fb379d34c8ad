#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "api/base/mutant.h"
#include "api/server/call.h"
#include "api/server/errors.h"
#include "api/server/options.h"
#include "api/server/selection.h"
#include "api/server/watcher.h"

namespace nekoplane::server {
namespace {

// Clients that do not say how long are cut off after 30 to 60 minutes, at random so that those who
// came together do not come back together.
constexpr std::uint64_t kLeastSeconds = 1800;

Duration Lifetime(const ListOptions& options, Random& random) {
  const std::uint64_t asked = options.timeout_seconds.value_or(0);
  constexpr std::uint64_t kDay = 86400;
  const std::uint64_t seconds =
      asked > 0 ? std::min(asked, kDay) : kLeastSeconds + random.Below(kLeastSeconds);
  return std::chrono::seconds(seconds);
}

// From where, and what comes first. Without a version, or with 0: what there is now, as ADDED,
// unless the client says that it does not want that.
Result<void> PlanStart(const Core& core, const ListOptions& options, WatchPlan& plan) {
  const store::Store& store = core.deps.store;
  const std::string resource = plan.style.kind->resource();
  const std::uint64_t wanted = options.version.value_or(0);
  const bool initial = options.send_initial_events.value_or(wanted == 0);
  if (initial || wanted == 0) {
    plan.start = store.List(resource);
    plan.after = plan.start->version();
    if (wanted > plan.after) return TooLargeVersionError(wanted, plan.after);
    plan.initial_events = initial;
    plan.initial_end_bookmark = options.send_initial_events.value_or(false) && options.bookmarks;
    return {};
  }
  const std::uint64_t current = store.Version();
  if (wanted > current) return TooLargeVersionError(wanted, current);
  plan.after = wanted;
  if (NEKO_MUTANT(kWatchStartsLate) && wanted < current) ++plan.after;
  return {};
}

Watcher::Deps WatcherDeps(const CallPtr& call) {
  Core& core = call->core();
  const std::string resource = call->kind->group + "/" + call->kind->plural;
  Watcher::Deps deps{
      core.deps.store, core.deps.clock, core.deps.timers, core.frames, core.watches, {}, {}, {}};
  if (const auto& hook = core.deps.hooks.on_watch) {
    deps.on_watch = [hook, resource](int delta) { hook(resource, delta); };
  }
  if (const auto& hook = core.deps.hooks.on_watch_events) {
    deps.on_frames = [hook, resource](std::size_t frames, std::size_t bytes) {
      hook(resource, frames, bytes);
    };
  }
  return deps;
}

}  // namespace

void HandleWatch(const CallPtr& call) {
  Core& core = call->core();
  auto options = ParseListOptions(call->request(), true);
  if (!options) return call->Fail(options.error());
  auto selection = Selection::Make(*call->kind, call->route.ns, std::move(options->labels),
                                   std::move(options->fields));
  if (!selection) return call->Fail(selection.error());

  WatchPlan plan{std::move(*selection), {}, 0, nullptr};
  plan.style.kind = call->kind;
  plan.style.table = &core.table(*call->kind);
  plan.style.how = call->how;
  plan.bookmarks = options->bookmarks;
  plan.lifetime = Lifetime(*options, core.deps.random);
  const auto started = PlanStart(core, *options, plan);

  // From here on errors travel inside the stream: clients expect a watch to begin.
  const auto stream = call->StartStream({{"Content-Type", "application/json"}});
  const Subject subject = call->subject();
  if (!started) {
    stream->Write(
        std::make_shared<const std::string>(EncodeError(StatusBody(started.error(), subject))));
    stream->Close();
    return;
  }
  Watcher::Deps deps = WatcherDeps(call);
  deps.status_body = [&store = core.deps.store, after = plan.after, subject](const Status& status) {
    if (status.code != Code::kExpired) return StatusBody(status, subject);
    return StatusBody(ExpiredWatchError(after, store.Version()), subject);
  };
  const auto watcher = std::make_shared<Watcher>(std::move(deps), std::move(plan), stream);
  const std::uint64_t id = core.watches.Add(watcher);
  stream->OnClosed([weak = call->weak_core(), id] {
    if (const auto alive = weak.lock()) alive->watches.Retire(id);
  });
  watcher->Begin(id);
}

}  // namespace nekoplane::server
