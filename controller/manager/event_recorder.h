// EventRecorder tells people what happened to an object, as v1 Events (`kubectl describe`).
//
// Best effort: an event that cannot be written is dropped, and nothing depends on events. The same
// event again (object, type, reason, message) raises the count of the first one. Many different
// messages for one reason are combined. Events go an hour after they were last seen.
//
// Thread safety: any thread may call. Blocking: never; the writes are answered elsewhere.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/base/random.h"
#include "api/registry/registry.h"
#include "api/v1alpha1/core.h"

namespace nekoplane::manager {

enum class EventType { kNormal, kWarning };

class EventRecorder {
 public:
  virtual ~EventRecorder() = default;
  // `about` names the object, uid included; `reason` is CamelCase and stable; `message` is a
  // sentence and holds no secret.
  virtual void Event(const v1alpha1::ObjectReference& about, EventType type,
                     std::string_view reason, std::string_view message) = 0;
};

struct EventRecorderOptions {
  std::string component = "nekoplane";
  Duration ttl = std::chrono::hours(1);
  Duration prune_interval = std::chrono::minutes(5);
  std::size_t max_events = 5000;      // stored; the oldest go first
  std::size_t max_remembered = 2000;  // for counting repetitions
  std::size_t max_writes = 64;        // at the same time; more are dropped
  int max_messages = 10;              // different ones of one reason, then they are combined
};

// Writes through the registry and prunes on a timer.
// Lifetime: what it is given outlives it; the destructor waits for callbacks that are running.
// `random`
//     must be safe on any thread that calls Event.
class StoreEventRecorder final : public EventRecorder {
 public:
  StoreEventRecorder(registry::Registry& registry, const Clock& clock, Timers& timers,
                     Random& random, Logger& log, EventRecorderOptions options = {});
  ~StoreEventRecorder() override;

  void Event(const v1alpha1::ObjectReference& about, EventType type, std::string_view reason,
             std::string_view message) override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace nekoplane::manager
