#include "controller/runtime/sim/sim_driver.h"

#include <algorithm>
#include <utility>

namespace nekoplane::runtime {
namespace {

Status ForeignContainer(std::string_view name) {
  return MakeStatus(Code::kAlreadyExists, "ForeignObject",
                    "the container " + std::string(name) + " belongs to somebody else");
}

std::string LastLines(const std::string& text, int lines) {
  std::size_t start = text.size();
  if (start > 0 && text[start - 1] == '\n') --start;
  for (int i = 0; i < lines && start > 0; ++i) {
    const std::size_t newline = text.rfind('\n', start - 1);
    start = newline == std::string::npos ? 0 : newline;
  }
  if (start > 0 || (!text.empty() && text[0] == '\n')) ++start;
  return start >= text.size() ? "" : text.substr(start);
}

}  // namespace

SimDriver::SimDriver(SimEngine& engine, const Clock& clock, std::string installation)
    : engine_(engine), clock_(clock), installation_(std::move(installation)) {}

Result<void> SimDriver::Check(const Context& ctx) const {
  if (cut_) return MakeStatus(Code::kCancelled, "Cut", "this controller is gone");
  if (ctx.stopped()) return MakeStatus(Code::kCancelled, "Cancelled", "told to stop");
  if (clock_.Now() >= ctx.deadline()) {
    return MakeStatus(Code::kTimeout, "DeadlineExceeded", "no time left to ask the engine");
  }
  return {};
}

Result<SimContainer> SimDriver::Ours(const Context& ctx, std::string_view session_uid) {
  NEKO_RETURN_IF_ERROR(Check(ctx));
  NEKO_TRY(SimContainer container, engine_.Inspect(ContainerName(session_uid)));
  if (container.installation != installation_ || container.spec.session_uid != session_uid) {
    return ForeignContainer(container.name);
  }
  return container;
}

Observed SimDriver::ToObserved(const SimContainer& container) const {
  Observed seen;
  seen.id = "sim://" + engine_.node() + "/" + container.id;
  seen.session_uid = container.spec.session_uid;
  seen.session_namespace = container.spec.session_namespace;
  seen.session_name = container.spec.session_name;
  seen.spec_hash = container.spec.spec_hash;
  seen.phase = container.phase;
  seen.exit_code = container.exit_code;
  seen.oom_killed = container.oom_killed;
  seen.image = "sim:" + container.spec.image;
  seen.http_port = container.spec.http_port;
  seen.media_port = container.spec.media_port;
  seen.created_at = container.created_at;
  seen.started_at = container.started_at;
  return seen;
}

Result<NodeFacts> SimDriver::Facts(const Context& ctx) {
  NEKO_RETURN_IF_ERROR(Check(ctx));
  return engine_.Facts();
}

Result<Observed> SimDriver::EnsureStarted(const Context& ctx, const InstanceSpec& spec) {
  const std::string name = ContainerName(spec.session_uid);
  NEKO_RETURN_IF_ERROR(Check(ctx));
  if (spec.profile) {
    SimVolume volume;
    volume.name = spec.profile->volume;
    volume.installation = installation_;
    volume.profile_uid = spec.profile->profile_uid;
    if (volume.profile_uid.empty()) volume.session_uid = spec.session_uid;
    NEKO_RETURN_IF_ERROR(engine_.CreateVolume(std::move(volume)));
  }
  NEKO_RETURN_IF_ERROR(Check(ctx));
  const Result<void> created = engine_.Create(name, installation_, spec);
  if (!created) {
    if (created.error().reason != "NameTaken") return created.error();
    NEKO_TRY(const SimContainer found, Ours(ctx, spec.session_uid));
    if (found.spec.spec_hash != spec.spec_hash) {
      return MakeStatus(Code::kConflict, "SpecHashDiffers",
                        "the container " + name + " was made from another specification");
    }
    if (found.phase == Observed::Phase::kRunning) return ToObserved(found);
  }
  if (!spec.files.empty()) {
    NEKO_RETURN_IF_ERROR(Check(ctx));
    NEKO_RETURN_IF_ERROR(engine_.PlaceFiles(name, spec.files));
  }
  NEKO_RETURN_IF_ERROR(Check(ctx));
  NEKO_RETURN_IF_ERROR(engine_.Start(name));
  NEKO_TRY(const SimContainer started, Ours(ctx, spec.session_uid));
  return ToObserved(started);
}

Result<Observed> SimDriver::Inspect(const Context& ctx, std::string_view session_uid) {
  NEKO_TRY(const SimContainer container, Ours(ctx, session_uid));
  return ToObserved(container);
}

Result<void> SimDriver::EnsureStopped(const Context& ctx, std::string_view session_uid, Duration) {
  NEKO_TRY(const SimContainer container, Ours(ctx, session_uid));
  if (container.phase != Observed::Phase::kRunning) return {};
  NEKO_RETURN_IF_ERROR(Check(ctx));
  return engine_.Stop(container.name);
}

Result<void> SimDriver::EnsureRemoved(const Context& ctx, std::string_view session_uid, Duration) {
  const Result<SimContainer> found = Ours(ctx, session_uid);
  if (!found) {
    // Somebody else's under our name: ours is not there, and theirs is not touched.
    if (found.is(Code::kNotFound) || found.is(Code::kAlreadyExists)) return {};
    return found.error();
  }
  if (found->phase == Observed::Phase::kRunning) {
    NEKO_RETURN_IF_ERROR(Check(ctx));
    const Result<void> stopped = engine_.Stop(found->name);
    if (!stopped && !stopped.is(Code::kNotFound)) return stopped.error();
  }
  NEKO_RETURN_IF_ERROR(Check(ctx));
  const Result<void> removed = engine_.Remove(found->name);
  if (!removed && !removed.is(Code::kNotFound)) return removed.error();
  return {};
}

Result<std::vector<Observed>> SimDriver::List(const Context& ctx) {
  NEKO_RETURN_IF_ERROR(Check(ctx));
  NEKO_TRY(const std::vector<SimContainer> containers, engine_.List(installation_));
  std::vector<Observed> seen;
  seen.reserve(containers.size());
  for (const SimContainer& container : containers) seen.push_back(ToObserved(container));
  return seen;
}

Result<std::vector<ObservedVolume>> SimDriver::ListVolumes(const Context& ctx) {
  NEKO_RETURN_IF_ERROR(Check(ctx));
  NEKO_TRY(const std::vector<SimVolume> volumes, engine_.ListVolumes(installation_));
  std::vector<ObservedVolume> seen;
  seen.reserve(volumes.size());
  for (const SimVolume& volume : volumes) {
    seen.push_back({volume.name, volume.session_uid, volume.profile_uid, volume.created_at});
  }
  return seen;
}

Result<void> SimDriver::EnsureVolumeRemoved(const Context& ctx, std::string_view volume) {
  NEKO_RETURN_IF_ERROR(Check(ctx));
  const Result<void> removed = engine_.RemoveVolume(volume, installation_);
  if (!removed && !removed.is(Code::kNotFound)) return removed.error();
  return {};
}

Result<void> SimDriver::ProbeHealth(const Context& ctx, const Observed& instance) {
  NEKO_RETURN_IF_ERROR(Check(ctx));
  return engine_.Probe(instance.http_port);
}

Result<std::string> SimDriver::ImageId(const Context& ctx, std::string_view image) {
  NEKO_RETURN_IF_ERROR(Check(ctx));
  return engine_.ImageId(image);
}

Result<void> SimDriver::PullImage(const Context& ctx, std::string_view image,
                                  const std::function<void(const PullProgress&)>& progress) {
  NEKO_RETURN_IF_ERROR(Check(ctx));
  if (progress) progress({0, 1, "asking the registry"});
  NEKO_RETURN_IF_ERROR(engine_.Pull(image));
  if (progress) progress({1, 1, "1 of 1 layers"});
  return {};
}

Result<std::string> SimDriver::Logs(const Context& ctx, std::string_view session_uid,
                                    int tail_lines) {
  NEKO_TRY(const SimContainer container, Ours(ctx, session_uid));
  NEKO_TRY(const std::string text, engine_.Logs(container.name));
  return LastLines(text, tail_lines);
}

std::unique_ptr<Subscription> SimDriver::Watch(std::function<void(const Hint&)> callback) {
  return engine_.Watch(installation_, [this, callback = std::move(callback)](const Hint& hint) {
    if (!cut_) callback(hint);
  });
}

}  // namespace nekoplane::runtime
