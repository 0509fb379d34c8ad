// What reconcilers tell people besides conditions: "this happened", once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/v1alpha1/core.h"

namespace nekoplane::reconcilers {

// One event before it has an object. `reason` is CamelCase and stable; `message` holds no secret.
struct EventNote {
  bool warning = false;
  std::string reason, message;

  friend bool operator==(const EventNote&, const EventNote&) = default;
};

// Thread safety: any thread may call. Never blocks, never fails: events are best effort.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Emit(const v1alpha1::ObjectReference& about, const EventNote& note) = 0;
};

template <class T>
v1alpha1::ObjectReference ReferenceTo(const T& object) {
  return {.kind = T::kKind,
          .namespace_ = object.metadata.namespace_,
          .name = object.metadata.name,
          .uid = object.metadata.uid,
          .apiVersion = v1alpha1::kApiVersion,
          .resourceVersion = object.metadata.resourceVersion,
          .fieldPath = ""};
}

}  // namespace nekoplane::reconcilers
