#include "controller/runtime/docker/docker_driver.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "api/v1alpha1/labels.h"
#include "controller/runtime/docker/archive.h"
#include "controller/runtime/docker/container_config.h"
#include "controller/runtime/docker/log_frames.h"
#include "controller/runtime/docker/pull.h"

namespace nekoplane::runtime {
namespace {

using docker::EngineContainer;
using docker::EngineVolume;

constexpr Duration kGonePoll = std::chrono::milliseconds(50);
constexpr Duration kMaxStopTimeout = std::chrono::hours(1);

Status Foreign(std::string_view kind, std::string_view name) {
  return MakeStatus(Code::kAlreadyExists, "ForeignObject",
                    "the " + std::string(kind) + " " + std::string(name) +
                        " exists and is not of this installation; remove or rename it");
}

// Sleeps, unless told to stop or out of time first.
Result<void> Pause(const Clock& clock, const Context& ctx, Duration time) {
  const Duration left = ctx.deadline() - clock.Now();
  if (left <= Duration::zero()) {
    return MakeStatus(Code::kTimeout, "DeadlineExceeded", "no time left");
  }
  std::mutex mu;
  std::condition_variable_any cv;
  std::unique_lock lock(mu);
  cv.wait_for(lock, ctx.stop(), std::min(time, left), [] { return false; });
  if (ctx.stopped()) return MakeStatus(Code::kCancelled, "Cancelled", "told to stop");
  return {};
}

}  // namespace

DockerDriver::DockerDriver(DockerDriverDeps deps, DockerDriverOptions options)
    : clock_(deps.clock),
      probe_(deps.probe),
      log_(deps.log),
      options_(std::move(options)),
      api_(deps.clock, deps.engine, options_.api) {}

DockerDriver::~DockerDriver() {
  std::unique_ptr<docker::EventWatcher> events;
  MutexLock lock(mu_);
  events = std::move(events_);
}

std::string DockerDriver::InstallationLabel() const {
  return std::string(v1alpha1::kLabelInstallation) + "=" + options_.installation;
}

Observed DockerDriver::ToObserved(EngineContainer container) const {
  container.seen.id = "docker://" + options_.node + "/" + container.id;
  return std::move(container.seen);
}

Result<EngineContainer> DockerDriver::Ours(const Context& ctx, std::string_view session_uid) {
  if (!docker::IsSafeName(session_uid)) {
    return MakeStatus(Code::kInvalid, "InvalidUid", "the session's uid cannot name a container");
  }
  const std::string name = ContainerName(session_uid);
  NEKO_TRY(EngineContainer container, api_.InspectContainer(ctx, name));
  if (!docker::IsOurs(container, options_.installation, session_uid)) {
    return Foreign("container", name);
  }
  return container;
}

Result<NodeFacts> DockerDriver::Facts(const Context& ctx) {
  NEKO_TRY(const auto ping, api_.PingEngine(ctx));
  NEKO_TRY(docker::EngineVersion version, api_.Version(ctx));
  NEKO_TRY(const docker::EngineInfo info, api_.Info(ctx));
  return NodeFacts{.memory_bytes = info.memory_bytes,
                   .cores = info.cores,
                   .arch = std::move(version.arch),
                   .engine_name = std::move(version.name),
                   .engine_version = std::move(version.version),
                   .engine_api_version = ping.api_version};
}

Result<Observed> DockerDriver::EnsureStarted(const Context& ctx, const InstanceSpec& spec) {
  NEKO_RETURN_IF_ERROR(docker::CheckSpec(spec));
  auto started = Start(ctx, spec);
  // Engines quote what they were given.
  if (!started) return docker::WithoutSecrets(std::move(started).error(), spec);
  return started;
}

Result<Observed> DockerDriver::Start(const Context& ctx, const InstanceSpec& spec) {
  if (spec.profile) NEKO_RETURN_IF_ERROR(EnsureVolume(ctx, spec));
  NEKO_TRY(EngineContainer container, EnsureCreated(ctx, spec));
  if (container.seen.phase == Observed::Phase::kRunning) return ToObserved(std::move(container));
  if (!spec.files.empty()) {
    // Also for a container found: it may have been made, but not filled, before a crash.
    NEKO_TRY(std::string archive, docker::MakeArchive(spec.files, clock_.WallNow()));
    NEKO_RETURN_IF_ERROR(api_.PutArchive(ctx, container.id, std::move(archive)));
  }
  NEKO_RETURN_IF_ERROR(api_.StartContainer(ctx, container.id));
  auto started = api_.InspectContainer(ctx, container.id);
  if (started.is(Code::kNotFound)) {
    return MakeStatus(Code::kUnavailable, "Vanished",
                      "the container " + ContainerName(spec.session_uid) +
                          " was removed while it was being started");
  }
  if (!started) return std::move(started).error();
  return ToObserved(*std::move(started));
}

Result<void> DockerDriver::EnsureVolume(const Context& ctx, const InstanceSpec& spec) {
  const std::string body = docker::VolumeCreateBody(spec, options_.installation);
  const bool is_private = spec.profile->profile_uid.empty();
  const auto is_ours = [&](const EngineVolume& volume) {
    return volume.seen.name == spec.profile->volume &&
           volume.installation == options_.installation &&
           volume.seen.session_uid == (is_private ? spec.session_uid : "") &&
           volume.seen.profile_uid == spec.profile->profile_uid;
  };
  NEKO_TRY(const EngineVolume created, api_.CreateVolume(ctx, body));
  if (is_ours(created)) return {};
  // After a restart an engine (seen with 20.10) answers a create of an existing volume without its
  // labels; an inspect knows them.
  NEKO_TRY(const EngineVolume volume, api_.InspectVolume(ctx, spec.profile->volume));
  if (!is_ours(volume)) {
    return Foreign("volume", spec.profile->volume);
  }
  return {};
}

Result<EngineContainer> DockerDriver::EnsureCreated(const Context& ctx, const InstanceSpec& spec) {
  const std::string name = ContainerName(spec.session_uid);
  auto created = api_.CreateContainer(ctx, name, docker::CreateBody(spec, options_.installation));
  if (created) {
    EngineContainer made;
    made.id = *std::move(created);
    made.name = name;
    return made;
  }
  if (created.error().reason != "NameTaken") return std::move(created).error();
  auto found = Ours(ctx, spec.session_uid);
  if (found.is(Code::kNotFound)) {
    return MakeStatus(Code::kUnavailable, "RemovalInProgress",
                      "a container named " + name + " is just being removed");
  }
  if (!found) return std::move(found).error();
  if (found->seen.spec_hash != spec.spec_hash) {
    return MakeStatus(Code::kConflict, "SpecHashDiffers",
                      "the container " + name + " was made from another specification");
  }
  return found;
}

Result<Observed> DockerDriver::Inspect(const Context& ctx, std::string_view session_uid) {
  NEKO_TRY(EngineContainer container, Ours(ctx, session_uid));
  return ToObserved(std::move(container));
}

Result<void> DockerDriver::EnsureStopped(const Context& ctx, std::string_view session_uid,
                                         Duration timeout) {
  NEKO_TRY(const EngineContainer container, Ours(ctx, session_uid));
  if (container.seen.phase != Observed::Phase::kRunning) return {};
  return api_.StopContainer(ctx, container.id, std::min(timeout, kMaxStopTimeout));
}

Result<void> DockerDriver::EnsureRemoved(const Context& ctx, std::string_view session_uid,
                                         Duration timeout) {
  const auto found = Ours(ctx, session_uid);
  if (!found) {
    // Somebody else's under our name: ours is not there, and theirs is not touched.
    if (found.is(Code::kNotFound) || found.is(Code::kAlreadyExists)) return {};
    return found.error();
  }
  if (found->seen.phase == Observed::Phase::kRunning && timeout > Duration::zero()) {
    const auto stopped = api_.StopContainer(ctx, found->id, std::min(timeout, kMaxStopTimeout));
    if (!stopped && !stopped.is(Code::kNotFound)) return stopped.error();
  }
  const auto removed = api_.RemoveContainer(ctx, found->id);
  if (removed.is(Code::kNotFound)) return {};
  if (!removed && removed.error().reason != "RemovalInProgress") return removed.error();
  return WaitUntilGone(ctx, found->id);
}

Result<void> DockerDriver::WaitUntilGone(const Context& ctx, const std::string& id) {
  const Context bounded = ctx.WithTimeout(clock_, options_.api.write_timeout);
  for (;;) {
    const auto still = api_.InspectContainer(bounded, id);
    if (still.is(Code::kNotFound)) return {};
    if (!still) return still.error();
    NEKO_RETURN_IF_ERROR(Pause(clock_, bounded, kGonePoll));
  }
}

Result<std::vector<Observed>> DockerDriver::List(const Context& ctx) {
  NEKO_TRY(std::vector<EngineContainer> containers, api_.ListContainers(ctx, InstallationLabel()));
  std::vector<Observed> seen;
  seen.reserve(containers.size());
  for (EngineContainer& container : containers) {
    // Neither every engine's filter nor every label is to be believed.
    const std::string uid = container.seen.session_uid;
    if (!docker::IsOurs(container, options_.installation, uid)) continue;
    seen.push_back(ToObserved(std::move(container)));
  }
  std::sort(seen.begin(), seen.end(),
            [](const Observed& a, const Observed& b) { return a.session_uid < b.session_uid; });
  return seen;
}

Result<std::vector<ObservedVolume>> DockerDriver::ListVolumes(const Context& ctx) {
  NEKO_TRY(std::vector<EngineVolume> volumes, api_.ListVolumes(ctx, InstallationLabel()));
  std::vector<ObservedVolume> seen;
  seen.reserve(volumes.size());
  for (EngineVolume& volume : volumes) {
    if (volume.installation == options_.installation) seen.push_back(std::move(volume.seen));
  }
  std::sort(seen.begin(), seen.end(),
            [](const ObservedVolume& a, const ObservedVolume& b) { return a.name < b.name; });
  return seen;
}

Result<void> DockerDriver::EnsureVolumeRemoved(const Context& ctx, std::string_view volume) {
  if (!docker::IsSafeName(volume)) {
    return MakeStatus(Code::kInvalid, "InvalidVolume", "no volume can have that name");
  }
  const std::string name(volume);
  const auto found = api_.InspectVolume(ctx, name);
  if (found.is(Code::kNotFound)) return {};
  if (!found) return found.error();
  if (found->installation != options_.installation) return Foreign("volume", name);
  const auto removed = api_.RemoveVolume(ctx, name);
  if (!removed && !removed.is(Code::kNotFound)) return removed.error();
  return {};
}

Result<void> DockerDriver::ProbeHealth(const Context& ctx, const Observed& instance) {
  http::ClientRequest request;
  request.url =
      "http://" + options_.probe_host + ":" + std::to_string(instance.http_port) + "/health";
  request.max_reply_bytes = 4096;
  auto response = probe_.Do(ctx.WithTimeout(clock_, options_.probe_timeout), request);
  if (!response) return Annotate(std::move(response).error(), "GET /health");
  if (response->status != 200) {
    return MakeStatus(Code::kUnavailable, "NotHealthy",
                      "GET /health answered " + std::to_string(response->status));
  }
  std::string_view body = response->body;
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r' || body.back() == ' ')) {
    body.remove_suffix(1);
  }
  if (body != "true") {
    return MakeStatus(Code::kUnavailable, "NotHealthy",
                      "GET /health answered something that Neko does not say");
  }
  return {};
}

Result<std::string> DockerDriver::ImageId(const Context& ctx, std::string_view image) {
  NEKO_RETURN_IF_ERROR(docker::ParseImageReference(image));
  return api_.ImageId(ctx, std::string(image));
}

Result<void> DockerDriver::PullImage(const Context& ctx, std::string_view image,
                                     const std::function<void(const PullProgress&)>& progress) {
  NEKO_TRY(const docker::ImageReference reference, docker::ParseImageReference(image));
  const Context bounded = ctx.WithTimeout(clock_, options_.pull_timeout);
  docker::PullReader reader;
  const auto pulled =
      api_.Pull(bounded, reference.repository, reference.tag, [&](std::string_view data) {
        if (reader.Feed(data) && progress) progress(reader.progress());
        return true;
      });
  if (!pulled) {
    const Status& error = pulled.error();
    // Before the stream begins, engines report a registry's refusal as their own error.
    if (error.reason == "EngineError") return docker::MapPullError(error.message);
    return error;
  }
  if (reader.error()) return docker::MapPullError(*reader.error());
  // A stream that was cut looks like one that ended.
  auto id = api_.ImageId(bounded, std::string(image));
  if (id.is(Code::kNotFound)) {
    return MakeStatus(Code::kUnavailable, "PullFailed",
                      "the pull ended, but the engine does not have the image");
  }
  if (!id) return std::move(id).error();
  return {};
}

Result<std::string> DockerDriver::Logs(const Context& ctx, std::string_view session_uid,
                                       int tail_lines) {
  NEKO_TRY(const EngineContainer container, Ours(ctx, session_uid));
  NEKO_TRY(const std::string raw, api_.Logs(ctx, container.id, std::clamp(tail_lines, 0, 100'000)));
  return docker::JoinLogFrames(raw);
}

std::unique_ptr<Subscription> DockerDriver::Watch(std::function<void(const Hint&)> callback) {
  bool first = false;
  auto subscription = hub_.Subscribe(std::move(callback), /*greet=*/false);
  {
    MutexLock lock(mu_);
    first = events_ == nullptr;
    if (first) {
      docker::EventOptions events = options_.events;
      events.installation = options_.installation;
      events.node = options_.node;
      events_ = std::make_unique<docker::EventWatcher>(api_, clock_, log_, hub_, std::move(events));
    }
  }
  // Later watchers join a stream that is under way; nothing tells them that it is.
  if (!first) hub_.Publish(Hint{});
  return subscription;
}

}  // namespace nekoplane::runtime
