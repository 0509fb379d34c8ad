#include "controller/runtime/docker/observed.h"

#include <charconv>
#include <chrono>
#include <utility>

#include "api/base/clock.h"
#include "api/v1alpha1/labels.h"
#include "controller/runtime/docker/engine_json.h"

namespace nekoplane::runtime::docker {
namespace {

namespace v1 = v1alpha1;
using Phase = Observed::Phase;

// Docker's words and Podman's.
Result<Phase> ParsePhase(const std::string& status) {
  if (status == "created" || status == "configured" || status == "initialized") {
    return Phase::kCreated;
  }
  // A paused container has a first process; so has one that is on its way down.
  if (status == "running" || status == "paused" || status == "restarting" || status == "stopping") {
    return Phase::kRunning;
  }
  if (status == "exited" || status == "stopped" || status == "dead" || status == "removing") {
    return Phase::kExited;
  }
  return BadReply("unknown container status \"" + status + "\"");
}

// Engines write 0001-01-01T00:00:00Z for "never".
Result<WallTime> ParseEngineTime(const std::string& text) {
  if (text.empty() || text.starts_with("0001-")) return WallTime{};
  auto time = ParseTime(text);
  if (!time) return BadReply("not a time: \"" + text + "\"");
  return *time;
}

Result<std::string> Label(const Json& labels, const char* key) {
  return GetStringOr(labels, key, "", "labels");
}

// Ports that cannot be read are 0: labels are data of ours, but on somebody else's machine.
int PortFromLabel(const std::string& text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return 0;
  return port > 0 && port <= 65535 ? port : 0;
}

Result<void> ReadLabels(const Json& labels, EngineContainer& out) {
  NEKO_TRY(out.installation, Label(labels, v1::kLabelInstallation));
  NEKO_TRY(out.seen.session_uid, Label(labels, v1::kLabelSessionUid));
  NEKO_TRY(out.seen.spec_hash, Label(labels, v1::kLabelSpecHash));
  NEKO_TRY(const std::string session, Label(labels, v1::kLabelSession));
  const std::size_t slash = session.find('/');
  if (slash != std::string::npos) {
    out.seen.session_namespace = session.substr(0, slash);
    out.seen.session_name = session.substr(slash + 1);
  }
  NEKO_TRY(const std::string http, Label(labels, v1::kLabelHttpPort));
  NEKO_TRY(const std::string media, Label(labels, v1::kLabelMediaPort));
  out.seen.http_port = PortFromLabel(http);
  out.seen.media_port = PortFromLabel(media);
  return {};
}

std::string WithoutSlash(std::string name) {
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

// A list tells the exit code only in words: "Exited (137) 5 minutes ago".
int ExitCodeFromText(const std::string& text) {
  constexpr std::string_view kPrefix = "Exited (";
  if (!text.starts_with(kPrefix)) return 0;
  int code = 0;
  std::from_chars(text.data() + kPrefix.size(), text.data() + text.size(), code);
  return code;
}

Result<EngineContainer> ReadListed(const Json& item) {
  EngineContainer out;
  NEKO_TRY(out.id, GetString(item, "Id", "container"));
  const auto names = item.find("Names");
  if (names == item.end() || !names->is_array()) return BadReply("container: \"Names\" is no list");
  // Links give a container further names, which contain a second slash.
  for (const Json& name : *names) {
    if (!name.is_string()) return BadReply("container: a name is not a string");
    std::string text = WithoutSlash(name.get<std::string>());
    if (text.find('/') == std::string::npos) out.name = std::move(text);
  }
  NEKO_TRY(const Json* const labels, GetObject(item, "Labels", "container"));
  NEKO_RETURN_IF_ERROR(ReadLabels(*labels, out));
  NEKO_TRY(const std::string state, GetString(item, "State", "container"));
  NEKO_TRY(out.seen.phase, ParsePhase(state));
  NEKO_TRY(const std::string status, GetStringOr(item, "Status", "", "container"));
  if (out.seen.phase == Phase::kExited) out.seen.exit_code = ExitCodeFromText(status);
  NEKO_TRY(out.seen.image, GetStringOr(item, "ImageID", "", "container"));
  NEKO_TRY(const std::int64_t created, GetInt(item, "Created", "container"));
  if (created < 0 || created > 9'000'000'000) return BadReply("container: \"Created\" is absurd");
  out.seen.created_at = WallTime(std::chrono::seconds(created));
  return out;
}

Result<EngineVolume> ReadVolume(const Json& item) {
  EngineVolume out;
  NEKO_TRY(out.seen.name, GetString(item, "Name", "volume"));
  NEKO_TRY(const Json* const labels, GetObject(item, "Labels", "volume"));
  NEKO_TRY(out.installation, Label(*labels, v1::kLabelInstallation));
  NEKO_TRY(out.seen.session_uid, Label(*labels, v1::kLabelSessionUid));
  NEKO_TRY(out.seen.profile_uid, Label(*labels, v1::kLabelProfileUid));
  NEKO_TRY(const std::string created, GetStringOr(item, "CreatedAt", "", "volume"));
  NEKO_TRY(out.seen.created_at, ParseEngineTime(created));
  return out;
}

}  // namespace

bool IsOurs(const EngineContainer& container, std::string_view installation,
            std::string_view session_uid) {
  return container.installation == installation && !installation.empty() &&
         container.seen.session_uid == session_uid && container.name == ContainerName(session_uid);
}

Result<EngineContainer> ParseInspect(std::string_view body) {
  NEKO_TRY(const Json json, ParseJson(body, "container"));
  EngineContainer out;
  NEKO_TRY(out.id, GetString(json, "Id", "container"));
  NEKO_TRY(out.name, GetString(json, "Name", "container"));
  out.name = WithoutSlash(std::move(out.name));
  NEKO_TRY(const Json* const config, GetObject(json, "Config", "container"));
  NEKO_TRY(const Json* const labels, GetObject(*config, "Labels", "container"));
  NEKO_RETURN_IF_ERROR(ReadLabels(*labels, out));
  NEKO_TRY(const Json* const state, GetObject(json, "State", "container"));
  NEKO_TRY(const std::string status, GetString(*state, "Status", "container state"));
  NEKO_TRY(out.seen.phase, ParsePhase(status));
  if (out.seen.phase == Phase::kExited) {
    NEKO_TRY(const std::int64_t code, GetInt(*state, "ExitCode", "container state"));
    out.seen.exit_code = static_cast<int>(code);
    NEKO_TRY(out.seen.oom_killed, GetBoolOr(*state, "OOMKilled", false, "container state"));
  }
  NEKO_TRY(out.seen.image, GetStringOr(json, "Image", "", "container"));
  NEKO_TRY(const std::string created, GetString(json, "Created", "container"));
  NEKO_TRY(out.seen.created_at, ParseEngineTime(created));
  NEKO_TRY(const std::string started, GetStringOr(*state, "StartedAt", "", "container state"));
  NEKO_TRY(out.seen.started_at, ParseEngineTime(started));
  return out;
}

Result<std::vector<EngineContainer>> ParseList(std::string_view body) {
  NEKO_TRY(const Json json, ParseJson(body, "container list"));
  if (!json.is_array()) return BadReply("the container list is no list");
  std::vector<EngineContainer> out;
  out.reserve(json.size());
  for (const Json& item : json) {
    if (!item.is_object()) return BadReply("the container list holds something else");
    NEKO_TRY(EngineContainer container, ReadListed(item));
    out.push_back(std::move(container));
  }
  return out;
}

Result<std::string> ParseCreated(std::string_view body) {
  NEKO_TRY(const Json json, ParseJson(body, "created container"));
  NEKO_TRY(std::string id, GetString(json, "Id", "created container"));
  if (id.empty()) return BadReply("created container: \"Id\" is empty");
  return id;
}

Result<EngineVolume> ParseVolume(std::string_view body) {
  NEKO_TRY(const Json json, ParseJson(body, "volume"));
  return ReadVolume(json);
}

Result<std::vector<EngineVolume>> ParseVolumes(std::string_view body) {
  NEKO_TRY(const Json json, ParseJson(body, "volume list"));
  if (!json.is_object()) return BadReply("the volume list is no object");
  std::vector<EngineVolume> out;
  const auto volumes = json.find("Volumes");
  if (volumes == json.end()) return BadReply("the volume list has no \"Volumes\"");
  if (volumes->is_null()) return out;
  if (!volumes->is_array()) return BadReply("the volume list is no list");
  for (const Json& item : *volumes) {
    if (!item.is_object()) return BadReply("the volume list holds something else");
    NEKO_TRY(EngineVolume volume, ReadVolume(item));
    out.push_back(std::move(volume));
  }
  return out;
}

Result<EngineVersion> ParseVersion(std::string_view body) {
  NEKO_TRY(const Json json, ParseJson(body, "version"));
  EngineVersion out;
  out.name = "docker";
  NEKO_TRY(out.version, GetString(json, "Version", "version"));
  NEKO_TRY(out.api_version, GetString(json, "ApiVersion", "version"));
  NEKO_TRY(out.min_api_version, GetStringOr(json, "MinAPIVersion", "", "version"));
  NEKO_TRY(out.arch, GetStringOr(json, "Arch", "", "version"));
  const auto components = json.find("Components");
  if (components != json.end() && components->is_array()) {
    for (const Json& component : *components) {
      NEKO_TRY(const std::string name, GetStringOr(component, "Name", "", "version"));
      if (name.starts_with("Podman")) out.name = "podman";
    }
  }
  return out;
}

Result<EngineInfo> ParseInfo(std::string_view body) {
  NEKO_TRY(const Json json, ParseJson(body, "info"));
  EngineInfo out;
  NEKO_TRY(out.memory_bytes, GetInt(json, "MemTotal", "info"));
  NEKO_TRY(out.cores, GetInt(json, "NCPU", "info"));
  return out;
}

Result<std::string> ParseImage(std::string_view body) {
  NEKO_TRY(const Json json, ParseJson(body, "image"));
  NEKO_TRY(std::string id, GetString(json, "Id", "image"));
  if (id.empty()) return BadReply("image: \"Id\" is empty");
  return id;
}

}  // namespace nekoplane::runtime::docker
