// BrowserSession: one browser that should exist. The schema with its descriptions, defaults and
// limits is manifests/crds/browsersessions.yaml.
#pragma once

#include "api/v1alpha1/enums.h"
#include "api/v1alpha1/object_meta.h"

namespace nekoplane::v1alpha1 {

enum class OwnerKind { kUser, kAgent };
enum class Device { kDesktop, kMobile };
enum class OperatingMode { kRunning, kSuspended };
enum class IdleAction { kSuspend, kDelete, kNone };
enum class NodeLossPolicy { kAuto, kWait, kStartEmpty };
enum class TolerationOperator { kEqual, kExists };

template <>
struct EnumNames<OwnerKind> {
  static constexpr std::array kNames{std::pair{OwnerKind::kUser, "User"},
                                     std::pair{OwnerKind::kAgent, "Agent"}};
};

template <>
struct EnumNames<Device> {
  static constexpr std::array kNames{std::pair{Device::kDesktop, "Desktop"},
                                     std::pair{Device::kMobile, "Mobile"}};
};

template <>
struct EnumNames<OperatingMode> {
  static constexpr std::array kNames{std::pair{OperatingMode::kRunning, "Running"},
                                     std::pair{OperatingMode::kSuspended, "Suspended"}};
};

template <>
struct EnumNames<IdleAction> {
  static constexpr std::array kNames{std::pair{IdleAction::kSuspend, "Suspend"},
                                     std::pair{IdleAction::kDelete, "Delete"},
                                     std::pair{IdleAction::kNone, "None"}};
};

template <>
struct EnumNames<NodeLossPolicy> {
  static constexpr std::array kNames{std::pair{NodeLossPolicy::kAuto, "Auto"},
                                     std::pair{NodeLossPolicy::kWait, "Wait"},
                                     std::pair{NodeLossPolicy::kStartEmpty, "StartEmpty"}};
};

template <>
struct EnumNames<TolerationOperator> {
  static constexpr std::array kNames{std::pair{TolerationOperator::kEqual, "Equal"},
                                     std::pair{TolerationOperator::kExists, "Exists"}};
};

struct SessionOwner {
  OwnerKind kind = OwnerKind::kUser;
  std::string name;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("kind", s.kind), f("name", s.name);
  }
};

// Durations in Go's syntax; "" means no limit.
struct SessionLifecycle {
  std::string maxPendingDuration, maxStartingDuration = "5m", maxIdleDuration;
  IdleAction idleAction = IdleAction::kSuspend;
  std::string maxAge, maxSuspendedDuration, shutdownTime;
  std::optional<std::int64_t> ttlSecondsAfterFinished;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("maxPendingDuration", s.maxPendingDuration);
    f("maxStartingDuration", s.maxStartingDuration), f("maxIdleDuration", s.maxIdleDuration);
    f("idleAction", s.idleAction), f("maxAge", s.maxAge);
    f("maxSuspendedDuration", s.maxSuspendedDuration), f("shutdownTime", s.shutdownTime);
    f("ttlSecondsAfterFinished", s.ttlSecondsAfterFinished);
  }
};

// A taint that does not keep the session away. Empty key: all of them; empty effect: all effects.
struct Toleration {
  std::string key;
  TolerationOperator op = TolerationOperator::kEqual;
  std::string value, effect;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("key", s.key), f("operator", s.op), f("value", s.value), f("effect", s.effect);
  }
};

struct BrowserSessionSpec {
  std::optional<SessionOwner> owner;
  std::string url;
  LocalRef classRef{"chromium"};
  std::optional<LocalRef> profileRef;
  Device device = Device::kDesktop;
  std::string screen;  // "1280x720@30"; "" = the device's
  OperatingMode operatingMode = OperatingMode::kRunning;
  std::string nodeName;
  StringMap nodeSelector;
  std::vector<Toleration> tolerations;
  std::int64_t priority = 0;  // the higher goes first when room is short
  NodeLossPolicy nodeLossPolicy = NodeLossPolicy::kAuto;
  ResourceRequirements resources;
  SessionLifecycle lifecycle;
  std::vector<EnvVar> env;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("owner", s.owner), f("url", s.url), f("classRef", s.classRef), f("profileRef", s.profileRef);
    f("device", s.device), f("screen", s.screen), f("operatingMode", s.operatingMode);
    f("nodeName", s.nodeName), f("nodeSelector", s.nodeSelector), f("tolerations", s.tolerations);
    f("priority", s.priority), f("nodeLossPolicy", s.nodeLossPolicy), f("resources", s.resources);
    f("lifecycle", s.lifecycle), f("env", s.env);
  }
};

struct SessionInstance {
  std::string id;  // the driver's ProviderId, "docker://host/3f2a..."
  std::string image, specHash, startedAt;
  std::int64_t restarts = 0;  // times a dead instance was replaced or started again

  friend bool operator==(const SessionInstance&, const SessionInstance&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("id", s.id), f("image", s.image), f("specHash", s.specHash), f("startedAt", s.startedAt);
    f("restarts", s.restarts);
  }
};

struct SessionPorts {
  std::int64_t http = 0, media = 0;

  friend bool operator==(const SessionPorts&, const SessionPorts&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("http", s.http), f("media", s.media);
  }
};

struct SessionEndpoints {
  std::string neko, cdp;

  friend bool operator==(const SessionEndpoints&, const SessionEndpoints&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("neko", s.neko), f("cdp", s.cdp);
  }
};

// Present while the session waits for room.
struct SessionQueue {
  std::int64_t position = 0;  // 1 = next
  std::string since;          // when it began to wait
  std::string nominatedNode;  // the node whose room is kept for it; "" = none

  friend bool operator==(const SessionQueue&, const SessionQueue&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("position", s.position), f("since", s.since), f("nominatedNode", s.nominatedNode);
  }
};

struct BrowserSessionStatus {
  std::int64_t observedGeneration = 0;
  std::string
      phase;  // Pending | Starting | Running | Suspended | Terminating | Failed; for people only
  std::vector<Condition> conditions;
  std::string nodeName;
  std::string volume;  // the profile's volume on that node
  std::optional<SessionQueue> queue;
  std::optional<SessionInstance> instance;
  std::optional<SessionPorts> ports;
  std::optional<SessionEndpoints> endpoints;
  std::int64_t viewers = 0;
  // Crash back-off, kept here so that a restart of nekoplane does not forget it.
  std::int64_t failures = 0;    // crashes in a row, reset after 10 stable minutes
  std::string nextAttemptTime;  // not before; RFC 3339
  std::string lastActivityTime, idleSince, willSuspendAt, willEndAt;

  friend bool operator==(const BrowserSessionStatus&, const BrowserSessionStatus&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("observedGeneration", s.observedGeneration), f("phase", s.phase),
        f("conditions", s.conditions);
    f("nodeName", s.nodeName), f("volume", s.volume), f("queue", s.queue),
        f("instance", s.instance), f("ports", s.ports);
    f("endpoints", s.endpoints), f("viewers", s.viewers), f("failures", s.failures);
    f("nextAttemptTime", s.nextAttemptTime), f("lastActivityTime", s.lastActivityTime);
    f("idleSince", s.idleSince), f("willSuspendAt", s.willSuspendAt), f("willEndAt", s.willEndAt);
  }
};

struct BrowserSession {
  static constexpr char kKind[] = "BrowserSession";
  static constexpr char kResource[] = "browsersessions.nekoplane.dev";
  // Keeps the object until its container, ports and private profile are gone.
  static constexpr char kFinalizer[] = "nekoplane.dev/session";

  ObjectMeta metadata;
  BrowserSessionSpec spec;
  BrowserSessionStatus status;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("metadata", s.metadata), f("spec", s.spec), f("status", s.status);
  }
};

}  // namespace nekoplane::v1alpha1
