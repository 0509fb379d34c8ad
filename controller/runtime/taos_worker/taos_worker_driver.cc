#include "controller/runtime/taos_worker/taos_worker_driver.h"

#include <utility>

#include "api/base/mutex.h"
#include "controller/runtime/hint_hub.h"
#include "controller/runtime/taos_worker/start_job.h"

namespace nekoplane::runtime {
namespace {

using taos::Entry;
using State = Entry::State;

// Before anything is looked up, so that a call that was told to stop says so whatever is known.
Result<void> MayGoOn(const Context& ctx, const Clock& clock) {
  if (ctx.stopped()) return MakeStatus(Code::kCancelled, "Cancelled", "told to stop");
  if (ctx.deadline() <= clock.Now()) return MakeStatus(Code::kTimeout, "Timeout", "out of time");
  return {};
}

Status NotSupported(const char* what) {
  return MakeStatus(Code::kInvalid, kReasonNotSupported,
                    std::string("a taOS browser-worker ") + what);
}

Status StillStarting() {
  return MakeStatus(Code::kUnavailable, kReasonStillStarting,
                    "the worker is starting it, and pulls its image first if it has none yet");
}

Status NoInstance() {
  return MakeStatus(Code::kNotFound, "NoSuchContainer", "nothing of it is on this worker");
}

// The data of a profile follows its BrowserProfile; a private one its session.
std::string VolumeOf(const InstanceSpec& spec) {
  const bool shared = spec.profile && !spec.profile->profile_uid.empty();
  return "taos-browser-" + taos::SessionId(shared ? spec.profile->profile_uid : spec.session_uid);
}

}  // namespace

std::string TaosContainerOf(std::string_view provider_id) {
  constexpr std::string_view kScheme = "taos://";
  const auto slash = provider_id.rfind('/');
  if (!provider_id.starts_with(kScheme) || slash < kScheme.size()) return "";
  return std::string(provider_id.substr(slash + 1));
}

class TaosWorkerDriver::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(TaosWorkerDeps deps, TaosWorkerOptions options)
      : deps_(std::move(deps)),
        options_(std::move(options)),
        api_(deps_.client, deps_.clock, options_.api),
        book_(*deps_.book) {}

  Result<NodeFacts> Facts(const Context& ctx) {
    const MonoTime now = deps_.clock.Now();
    auto report = deps_.report();
    const taos::Declaration declared = deps_.declared();
    const bool fresh = report && now - report->at <= taos::kSilentAfter;
    if (report && (fresh || !declared.controller_silent)) return taos::FactsOf(*report, now);
    if (declared.reports && !declared.controller_silent) {
      return MakeStatus(Code::kUnavailable, "NoHeartbeat",
                        "no heartbeat since nekoplane was started");
    }
    NEKO_RETURN_IF_ERROR(Reach(ctx));
    if (!report) return taos::FactsOf(declared);
    report->at = now;  // it is there; the rest of the last report stands
    return taos::FactsOf(*report, now);
  }

  Result<Observed> EnsureStarted(const InstanceSpec& spec) {
    const auto entry = book_.Find(spec.session_uid);
    if (entry && entry->state == State::kStarting) return StillStarting();
    if (entry && entry->state == State::kRunning && !book_.PortPassedOn(*entry)) {
      if (entry->seen.spec_hash == spec.spec_hash) return entry->seen;
      return MakeStatus(Code::kConflict, "SpecHashDiffers",
                        "the worker runs one that was made from another spec");
    }
    if (entry && !entry->told &&
        (entry->state == State::kFailed || entry->state == State::kUnknown)) {
      book_.Told(spec.session_uid);
      return entry->why;
    }
    if (!book_.Begin(spec)) return StillStarting();
    std::optional<int> known_port;
    if (entry && entry->seen.http_port > 0) known_port = entry->seen.http_port;
    deps_.starts.Add(options_.node, spec.session_uid,
                     [core = shared_from_this(), spec, known_port](const Context& ctx) {
                       core->RunStart(ctx, spec, known_port);
                     });
    return StillStarting();
  }

  Result<Observed> Inspect(const Context& ctx, std::string_view uid) {
    const auto entry = book_.Find(uid);
    if (!entry) return NoInstance();
    switch (entry->state) {
      case State::kRemoved:
      case State::kFailed:
        return NoInstance();
      case State::kStarting:
        return entry->seen;
      case State::kUnknown: {
        NEKO_RETURN_IF_ERROR(Reach(ctx));
        Observed seen = entry->seen;
        seen.phase = Observed::Phase::kStarting;
        return seen;
      }
      case State::kRunning:
        break;
    }
    if (book_.PortPassedOn(*entry)) return NoInstance();
    NEKO_RETURN_IF_ERROR(Reach(ctx));
    return entry->seen;
  }

  Result<void> Remove(const Context& ctx, std::string_view uid) {
    auto entry = book_.Find(uid);
    if (entry && entry->state == State::kStarting && deps_.starts.Cancel(options_.node, uid)) {
      book_.Cancelled(uid);
      entry = book_.Find(uid);
    }
    if (!entry || entry->state == State::kRemoved || entry->state == State::kFailed) return {};
    if (entry->state == State::kStarting) return StillStarting();
    const std::string name = taos::WorkerContainerName(taos::SessionId(uid));
    // A port that somebody else got meanwhile is not ours to free.
    const int port = book_.PortPassedOn(*entry) ? 0 : entry->seen.http_port;
    NEKO_RETURN_IF_ERROR(api_.Stop(ctx, entry->container.empty() ? name : entry->container,
                                   port > 0 ? std::optional<int>(port) : std::nullopt));
    // The worker says yes even where docker said no; a port that still answers tells.
    if (port > 0 && api_.Health(ctx, HostOf(*entry), port)) {
      return MakeStatus(Code::kUnavailable, "StillRunning",
                        "the worker says that it is stopped, but port " + std::to_string(port) +
                            " still answers");
    }
    NEKO_RETURN_IF_ERROR(MayGoOn(ctx, deps_.clock));
    book_.Removed(uid);
    return {};
  }

  Result<void> Stop(const Context& ctx, std::string_view uid) {
    const auto entry = book_.Find(uid);
    if (!entry || entry->state == State::kRemoved || entry->state == State::kFailed) {
      return NoInstance();
    }
    return Remove(ctx, uid);
  }

  Result<void> Probe(const Context& ctx, const Observed& instance) {
    const auto entry = book_.Find(instance.session_uid);
    return api_.Health(ctx, entry ? HostOf(*entry) : api_.host(), instance.http_port);
  }

  std::unique_ptr<Subscription> Watch(std::function<void(const Hint&)> callback) {
    return hub_.Subscribe(std::move(callback), /*greet=*/true);
  }

  const Clock& clock() const { return deps_.clock; }

 private:
  std::string HostOf(const Entry& entry) const {
    return entry.host.empty() ? api_.host() : entry.host;
  }

  Result<void> Reach(const Context& ctx) EXCLUDES(mu_) {
    const MonoTime now = deps_.clock.Now();
    {
      MutexLock lock(mu_);
      if (reached_ != MonoTime{} && now - reached_ < options_.reached_for) return {};
    }
    NEKO_RETURN_IF_ERROR(api_.Reach(ctx));
    MutexLock lock(mu_);
    reached_ = now;
    return {};
  }

  void RunStart(const Context& ctx, const InstanceSpec& spec, std::optional<int> known_port) {
    const auto result = StartOnWorker(
        ctx, api_, {taos::SessionId(spec.session_uid), VolumeOf(spec), spec.mobile}, known_port);
    book_.Set(spec.session_uid, result ? Running(spec, *result) : NotRunning(spec, result.error()));
    if (!result) {
      deps_.log.Warning("a browser did not start on a taOS worker",
                        {{"node", options_.node}, {"error", result.error().ToString()}});
    }
    hub_.Publish({spec.session_uid});
  }

  Entry NotRunning(const InstanceSpec& spec, const Status& why) const {
    Entry entry = About(spec);
    entry.state = OutcomeUnknown(why.code) ? State::kUnknown : State::kFailed;
    entry.why = why;
    return entry;
  }

  Entry Running(const InstanceSpec& spec, const taos::StartReply& reply) const {
    Entry entry = About(spec);
    entry.state = State::kRunning;
    entry.host = reply.host;
    entry.container = reply.container_id;
    entry.seen.id = book_.IdOf(reply.container_id);
    entry.seen.phase = Observed::Phase::kRunning;
    entry.seen.image = reply.image.empty() ? "unknown" : reply.image;
    entry.seen.http_port = reply.http_port;
    entry.seen.media_port = reply.media_port;
    entry.seen.user_password = reply.user_password;
    entry.seen.created_at = entry.seen.started_at = deps_.clock.WallNow();
    return entry;
  }

  static Entry About(const InstanceSpec& spec) {
    Entry entry;
    entry.seen.session_uid = spec.session_uid;
    entry.seen.session_namespace = spec.session_namespace;
    entry.seen.session_name = spec.session_name;
    entry.seen.spec_hash = spec.spec_hash;
    return entry;
  }

  const TaosWorkerDeps deps_;
  const TaosWorkerOptions options_;
  taos::WorkerApi api_;
  taos::InstanceBook& book_;
  HintHub hub_;
  Mutex mu_;
  MonoTime reached_ GUARDED_BY(mu_){};
};

TaosWorkerDriver::TaosWorkerDriver(TaosWorkerDeps deps, TaosWorkerOptions options)
    : core_(std::make_shared<Core>(std::move(deps), std::move(options))) {}

TaosWorkerDriver::~TaosWorkerDriver() = default;

Capabilities TaosWorkerDriver::capabilities() const {
  return {.list = false,
          .files = false,
          .volumes = false,
          .events = false,
          .images = false,
          .ports = false,
          .inspect = false,
          .logs = false};
}

Result<NodeFacts> TaosWorkerDriver::Facts(const Context& ctx) {
  NEKO_RETURN_IF_ERROR(MayGoOn(ctx, core_->clock()));
  return core_->Facts(ctx);
}

Result<Observed> TaosWorkerDriver::EnsureStarted(const Context& ctx, const InstanceSpec& spec) {
  NEKO_RETURN_IF_ERROR(MayGoOn(ctx, core_->clock()));
  return core_->EnsureStarted(spec);
}

Result<Observed> TaosWorkerDriver::Inspect(const Context& ctx, std::string_view session_uid) {
  NEKO_RETURN_IF_ERROR(MayGoOn(ctx, core_->clock()));
  return core_->Inspect(ctx, session_uid);
}

Result<void> TaosWorkerDriver::EnsureStopped(const Context& ctx, std::string_view session_uid,
                                             Duration /*timeout*/) {
  NEKO_RETURN_IF_ERROR(MayGoOn(ctx, core_->clock()));
  return core_->Stop(ctx, session_uid);
}

Result<void> TaosWorkerDriver::EnsureRemoved(const Context& ctx, std::string_view session_uid,
                                             Duration /*timeout*/) {
  NEKO_RETURN_IF_ERROR(MayGoOn(ctx, core_->clock()));
  return core_->Remove(ctx, session_uid);
}

Result<std::vector<Observed>> TaosWorkerDriver::List(const Context& /*ctx*/) {
  return NotSupported("does not list what it runs");
}

Result<std::vector<ObservedVolume>> TaosWorkerDriver::ListVolumes(const Context& /*ctx*/) {
  return NotSupported("does not list volumes");
}

Result<void> TaosWorkerDriver::EnsureVolumeRemoved(const Context& /*ctx*/,
                                                   std::string_view /*volume*/) {
  return NotSupported("removes no volumes");
}

Result<void> TaosWorkerDriver::ProbeHealth(const Context& ctx, const Observed& instance) {
  NEKO_RETURN_IF_ERROR(MayGoOn(ctx, core_->clock()));
  return core_->Probe(ctx, instance);
}

Result<std::string> TaosWorkerDriver::ImageId(const Context& /*ctx*/, std::string_view /*image*/) {
  return NotSupported("does not tell of images");
}

Result<void> TaosWorkerDriver::PullImage(
    const Context& /*ctx*/, std::string_view /*image*/,
    const std::function<void(const PullProgress&)>& /*progress*/) {
  return NotSupported("pulls its own image, when a browser is started");
}

Result<std::string> TaosWorkerDriver::Logs(const Context& /*ctx*/, std::string_view /*session_uid*/,
                                           int /*tail_lines*/) {
  return NotSupported("hands out no logs; look on its machine, with docker logs");
}

std::unique_ptr<Subscription> TaosWorkerDriver::Watch(std::function<void(const Hint&)> callback) {
  return core_->Watch(std::move(callback));
}

}  // namespace nekoplane::runtime
