#include "controller/runtime/sim/sim_machine.h"

#include <cstdio>

namespace nekoplane::runtime {
namespace {

constexpr char kForeign[] = "foreign";

std::vector<std::pair<std::string, int>> PortsOf(const InstanceSpec& spec) {
  std::vector<std::pair<std::string, int>> ports;
  if (spec.http_port > 0) ports.emplace_back("tcp", spec.http_port);
  if (spec.media_port > 0) {
    ports.emplace_back("tcp", spec.media_port);
    ports.emplace_back("udp", spec.media_port);
  }
  return ports;
}

std::string PortName(const std::pair<std::string, int>& port) {
  return port.first + "/" + std::to_string(port.second);
}

Status NoSuchContainer(std::string_view name) {
  return MakeStatus(Code::kNotFound, "NoSuchContainer", "no such container: " + std::string(name));
}

}  // namespace

SimMachine::SimMachine(const Clock& clock, const SimOptions& options)
    : clock_(clock),
      options_(options),
      health_delay_(options.health_delay),
      pull_delay_(options.pull_delay),
      images_(options.images.begin(), options.images.end()) {}

Result<std::string> SimMachine::ImageId(std::string_view image) {
  const auto pull = pulls_.find(image);
  if (pull != pulls_.end() && clock_.Now() >= pull->second) {
    images_.emplace(image);
    pulls_.erase(pull);
  }
  if (!images_.contains(image)) {
    return MakeStatus(Code::kNotFound, "ImageNotFound", "no such image: " + std::string(image));
  }
  return "sim:" + std::string(image);
}

Result<void> SimMachine::Pull(std::string_view image) {
  if (ImageId(image)) return {};
  if (!options_.registry.contains(std::string(image))) {
    return MakeStatus(Code::kNotFound, "ImageNotFound",
                      "no registry has the image " + std::string(image));
  }
  if (pull_delay_ <= Duration::zero()) {
    images_.emplace(image);
    return {};
  }
  pulls_.try_emplace(std::string(image), clock_.Now() + pull_delay_);
  return MakeStatus(Code::kUnavailable, "PullInProgress",
                    "still pulling the image " + std::string(image));
}

Result<void> SimMachine::CreateVolume(SimVolume volume) {
  const auto it = volumes_.find(volume.name);
  if (it == volumes_.end()) {
    volume.created_at = clock_.WallNow();
    std::string name = volume.name;
    volumes_.emplace(std::move(name), std::move(volume));
    return {};
  }
  const SimVolume& have = it->second;
  if (have.installation != volume.installation || have.session_uid != volume.session_uid ||
      have.profile_uid != volume.profile_uid) {
    return MakeStatus(Code::kAlreadyExists, "ForeignObject",
                      "the volume " + volume.name + " belongs to somebody else");
  }
  return {};
}

std::vector<SimVolume> SimMachine::ListVolumes(std::string_view installation) const {
  std::vector<SimVolume> found;
  for (const auto& [name, volume] : volumes_) {
    if (volume.installation == installation) found.push_back(volume);
  }
  return found;
}

Result<void> SimMachine::RemoveVolume(std::string_view name, std::string_view installation) {
  const auto it = volumes_.find(name);
  if (it == volumes_.end()) {
    return MakeStatus(Code::kNotFound, "NoSuchVolume", "no such volume: " + std::string(name));
  }
  if (it->second.installation != installation) {
    return MakeStatus(Code::kAlreadyExists, "ForeignObject",
                      "the volume " + std::string(name) + " belongs to somebody else");
  }
  if (VolumeUsed(name)) {
    return MakeStatus(Code::kConflict, "VolumeInUse",
                      "a container still uses the volume " + std::string(name));
  }
  volumes_.erase(it);
  return {};
}

Result<void> SimMachine::Create(std::string_view name, std::string_view installation,
                                const InstanceSpec& spec) {
  if (containers_.contains(name)) {
    return MakeStatus(Code::kAlreadyExists, "NameTaken",
                      "a container named " + std::string(name) + " exists");
  }
  NEKO_RETURN_IF_ERROR(ImageId(spec.image));
  SimContainer container;
  char id[24];
  std::snprintf(id, sizeof id, "%012llx", static_cast<unsigned long long>(next_id_++));
  container.id = id;
  container.name = name;
  container.installation = installation;
  container.spec = spec;
  container.created_at = clock_.WallNow();
  if (spec.profile && !volumes_.contains(spec.profile->volume)) {
    // As Docker does: an unknown volume springs up, without labels.
    volumes_.emplace(spec.profile->volume,
                     SimVolume{.name = spec.profile->volume, .created_at = clock_.WallNow()});
  }
  Note(container);
  containers_.emplace(std::string(name), std::move(container));
  return {};
}

Result<void> SimMachine::PlaceFiles(std::string_view name, const std::vector<FileToPlace>& files) {
  NEKO_TRY(SimContainer* const container, Find(name));
  for (const FileToPlace& file : files) container->files[file.path] = file.content;
  return {};
}

Result<void> SimMachine::Start(std::string_view name) {
  NEKO_TRY(SimContainer* const container, Find(name));
  if (container->phase == Observed::Phase::kRunning) return {};
  for (const std::string& device : container->spec.devices) {
    if (options_.devices.contains(device)) continue;
    return MakeStatus(Code::kInvalid, "DeviceNotFound", "no such device: " + device);
  }
  if (container->spec.gpus > options_.gpus) {
    return MakeStatus(Code::kInvalid, "GpuNotFound", "the machine has too few GPUs");
  }
  const auto wanted = PortsOf(container->spec);
  for (const Port& port : wanted) {
    const auto holder = ports_.find(port);
    if (holder == ports_.end()) continue;
    return MakeStatus(Code::kConflict, "PortInUse",
                      "port " + PortName(port) + " is held by " + holder->second);
  }
  for (const Port& port : wanted) ports_.emplace(port, container->name);
  container->phase = Observed::Phase::kRunning;
  container->exit_code = 0;
  container->oom_killed = false;
  container->sick = false;
  container->started_at = clock_.WallNow();
  container->healthy_from = clock_.Now() + health_delay_;
  ++container->starts;
  CheckVolumeWriters(*container);
  Note(*container);
  return {};
}

Result<SimContainer> SimMachine::Inspect(std::string_view name) const {
  const auto it = containers_.find(name);
  if (it == containers_.end()) return NoSuchContainer(name);
  return it->second;
}

std::vector<SimContainer> SimMachine::List(std::string_view installation) const {
  std::vector<SimContainer> found;
  for (const auto& [name, container] : containers_) {
    if (container.installation == installation) found.push_back(container);
  }
  return found;
}

Result<void> SimMachine::Stop(std::string_view name) {
  NEKO_TRY(SimContainer* const container, Find(name));
  if (container->phase == Observed::Phase::kRunning) Exit(*container, 0, false);
  return {};
}

Result<void> SimMachine::Remove(std::string_view name) {
  NEKO_TRY(SimContainer* const container, Find(name));
  FreePorts(*container);
  Note(*container);
  containers_.erase(containers_.find(name));
  return {};
}

Result<void> SimMachine::Probe(int http_port) const {
  const auto refused = [http_port] {
    return MakeStatus(Code::kUnavailable, "ConnectionRefused",
                      "nobody answers on port " + std::to_string(http_port));
  };
  const auto holder = ports_.find({"tcp", http_port});
  if (holder == ports_.end()) return refused();
  const auto it = containers_.find(holder->second);
  if (it == containers_.end() || clock_.Now() < it->second.healthy_from) return refused();
  if (it->second.sick) {
    return MakeStatus(Code::kUnavailable, "Unhealthy", "GET /health answered 500");
  }
  return {};
}

Result<std::string> SimMachine::Logs(std::string_view name) const {
  NEKO_TRY(const SimContainer container, Inspect(name));
  std::string text;
  for (int i = 1; i <= container.starts; ++i) text += "start " + std::to_string(i) + "\n";
  if (container.phase == Observed::Phase::kExited) {
    text += "exit " + std::to_string(container.exit_code) + "\n";
  }
  return text;
}

bool SimMachine::Kill(std::string_view session_uid, int exit_code, bool oom) {
  const auto it = containers_.find(ContainerName(session_uid));
  if (it == containers_.end() || it->second.phase != Observed::Phase::kRunning) return false;
  Exit(it->second, exit_code, oom);
  return true;
}

bool SimMachine::RemoveBehindBack(std::string_view session_uid) {
  return Remove(ContainerName(session_uid)).has_value();
}

bool SimMachine::SetSick(std::string_view session_uid, bool sick) {
  const auto it = containers_.find(ContainerName(session_uid));
  if (it == containers_.end()) return false;
  it->second.sick = sick;
  return true;
}

bool SimMachine::OccupyPort(std::string_view proto, int port) {
  return ports_.emplace(Port(proto, port), kForeign).second;
}

bool SimMachine::ReleasePort(std::string_view proto, int port) {
  const auto it = ports_.find(Port(proto, port));
  if (it == ports_.end() || it->second != kForeign) return false;
  ports_.erase(it);
  return true;
}

void SimMachine::AddForeignContainer(std::string_view name) {
  SimContainer container;
  container.id = "f" + std::to_string(next_id_++);
  container.name = name;
  container.phase = Observed::Phase::kRunning;
  container.created_at = container.started_at = clock_.WallNow();
  containers_.insert_or_assign(std::string(name), std::move(container));
}

void SimMachine::AddForeignVolume(std::string_view name) {
  volumes_.insert_or_assign(std::string(name),
                            SimVolume{.name = std::string(name), .created_at = clock_.WallNow()});
}

void SimMachine::RemoveImage(std::string_view image) {
  const auto it = images_.find(image);
  if (it != images_.end()) images_.erase(it);
}

void SimMachine::ExitAll() {
  for (auto& [name, container] : containers_) {
    if (container.phase == Observed::Phase::kRunning) Exit(container, 137, false);
  }
}

std::vector<SimContainer> SimMachine::Containers() const {
  std::vector<SimContainer> all;
  for (const auto& [name, container] : containers_) all.push_back(container);
  return all;
}

std::vector<SimVolume> SimMachine::Volumes() const {
  std::vector<SimVolume> all;
  for (const auto& [name, volume] : volumes_) all.push_back(volume);
  return all;
}

std::map<std::string, std::string> SimMachine::BoundPorts() const {
  std::map<std::string, std::string> bound;
  for (const auto& [port, holder] : ports_) bound.emplace(PortName(port), holder);
  return bound;
}

std::vector<SimMachine::Change> SimMachine::TakeChanges() { return std::exchange(changes_, {}); }

Result<SimContainer*> SimMachine::Find(std::string_view name) {
  const auto it = containers_.find(name);
  if (it == containers_.end()) return NoSuchContainer(name);
  return &it->second;
}

void SimMachine::Exit(SimContainer& container, int code, bool oom) {
  FreePorts(container);
  container.phase = Observed::Phase::kExited;
  container.exit_code = code;
  container.oom_killed = oom;
  Note(container);
}

void SimMachine::FreePorts(const SimContainer& container) {
  std::erase_if(ports_, [&](const auto& entry) { return entry.second == container.name; });
}

bool SimMachine::VolumeUsed(std::string_view volume) const {
  for (const auto& [name, container] : containers_) {
    if (container.spec.profile && container.spec.profile->volume == volume) return true;
  }
  return false;
}

void SimMachine::CheckVolumeWriters(const SimContainer& starting) {
  if (!starting.spec.profile) return;
  for (const auto& [name, other] : containers_) {
    if (name == starting.name || other.phase != Observed::Phase::kRunning) continue;
    if (other.spec.profile && other.spec.profile->volume == starting.spec.profile->volume) {
      violations_.push_back("volume " + starting.spec.profile->volume +
                            " has two writers: " + name + " and " + starting.name);
    }
  }
}

void SimMachine::Note(const SimContainer& container) {
  if (!container.installation.empty()) {
    changes_.push_back({container.installation, container.spec.session_uid});
  }
}

}  // namespace nekoplane::runtime
