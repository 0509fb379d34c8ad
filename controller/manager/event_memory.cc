#include "controller/manager/event_memory.h"

#include <utility>

namespace nekoplane::manager {

namespace {

constexpr char kCombined[] = "(combined from similar events): ";

}  // namespace

EventKey EventMemory::See(const v1alpha1::ObjectEvent& event, MonoTime now) {
  EventKey key{{event.involvedObject.uid, event.type, event.reason}, event.message};
  EventRecord* record = Find(key);
  if (record != nullptr && now - record->last_seen >= ttl_ && !record->writing) {
    Erase(key);  // its object is pruned, or about to be
    record = nullptr;
  }
  if (record == nullptr) {
    Flood& flood = floods_[key.group];
    if (now - flood.since >= ttl_) flood = {0, now};
    if (flood.messages >= max_messages_) {
      key.message.clear();
      record = Find(key);
    } else {
      ++flood.messages;
    }
  }
  if (record != nullptr) {
    ++record->event.count;
    record->event.lastTimestamp = event.lastTimestamp;
    if (key.message.empty()) record->event.message = kCombined + event.message;
    record->last_seen = now;
  }
  return key;
}

EventRecord* EventMemory::Find(const EventKey& key) {
  const auto it = records_.find(key);
  return it == records_.end() ? nullptr : &it->second;
}

EventRecord& EventMemory::Insert(const EventKey& key, v1alpha1::ObjectEvent event, MonoTime now) {
  MakeRoom(now);
  if (key.message.empty()) event.message = kCombined + event.message;
  return records_[key] = {.event = std::move(event), .last_seen = now};
}

void EventMemory::MakeRoom(MonoTime now) {
  if (records_.size() < capacity_ && floods_.size() < capacity_) return;
  std::erase_if(floods_, [&](const auto& entry) { return now - entry.second.since >= ttl_; });
  if (floods_.size() >= capacity_) floods_.clear();  // forgetting makes an event too many, no harm
  std::erase_if(records_, [&](const auto& entry) {
    return !entry.second.writing && now - entry.second.last_seen >= ttl_;
  });
  while (records_.size() >= capacity_) {
    auto oldest = records_.end();
    for (auto it = records_.begin(); it != records_.end(); ++it) {
      if (it->second.writing) continue;
      if (oldest == records_.end() || it->second.last_seen < oldest->second.last_seen) oldest = it;
    }
    if (oldest == records_.end()) return;  // all are being written; few enough by then
    records_.erase(oldest);
  }
}

}  // namespace nekoplane::manager
