// What reconcilers tell people besides conditions: "this happened", once.
#pragma once

#include <string>

#include "api/v1alpha1/core.h"
#include "controller/manager/event_recorder.h"

namespace nekoplane::reconcilers {

// An event before it has an object: decisions are pure and only note what is to be told.
struct EventNote {
  bool warning = false;
  std::string reason, message;  // reason: CamelCase, stable; message: holds no secret

  friend bool operator==(const EventNote&, const EventNote&) = default;
};

template <class T>
void TellEvent(manager::EventRecorder& recorder, const T& object, const EventNote& note) {
  recorder.Event({.kind = T::kKind,
                  .namespace_ = object.metadata.namespace_,
                  .name = object.metadata.name,
                  .uid = object.metadata.uid,
                  .apiVersion = v1alpha1::kApiVersion,
                  .resourceVersion = object.metadata.resourceVersion,
                  .fieldPath = ""},
                 note.warning ? manager::EventType::kWarning : manager::EventType::kNormal,
                 note.reason, note.message);
}

}  // namespace nekoplane::reconcilers
