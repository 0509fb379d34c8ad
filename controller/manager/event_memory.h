// What an event recorder remembers, so that it can count repetitions and combine floods. Pure: no
// I/O, no clock; internal to event_recorder.cc.
//
// Thread safety: none; its owner locks.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "api/base/clock.h"
#include "api/v1alpha1/core.h"

namespace nekoplane::manager {

struct EventGroup {
  std::string uid, type, reason;
  friend auto operator<=>(const EventGroup&, const EventGroup&) = default;
};

struct EventKey {
  EventGroup group;
  std::string message;  // "" for the combined event of a group
  friend auto operator<=>(const EventKey&, const EventKey&) = default;
};

struct EventRecord {
  v1alpha1::ObjectEvent event;  // as it should be stored
  MonoTime last_seen;
  bool stored = false;   // the object exists: raise its count instead of making it
  bool writing = false;  // a write is under way
  bool dirty = false;    // the record changed since that write began
};

class EventMemory {
 public:
  EventMemory(Duration ttl, std::size_t capacity, int max_messages)
      : ttl_(ttl), capacity_(capacity), max_messages_(max_messages) {}

  // The key under which the event counts; raises its count if it is remembered.
  EventKey See(const v1alpha1::ObjectEvent& event, MonoTime now);

  // nullptr if it is not remembered.
  EventRecord* Find(const EventKey& key);
  EventRecord& Insert(const EventKey& key, v1alpha1::ObjectEvent event, MonoTime now);

  void Erase(const EventKey& key) { records_.erase(key); }

 private:
  struct Flood {
    int messages = 0;
    MonoTime since;
  };

  void MakeRoom(MonoTime now);

  const Duration ttl_;
  const std::size_t capacity_;
  const int max_messages_;
  std::map<EventKey, EventRecord> records_;
  std::map<EventGroup, Flood> floods_;
};

}  // namespace nekoplane::manager
