// SimMachine is the state of a simulated machine and the rules that Docker keeps: who may bind a
// port, which name is taken, when a volume is in use. No faults, no callbacks, no locks: SimEngine
// puts those around it.
//
// Thread safety: none; one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/clock.h"
#include "api/base/result.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime {

struct SimOptions {
  std::string node = "host";
  NodeFacts facts = {.memory_bytes = std::int64_t{16} << 30,
                     .cores = 8,
                     .arch = "amd64",
                     .engine_name = "sim",
                     .engine_version = "1.0",
                     .engine_api_version = "1.41"};
  std::set<std::string> images = {"nekoplane/neko-standin:dev"};  // in the engine from the start
  std::set<std::string> registry;                                 // what a pull can find besides
  std::set<std::string> devices;  // what InstanceSpec::devices may name
  std::int64_t gpus = 0;
  Duration health_delay{0};  // from start until /health answers
  Duration pull_delay{0};    // from the first Pull until the image is there
};

struct SimContainer {
  std::string id, name;
  std::string installation;  // whose label it carries; "" = somebody else's
  InstanceSpec spec;
  Observed::Phase phase = Observed::Phase::kCreated;
  int exit_code = 0;
  bool oom_killed = false;
  WallTime created_at{}, started_at{};
  MonoTime healthy_from{};
  bool sick = false;  // /health does not answer although it runs
  int starts = 0;
  std::map<std::string, std::string> files;  // placed, by path
};

struct SimVolume {
  std::string name, installation, session_uid, profile_uid;
  WallTime created_at{};
};

class SimMachine {
 public:
  // A container changed; whose, and which session's.
  struct Change {
    std::string installation, session_uid;
  };

  SimMachine(const Clock& clock, const SimOptions& options);

  // The engine's rules; errors as documented at SimEngine's methods of these names.
  Result<std::string> ImageId(std::string_view image);
  Result<void> Pull(std::string_view image);
  Result<void> CreateVolume(SimVolume volume);
  std::vector<SimVolume> ListVolumes(std::string_view installation) const;
  Result<void> RemoveVolume(std::string_view name, std::string_view installation);
  Result<void> Create(std::string_view name, std::string_view installation,
                      const InstanceSpec& spec);
  Result<void> PlaceFiles(std::string_view name, const std::vector<FileToPlace>& files);
  Result<void> Start(std::string_view name);
  Result<SimContainer> Inspect(std::string_view name) const;
  std::vector<SimContainer> List(std::string_view installation) const;
  Result<void> Stop(std::string_view name);
  Result<void> Remove(std::string_view name);
  Result<void> Probe(int http_port) const;
  Result<std::string> Logs(std::string_view name) const;

  // What happens to the machine from outside.
  bool Kill(std::string_view session_uid, int exit_code, bool oom);
  bool RemoveBehindBack(std::string_view session_uid);
  bool SetSick(std::string_view session_uid, bool sick);
  bool OccupyPort(std::string_view proto, int port);
  bool ReleasePort(std::string_view proto, int port);
  void AddForeignContainer(std::string_view name);
  void AddForeignVolume(std::string_view name);

  void AddImage(std::string_view image) { images_.emplace(image); }

  bool HasImage(std::string_view image) const { return images_.contains(image); }

  void RemoveImage(std::string_view image);

  void SetHealthDelay(Duration delay) { health_delay_ = delay; }

  void SetPullDelay(Duration delay) { pull_delay_ = delay; }

  void ExitAll();

  std::vector<SimContainer> Containers() const;
  std::vector<SimVolume> Volumes() const;
  std::map<std::string, std::string> BoundPorts() const;

  const std::vector<std::string>& violations() const { return violations_; }

  // The changes since the last call, in order.
  std::vector<Change> TakeChanges();

 private:
  using Port = std::pair<std::string, int>;  // "tcp", 8800

  Result<SimContainer*> Find(std::string_view name);
  void Exit(SimContainer& container, int code, bool oom);
  void FreePorts(const SimContainer& container);
  bool VolumeUsed(std::string_view volume) const;
  void CheckVolumeWriters(const SimContainer& starting);
  void Note(const SimContainer& container);

  const Clock& clock_;
  const SimOptions options_;
  Duration health_delay_, pull_delay_;
  std::uint64_t next_id_ = 1;
  std::set<std::string, std::less<>> images_;
  std::map<std::string, MonoTime, std::less<>> pulls_;  // when each is done
  std::map<std::string, SimContainer, std::less<>> containers_;
  std::map<std::string, SimVolume, std::less<>> volumes_;
  std::map<Port, std::string> ports_;  // holder: a container's name, or kForeign
  std::vector<std::string> violations_;
  std::vector<Change> changes_;
};

}  // namespace nekoplane::runtime
