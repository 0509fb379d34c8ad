#include "controller/runtime/docker/container_config.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/v1alpha1/labels.h"

namespace nekoplane::runtime::docker {
namespace {

using Json = nlohmann::json;
namespace v1 = v1alpha1;

// What an image of Neko needs of root's powers; all others are dropped. Its first process is
// supervisord as root, which runs everything else as uid 1000.
constexpr const char* kCapabilities[] = {
    "CHOWN",         // start scripts hand /home/neko and /var/log/neko to uid 1000
    "DAC_OVERRIDE",  // root writes logs and sockets in folders that belong to uid 1000
    "FOWNER",        // root sets modes of files that belong to uid 1000
    "KILL",          // supervisord (root) stops programs that run as uid 1000
    "SETGID",        // supervisord becomes gid 1000
    "SETUID",        // supervisord becomes uid 1000
};

Status Invalid(std::string message) {
  return MakeStatus(Code::kInvalid, "InvalidInstance", std::move(message));
}

bool IsPort(int port) { return port > 0 && port <= 65535; }

bool IsCleanAbsolutePath(std::string_view path) {
  if (path.size() < 2 || path.front() != '/' || path.back() == '/') return false;
  if (path.find('\0') != std::string_view::npos) return false;
  return (std::string(path) + "/").find("/../") == std::string::npos &&
         (std::string(path) + "/").find("/./") == std::string::npos &&
         path.find("//") == std::string_view::npos;
}

std::string PortKey(int port, const char* proto) { return std::to_string(port) + "/" + proto; }

Json Binding(const InstanceSpec& spec, int port) {
  return Json::array({{{"HostIp", spec.publish_address}, {"HostPort", std::to_string(port)}}});
}

Json HostConfig(const InstanceSpec& spec, std::string_view installation) {
  const std::string http = PortKey(kNekoHttpPort, "tcp");
  const std::string media_udp = PortKey(spec.media_port, "udp");
  const std::string media_tcp = PortKey(spec.media_port, "tcp");
  Json host = {
      {"PortBindings",
       {{http, Binding(spec, spec.http_port)},
        {media_udp, Binding(spec, spec.media_port)},
        {media_tcp, Binding(spec, spec.media_port)}}},
      {"Privileged", false},
      {"SecurityOpt", {"no-new-privileges"}},
      {"CapDrop", {"ALL"}},
      {"CapAdd", kCapabilities},
      // A container that vanishes or restarts by itself would make two masters of one life.
      {"AutoRemove", false},
      {"RestartPolicy", {{"Name", "no"}}},
      {"Init", false},  // supervisord reaps
      {"LogConfig", {{"Type", "json-file"}, {"Config", {{"max-size", "10m"}, {"max-file", "3"}}}}},
  };
  if (spec.memory_bytes > 0) host["Memory"] = spec.memory_bytes;
  if (spec.milli_cpu > 0) host["NanoCpus"] = spec.milli_cpu * 1'000'000;
  if (spec.shm_bytes > 0) host["ShmSize"] = spec.shm_bytes;
  if (spec.pids > 0) host["PidsLimit"] = spec.pids;
  if (spec.profile) {
    host["Mounts"] =
        Json::array({{{"Type", "volume"},
                      {"Source", spec.profile->volume},
                      {"Target", spec.profile->path},
                      {"VolumeOptions", {{"Labels", VolumeLabels(spec, installation)}}}}});
  }
  for (const std::string& device : spec.devices) {
    host["Devices"].push_back(
        {{"PathOnHost", device}, {"PathInContainer", device}, {"CgroupPermissions", "rwm"}});
  }
  if (spec.gpus > 0) {
    host["DeviceRequests"] =
        Json::array({{{"Driver", "nvidia"}, {"Count", spec.gpus}, {"Capabilities", {{"gpu"}}}}});
  }
  return host;
}

}  // namespace

bool IsSafeName(std::string_view name) {
  const auto alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= 200 && alnum(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; });
}

Result<void> CheckSpec(const InstanceSpec& spec) {
  if (!IsSafeName(spec.session_uid)) return Invalid("the session's uid cannot name a container");
  if (spec.image.empty()) return Invalid("no image is given");
  if (!IsPort(spec.http_port)) return Invalid("the HTTP port is not within 1..65535");
  if (!IsPort(spec.media_port)) return Invalid("the media port is not within 1..65535");
  if (spec.media_port == kNekoHttpPort) {
    return Invalid("the media port must not be 8080: Neko serves HTTP there");
  }
  for (const EnvValue& env : spec.env) {
    if (env.name.empty() || env.name.find_first_of(std::string("=\0", 2)) != std::string::npos) {
      return Invalid("an environment variable has an unusable name: \"" + env.name + "\"");
    }
    if (env.value.find('\0') != std::string::npos) {
      return Invalid("the value of " + env.name + " contains a NUL byte");
    }
  }
  for (const FileToPlace& file : spec.files) {
    if (!IsCleanAbsolutePath(file.path)) {
      return Invalid("a file's path is not a clean absolute path: \"" + file.path + "\"");
    }
  }
  if (spec.profile) {
    if (!IsSafeName(spec.profile->volume)) return Invalid("the volume's name is unusable");
    if (!IsCleanAbsolutePath(spec.profile->path)) return Invalid("the volume's path is unusable");
  }
  return {};
}

std::map<std::string, std::string> ContainerLabels(const InstanceSpec& spec,
                                                   std::string_view installation) {
  return {
      {v1::kLabelInstallation, std::string(installation)},
      {v1::kLabelSessionUid, spec.session_uid},
      {v1::kLabelSession, spec.session_namespace + "/" + spec.session_name},
      {v1::kLabelSpecHash, spec.spec_hash},
      {v1::kLabelHttpPort, std::to_string(spec.http_port)},
      {v1::kLabelMediaPort, std::to_string(spec.media_port)},
  };
}

std::map<std::string, std::string> VolumeLabels(const InstanceSpec& spec,
                                                std::string_view installation) {
  std::map<std::string, std::string> labels = {{v1::kLabelInstallation, std::string(installation)}};
  if (spec.profile->profile_uid.empty()) {
    labels[v1::kLabelSessionUid] = spec.session_uid;
  } else {
    labels[v1::kLabelProfileUid] = spec.profile->profile_uid;
  }
  return labels;
}

std::string CreateBody(const InstanceSpec& spec, std::string_view installation) {
  Json env = Json::array();
  for (const EnvValue& e : spec.env) env.push_back(e.name + "=" + e.value);
  Json body = {
      {"Image", spec.image},
      {"Env", std::move(env)},
      {"Labels", ContainerLabels(spec, installation)},
      {"ExposedPorts",
       {{PortKey(kNekoHttpPort, "tcp"), Json::object()},
        {PortKey(spec.media_port, "udp"), Json::object()},
        {PortKey(spec.media_port, "tcp"), Json::object()}}},
      // We probe /health ourselves; the image's own check would start a process every ten seconds,
      // and fails behind a path prefix.
      {"Healthcheck", {{"Test", {"NONE"}}}},
      {"StopTimeout", std::chrono::ceil<std::chrono::seconds>(spec.stop_timeout).count()},
      {"HostConfig", HostConfig(spec, installation)},
  };
  if (!spec.hostname.empty()) body["Hostname"] = spec.hostname;
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string VolumeCreateBody(const InstanceSpec& spec, std::string_view installation) {
  const Json body = {{"Name", spec.profile->volume}, {"Labels", VolumeLabels(spec, installation)}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Status WithoutSecrets(Status status, const InstanceSpec& spec) {
  for (const EnvValue& env : spec.env) {
    if (!env.secret || env.value.empty()) continue;
    for (std::size_t at = 0; (at = status.message.find(env.value, at)) != std::string::npos;) {
      status.message.replace(at, env.value.size(), "***");
      at += 3;
    }
  }
  return status;
}

}  // namespace nekoplane::runtime::docker
