// RuntimeDriver is the only door between a reconciler and a machine that runs browsers.
//
// A driver starts, observes and removes instances and volumes; a BrowserSession owns at most one
// instance. It keeps no desired state and takes no decisions: reconcilers decide, drivers obey and
// report facts. docker/ and sim/ implement it and pass
// tests/conformance/runtime_driver_conformance.h alike. One driver object speaks to one node.
//
// "Gone" and "unknown": kNotFound is always an answer of the machine. No answer is kUnavailable or
//     kTimeout, and nothing destructive may follow from it.
// Ownership: a driver sees and touches only what carries its installation id; a container or volume
//     of somebody else under our name is kAlreadyExists (reason ForeignObject), and is left alone.
//
// Thread safety: any thread may call. Two calls for one session are never concurrent (the work
// queue
//     sees to that); calls for different sessions must not wait for one another longer than the
//     engine's own limit (2 to 4 calls at once).
// Blocking: a call ends by ctx.deadline(), or soon after a stop is requested (kCancelled). Callers
//     hold no mutex of ours while they are inside a driver.
// Lifetime: made by controller/cmd; outlives the manager and everything the manager runs.
// Restarts: what must survive lives on the machine (names, labels), never in this object.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/context.h"
#include "api/base/result.h"
#include "api/base/subscription.h"

namespace nekoplane::runtime {

// Names one instance for life, e.g. "docker://host/3f2a9c...". Only its driver parses it.
using ProviderId = std::string;

struct EnvValue {
  std::string name, value;
  bool secret = false;  // never logged, never part of an error
};

// Placed before the start; path is absolute inside the container.
struct FileToPlace {
  std::string path, content;
  int mode = 0644;
};

struct VolumeMount {
  std::string volume;  // created, with our labels, if it does not exist
  std::string path;
  std::string profile_uid;  // BrowserProfile that owns the volume; "" = private to the session
};

// All that is needed to make the instance of a session: a pure function of stored objects.
struct InstanceSpec {
  std::string session_uid, session_namespace, session_name;
  std::string
      spec_hash;  // of everything below except secrets; another hash needs another container
  std::string image;
  std::string hostname;
  std::vector<EnvValue> env;
  std::vector<FileToPlace> files;
  std::optional<VolumeMount> profile;
  int http_port = 0;            // host port for Neko's HTTP (container port 8080, tcp)
  int media_port = 0;           // same number inside and outside, udp and tcp
  std::string publish_address;  // host address for both; "" = all
  std::int64_t memory_bytes = 0, milli_cpu = 0;  // limits; 0 = none
  std::int64_t shm_bytes = 0;
  std::int64_t pids = 0;
  std::vector<std::string> devices;
  std::int64_t gpus = 0;
  bool mobile = false;  // for machines that choose the screen themselves
  Duration stop_timeout = std::chrono::seconds(20);
};

// A fact, read from the machine just now.
struct Observed {
  // kCreated: exists, never started. kRunning: its first process runs; says nothing about the
  // browser. kStarting: was asked for, or may have been; nobody can say yet that it runs.
  // EnsureStarted tells how it went.
  enum class Phase { kCreated, kStarting, kRunning, kExited };
  ProviderId id;
  std::string session_uid, session_namespace, session_name, spec_hash;  // from our labels
  Phase phase = Phase::kCreated;
  int exit_code = 0;        // kExited
  bool oom_killed = false;  // kExited
  std::string image;        // as resolved by the engine
  int http_port = 0, media_port = 0;
  WallTime created_at{}, started_at{};
  // Made up by the machine, which did not take the spec's; "" = the spec's is good. Secret.
  std::string user_password;
};

struct ObservedVolume {
  std::string name;
  std::string session_uid;  // the session whose private profile it is; "" for a BrowserProfile's
  std::string profile_uid;
  WallTime created_at{};
};

struct GpuFacts {
  std::string vendor, model;
  std::int64_t count = 0;
};

// Facts about the machine and its engine.
struct NodeFacts {
  std::int64_t memory_bytes = 0, cores = 0;
  std::string arch;  // amd64, arm64
  std::string engine_name, engine_version, engine_api_version;
  std::string soc;                // "rk3588"; "" = not told
  std::optional<GpuFacts> gpu;    // count 0: there is none; absent = not told
  std::int64_t load_percent = 0;  // of the processors; 0 = not told
};

struct Capabilities {
  bool list = true;     // List and ListVolumes tell the whole truth
  bool files = true;    // InstanceSpec::files is honoured
  bool volumes = true;  // volumes can be listed and removed
  bool events = true;   // Watch reports changes
  bool images = true;   // PullImage works; without it the machine brings its own image
  bool ports = true;    // InstanceSpec's ports are taken; else the machine chooses: see Observed
  bool inspect = true;  // Inspect reads the instance; else it tells what is on record, a stop is a
                        // removal, and strangers under our names go unnoticed
  bool logs = true;     // Logs works

  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

struct PullProgress {
  std::int64_t current_bytes = 0, total_bytes = 0;
  std::string text;  // "3 of 7 layers, 120 of 410 MB"
};

// Something may have changed; look again. Empty session_uid: anything may have (a reconnect).
struct Hint {
  std::string session_uid;
};

class RuntimeDriver {
 public:
  virtual ~RuntimeDriver() = default;

  virtual Capabilities capabilities() const = 0;

  // Errors: kUnavailable, kTimeout: the engine does not answer.
  virtual Result<NodeFacts> Facts(const Context& ctx) = 0;

  // Makes the instance exist and its first process run; does not wait for the browser. Idempotent:
  // its name is a function of the session's uid, so a retry after a crash or a lost reply finds the
  // first instance and never makes a second. An existing instance of another spec_hash is not
  // touched. A started instance is returned as it is.
  // Errors: kNotFound reason ImageNotFound: pull it first; kInvalid: no retry will help (a bad
  // device,
  //     a bad option); kConflict reason PortInUse: one of the ports is taken by somebody else:
  //     remove, claim other ports, try again; kConflict reason SpecHashDiffers: remove first;
  //     kAlreadyExists reason ForeignObject; kInsufficientCapacity reason DiskFull;
  //     kUnavailable, kTimeout, kCancelled: outcome unknown, call again. Of these, reason
  //     StillStarting: the machine is at it and may take minutes; a hint follows if Watch is heard.
  virtual Result<Observed> EnsureStarted(const Context& ctx, const InstanceSpec& spec) = 0;

  // Errors: kNotFound: the machine says there is none; kUnavailable, kTimeout: nobody knows.
  virtual Result<Observed> Inspect(const Context& ctx, std::string_view session_uid) = 0;

  // Stops the first process (politely, then after `timeout` for good) and keeps the instance and
  // its volume. Already stopped is success. Errors: kNotFound; kUnavailable, kTimeout: call again.
  virtual Result<void> EnsureStopped(const Context& ctx, std::string_view session_uid,
                                     Duration timeout) = 0;

  // Stops (within `timeout`) and removes the instance; never a named volume. Success means that the
  // machine said it is gone now; not being there is success too.
  // Errors: kUnavailable, kTimeout: nobody knows: call again. Reason StillStarting: as above; it
  //     can be removed when that is over.
  virtual Result<void> EnsureRemoved(const Context& ctx, std::string_view session_uid,
                                     Duration timeout) = 0;

  // Every instance with our installation id, known to the store or not. All or nothing.
  virtual Result<std::vector<Observed>> List(const Context& ctx) = 0;

  // Every volume with our installation id. All or nothing.
  virtual Result<std::vector<ObservedVolume>> ListVolumes(const Context& ctx) = 0;

  // Removes a volume of ours; not being there is success.
  // Errors: kConflict reason VolumeInUse; kAlreadyExists reason ForeignObject; kUnavailable,
  // kTimeout.
  virtual Result<void> EnsureVolumeRemoved(const Context& ctx, std::string_view volume) = 0;

  // Asks Neko's own GET /health. Success: it answered 200 with `true`.
  // Errors: kUnavailable, kTimeout: it does not (yet) answer properly; message says how.
  virtual Result<void> ProbeHealth(const Context& ctx, const Observed& instance) = 0;

  // The image's id if the engine has it. Errors: kNotFound; kUnavailable, kTimeout.
  virtual Result<std::string> ImageId(const Context& ctx, std::string_view image) = 0;

  // Pulls; returns when the engine has it. Safe to repeat. `progress` is called on this thread.
  // Errors: kNotFound: the registry does not have it; kForbidden; kUnavailable: try later.
  virtual Result<void> PullImage(const Context& ctx, std::string_view image,
                                 const std::function<void(const PullProgress&)>& progress) = 0;

  // The last `tail_lines` lines that the instance printed (Neko's supervisord output).
  // Errors: kNotFound; kUnavailable, kTimeout.
  virtual Result<std::string> Logs(const Context& ctx, std::string_view session_uid,
                                   int tail_lines) = 0;

  // Calls back on every change that the engine reports for instances of ours, and once with an
  // empty hint after each (re)connection, since changes may have been missed. Reconnects by itself
  // until the subscription is destroyed. The callback must not block.
  virtual std::unique_ptr<Subscription> Watch(std::function<void(const Hint&)> callback) = 0;
};

// Finds the driver of a node. Thread safety: any thread. Never blocks.
class DriverSet {
 public:
  virtual ~DriverSet() = default;
  // nullptr if there is no such node.
  virtual std::shared_ptr<RuntimeDriver> ForNode(std::string_view node) const = 0;
  virtual std::vector<std::string> Nodes() const = 0;
};

inline constexpr char kReasonStillStarting[] = "StillStarting";
// What a driver says to a call that its Capabilities rule out: kInvalid.
inline constexpr char kReasonNotSupported[] = "NotSupported";

// The names that identity rests on.
std::string ContainerName(std::string_view session_uid);      // nekoplane-<uid>
std::string PrivateVolumeName(std::string_view session_uid);  // nekoplane-session-<uid>
std::string ProfileVolumeName(std::string_view profile_uid);  // nekoplane-profile-<uid>

}  // namespace nekoplane::runtime
