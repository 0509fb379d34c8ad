// The few core kinds nekoplane reads and writes itself.
#pragma once

#include "api/v1alpha1/object_meta.h"

namespace nekoplane::v1alpha1 {

// v1 Secret. `data` values are base64, as on the wire.
struct Secret {
  static constexpr char kKind[] = "Secret";
  static constexpr char kResource[] = "secrets";

  ObjectMeta metadata;
  std::string type;
  StringMap data;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("metadata", s.metadata), f("type", s.type), f("data", s.data);
  }
};

struct ObjectReference {
  std::string kind, namespace_, name, uid, apiVersion, resourceVersion, fieldPath;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("kind", s.kind), f("namespace", s.namespace_), f("name", s.name), f("uid", s.uid);
    f("apiVersion", s.apiVersion), f("resourceVersion", s.resourceVersion);
    f("fieldPath", s.fieldPath);
  }
};

struct EventSource {
  std::string component;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("component", s.component);
  }
};

// v1 Event.
struct ObjectEvent {
  static constexpr char kKind[] = "Event";
  static constexpr char kResource[] = "events";

  ObjectMeta metadata;
  ObjectReference involvedObject;
  std::string reason, message, type;  // type: Normal | Warning
  EventSource source;
  std::string firstTimestamp, lastTimestamp;
  std::int64_t count = 1;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("metadata", s.metadata), f("involvedObject", s.involvedObject), f("reason", s.reason);
    f("message", s.message), f("type", s.type), f("source", s.source);
    f("firstTimestamp", s.firstTimestamp), f("lastTimestamp", s.lastTimestamp);
    f("count", s.count);
  }
};

}  // namespace nekoplane::v1alpha1
