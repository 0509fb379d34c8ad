// BrowserNode: a machine that can run browsers. Schema: manifests/crds/browsernodes.yaml.
#pragma once

#include "api/v1alpha1/enums.h"
#include "api/v1alpha1/object_meta.h"

namespace nekoplane::v1alpha1 {

enum class SchedulingPolicy { kSchedulable, kUnschedulable };
enum class DrainPolicy { kWaitForUsers, kMigrate, kEvict };
enum class TaintEffect { kNoSchedule, kPreferNoSchedule };
enum class NodeImagePhase { kPulling, kPresent, kFailed };

template <>
struct EnumNames<SchedulingPolicy> {
  static constexpr std::array kNames{std::pair{SchedulingPolicy::kSchedulable, "Schedulable"},
                                     std::pair{SchedulingPolicy::kUnschedulable, "Unschedulable"}};
};

template <>
struct EnumNames<DrainPolicy> {
  static constexpr std::array kNames{std::pair{DrainPolicy::kWaitForUsers, "WaitForUsers"},
                                     std::pair{DrainPolicy::kMigrate, "Migrate"},
                                     std::pair{DrainPolicy::kEvict, "Evict"}};
};

template <>
struct EnumNames<TaintEffect> {
  static constexpr std::array kNames{std::pair{TaintEffect::kNoSchedule, "NoSchedule"},
                                     std::pair{TaintEffect::kPreferNoSchedule, "PreferNoSchedule"}};
};

template <>
struct EnumNames<NodeImagePhase> {
  static constexpr std::array kNames{std::pair{NodeImagePhase::kPulling, "Pulling"},
                                     std::pair{NodeImagePhase::kPresent, "Present"},
                                     std::pair{NodeImagePhase::kFailed, "Failed"}};
};

struct NodeTls {
  LocalRef secretRef;  // Secret with ca.crt, tls.crt, tls.key

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("secretRef", s.secretRef);
  }
};

struct DockerEndpoint {
  std::string endpoint;  // unix:///run/docker.sock, tcp://host:2376, ssh://user@host
  std::optional<NodeTls> tls;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("endpoint", s.endpoint), f("tls", s.tls);
  }
};

struct TaosWorkerEndpoint {
  std::string url;
  std::optional<LocalRef> tokenSecretRef;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("url", s.url), f("tokenSecretRef", s.tokenSecretRef);
  }
};

struct NodePorts {
  PortRange http{8800, 9799}, media{59000, 59999};

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("http", s.http), f("media", s.media);
  }
};

struct NodeDrain {
  DrainPolicy policy = DrainPolicy::kWaitForUsers;
  std::string deadline;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("policy", s.policy), f("deadline", s.deadline);
  }
};

// Quantities: memory, cpu; counts: gpus, ports. Absent = not known or not limited.
struct NodeResources {
  std::string memory, cpu;
  std::optional<std::int64_t> gpus, ports;

  friend bool operator==(const NodeResources&, const NodeResources&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("memory", s.memory), f("cpu", s.cpu), f("gpus", s.gpus), f("ports", s.ports);
  }
};

struct Taint {
  std::string key, value;
  TaintEffect effect = TaintEffect::kNoSchedule;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("key", s.key), f("value", s.value), f("effect", s.effect);
  }
};

struct NodeGpu {
  std::string vendor, model;
  std::int64_t count = 0;

  friend bool operator==(const NodeGpu&, const NodeGpu&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("vendor", s.vendor), f("model", s.model), f("count", s.count);
  }
};

// What an engine does not tell of its machine. Overrides what was found out; absent = not told.
struct NodeHardwareHints {
  std::string soc;
  std::optional<NodeGpu> gpu;  // count 0 = none, whatever was found

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("soc", s.soc), f("gpu", s.gpu);
  }
};

struct BrowserNodeSpec {
  std::optional<DockerEndpoint> docker;
  std::optional<TaosWorkerEndpoint> taosWorker;
  std::string address;  // what WebRTC advertises; one IPv4 or IPv6 address
  NodePorts ports;
  SchedulingPolicy schedulingPolicy = SchedulingPolicy::kSchedulable;
  std::optional<NodeDrain> drain;
  std::vector<Taint> taints;
  NodeResources capacity;  // overrides what the machine reports
  NodeHardwareHints hardware;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("docker", s.docker), f("taosWorker", s.taosWorker), f("address", s.address);
    f("ports", s.ports), f("schedulingPolicy", s.schedulingPolicy), f("drain", s.drain);
    f("taints", s.taints), f("capacity", s.capacity), f("hardware", s.hardware);
  }
};

struct NodeHardware {
  std::int64_t ramMB = 0, cores = 0;
  std::string arch, soc;  // arch as in Go: amd64, arm64
  std::optional<NodeGpu> gpu;

  friend bool operator==(const NodeHardware&, const NodeHardware&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("ramMB", s.ramMB), f("cores", s.cores), f("arch", s.arch), f("soc", s.soc), f("gpu", s.gpu);
  }
};

struct NodeEngine {
  std::string name, version, apiVersion;

  friend bool operator==(const NodeEngine&, const NodeEngine&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("name", s.name), f("version", s.version), f("apiVersion", s.apiVersion);
  }
};

// An image that a class wants on this node.
struct NodeImage {
  std::string image, id;  // id: the engine's, "sha256:..."; "" until it is there
  NodeImagePhase phase = NodeImagePhase::kPulling;
  std::string message;        // progress, or why it failed
  std::int64_t failures = 0;  // pulls in a row that failed
  std::string lastTransitionTime, nextAttemptTime;

  friend bool operator==(const NodeImage&, const NodeImage&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("image", s.image), f("id", s.id), f("phase", s.phase), f("message", s.message);
    f("failures", s.failures), f("lastTransitionTime", s.lastTransitionTime);
    f("nextAttemptTime", s.nextAttemptTime);
  }
};

struct BrowserNodeStatus {
  std::int64_t observedGeneration = 0;
  std::vector<Condition> conditions;  // Ready, Capable, Drained
  NodeResources capacity, allocatable, allocated;
  std::int64_t sessions = 0;
  NodeHardware hardware;
  NodeEngine engine;
  std::string heartbeatTime;
  std::string drainStartedTime;  // "" = not draining
  std::int64_t loadPercent = 0;  // of the processors, as the machine reports it; 0 = not told
  std::vector<NodeImage> images;

  friend bool operator==(const BrowserNodeStatus&, const BrowserNodeStatus&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("observedGeneration", s.observedGeneration), f("conditions", s.conditions);
    f("capacity", s.capacity), f("allocatable", s.allocatable), f("allocated", s.allocated);
    f("sessions", s.sessions), f("hardware", s.hardware), f("engine", s.engine);
    f("heartbeatTime", s.heartbeatTime), f("drainStartedTime", s.drainStartedTime);
    f("loadPercent", s.loadPercent), f("images", s.images);
  }
};

struct BrowserNode {
  static constexpr char kKind[] = "BrowserNode";
  static constexpr char kResource[] = "browsernodes.nekoplane.dev";
  static constexpr char kHost[] = "host";  // the machine nekoplane runs on

  ObjectMeta metadata;
  BrowserNodeSpec spec;
  BrowserNodeStatus status;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("metadata", s.metadata), f("spec", s.spec), f("status", s.status);
  }
};

namespace node {
inline constexpr char kReady[] = "Ready";      // the engine answered lately
inline constexpr char kCapable[] = "Capable";  // meets the floors for running browsers
inline constexpr char kDrained[] = "Drained";
inline constexpr char kReasonEngineReady[] = "EngineReady";
inline constexpr char kReasonEngineUnavailable[] = "EngineUnavailable";
inline constexpr char kReasonNodeLost[] = "NodeLost";             // silent for too long
inline constexpr char kReasonTooManyLost[] = "TooManyNodesLost";  // it is probably us
inline constexpr char kReasonCapable[] = "Capable";
inline constexpr char kReasonBelowMemoryFloor[] = "BelowMemoryFloor";
inline constexpr char kReasonBelowCoreFloor[] = "BelowCoreFloor";
inline constexpr char kReasonNotDraining[] = "NotDraining";
inline constexpr char kReasonDraining[] = "Draining";
inline constexpr char kReasonDrained[] = "Drained";
inline constexpr char kReasonMigrateUnsupported[] = "MigrateUnsupported";
inline constexpr char kReasonUnknown[] = "Unknown";
}  // namespace node

}  // namespace nekoplane::v1alpha1
