// SimEngine is a machine with a container engine, in memory: names, volumes, images, a table of
// bound ports, first processes that run or have exited. It is truthful: what Docker refuses, it
// refuses, at the same call (a taken port at start, not at create; a volume in use at its removal).
//
// It never waits. What takes time on a real machine (a browser's start, a pull) is done when the
// injected clock gets there. Two runs with the same calls give the same answers and identifiers.
//
// One half of its surface is the engine's API, for SimDriver; each of these calls counts as one
// call and can be made to fail. The other half is the world: knobs and views for tests, which
// always work.
//
// Thread safety: any thread may call. Watchers are called on the thread that caused the change.
// Lifetime: outlives its drivers; `clock` outlives it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/mutex.h"
#include "api/base/result.h"
#include "controller/runtime/runtime_driver.h"
#include "controller/runtime/sim/sim_machine.h"

namespace nekoplane::runtime {

// What one engine call does instead of working.
struct SimFault {
  enum class Kind {
    kNone,
    kRefuse,     // fails with `status`, nothing happens
    kLoseReply,  // happens, but the caller gets `status`
  };
  Kind kind = Kind::kNone;
  Status status = MakeStatus(Code::kUnavailable, "Injected", "injected fault");
};

// The engine's API calls, as fault plans see them.
enum class SimCall {
  kFacts,
  kImage,
  kPull,
  kVolumeCreate,
  kVolumeList,
  kVolumeRemove,
  kCreate,
  kPlaceFiles,
  kStart,
  kInspect,
  kList,
  kStop,
  kRemove,
  kProbe,
  kLogs,
};
std::string_view SimCallName(SimCall call);

class SimEngine {
 public:
  explicit SimEngine(const Clock& clock, SimOptions options = {});
  ~SimEngine();

  // ---- The engine's API. All: kUnavailable while the engine is down.
  // ------------------------------
  Result<NodeFacts> Facts();
  // kNotFound.
  Result<std::string> ImageId(std::string_view image);
  // kNotFound: the registry does not have it. kUnavailable PullInProgress until pull_delay is over.
  Result<void> Pull(std::string_view image);
  // Existing with the same owner is success. kAlreadyExists ForeignObject.
  Result<void> CreateVolume(SimVolume volume);
  Result<std::vector<SimVolume>> ListVolumes(std::string_view installation);
  // kNotFound; kConflict VolumeInUse; kAlreadyExists ForeignObject.
  Result<void> RemoveVolume(std::string_view name, std::string_view installation);
  // kAlreadyExists NameTaken; kNotFound ImageNotFound; kInvalid.
  Result<void> Create(std::string_view name, std::string_view installation,
                      const InstanceSpec& spec);
  // kNotFound.
  Result<void> PlaceFiles(std::string_view name, const std::vector<FileToPlace>& files);
  // Running already is success. kNotFound; kConflict PortInUse; kInvalid.
  Result<void> Start(std::string_view name);
  // kNotFound.
  Result<SimContainer> Inspect(std::string_view name);
  Result<std::vector<SimContainer>> List(std::string_view installation);
  // Stopped already is success. kNotFound.
  Result<void> Stop(std::string_view name);
  // kNotFound.
  Result<void> Remove(std::string_view name);
  // kUnavailable, also when the engine is down or the container gone: nobody listens on that port.
  Result<void> Probe(int http_port);
  // kNotFound.
  Result<std::string> Logs(std::string_view name);
  // Changes of containers that carry `installation`, plus an empty hint now and at each
  // SetDown(false).
  std::unique_ptr<Subscription> Watch(std::string_view installation,
                                      std::function<void(const Hint&)> callback);

  // ---- The world: what happens to the machine.
  // ----------------------------------------------------- The first process ends. False: no such
  // running container.
  bool Kill(std::string_view session_uid, int exit_code = 137, bool oom = false);
  // Somebody else does `docker rm -f`. False: no such container.
  bool RemoveBehindBack(std::string_view session_uid);
  // Runs, but /health stops (or starts again) answering. False: no such container.
  bool SetSick(std::string_view session_uid, bool sick);
  // A program that is not ours binds (or frees) a port. False: taken already (or not by a
  // foreigner).
  bool OccupyPort(std::string_view proto, int port);
  bool ReleasePort(std::string_view proto, int port);
  // A container, running, without any label of ours.
  void AddForeignContainer(std::string_view name);
  void AddForeignVolume(std::string_view name);
  void AddImage(std::string_view image);
  void RemoveImage(std::string_view image);
  void SetHealthDelay(Duration delay);
  void SetPullDelay(Duration delay);
  // Down: calls fail with kUnavailable; containers keep running. Up: watchers get an empty hint.
  void SetDown(bool down);
  // Every first process ends with 137; the engine is up afterwards.
  void Reboot();

  // ---- Faults.
  // --------------------------------------------------------------------------------------- Asked
  // before every engine call, with the number of the call (from 1) and what it is about (the name
  // of a container, volume or image; "" = nothing in particular); replaces the plan before. Called
  // without a mutex held, may use the knobs above, and may let others run before it returns. An
  // empty function: no faults.
  using FaultPlan =
      std::function<SimFault(SimCall call, std::uint64_t number, std::string_view target)>;
  void SetFaultPlan(FaultPlan plan);
  // Told of every call that is about to take effect, faults and all, at that very instant.
  using Witness = std::function<void(SimCall call, std::string_view target)>;
  void SetWitness(Witness witness);
  // The next call of that kind meets `fault`, before any plan is asked. Several queue up.
  void FailNext(SimCall call, SimFault fault);
  // While true, hints are kept back; then they are delivered (or with `drop`, forgotten).
  void HoldHints(bool hold, bool drop = false);

  // ---- Views.
  // ----------------------------------------------------------------------------------------
  std::uint64_t calls() const;
  std::vector<SimContainer> Containers() const;  // by name
  std::vector<SimVolume> Volumes() const;        // by name
  bool HasImage(std::string_view image) const;
  // "tcp/8800" -> container name, or "foreign".
  std::map<std::string, std::string> BoundPorts() const;
  // What must never be: two running containers that write one volume, ... Empty if all is well.
  std::vector<std::string> Violations() const;

  const std::string& node() const { return options_.node; }

 private:
  struct Audience;

  // Counts the call and asks the fault plan. The error of a call that must not happen, or the fault
  // to apply afterwards.
  Result<SimFault> Enter(SimCall call, std::string_view target) EXCLUDES(mu_);
  // One engine call: `work` gets the machine under the mutex; hints follow without it.
  template <class T, class Work>
  Result<T> Call(SimCall call, std::string_view target, const Work& work) EXCLUDES(mu_);
  // The same for the knobs, which always work.
  template <class Work>
  auto Turn(const Work& work) EXCLUDES(mu_);
  void Settle() EXCLUDES(mu_);

  const SimOptions options_;

  mutable Mutex mu_;
  SimMachine machine_ GUARDED_BY(mu_);
  std::uint64_t calls_ GUARDED_BY(mu_) = 0;
  bool down_ GUARDED_BY(mu_) = false;
  FaultPlan plan_ GUARDED_BY(mu_);
  Witness witness_ GUARDED_BY(mu_);
  std::map<SimCall, std::deque<SimFault>> next_faults_ GUARDED_BY(mu_);
  bool hold_hints_ GUARDED_BY(mu_) = false;
  std::deque<SimMachine::Change> hints_ GUARDED_BY(mu_);  // installation "" = everybody
  std::vector<std::shared_ptr<Audience>> audiences_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::runtime
