// The newest events, by resource, bounded in number and bytes: what a watch resumes from and a list
// at an older version is worked out with.
//
// Shared by MemoryStore and SqliteStore; not part of the store's contract.
//
// Thread safety: none; EventHub guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/store/store.h"

namespace nekoplane::store {

struct HistoryLimits {
  std::size_t events = 100'000;
  std::size_t bytes = 32 << 20;
};

// What keeping `event` costs in memory, about.
std::size_t EventBytes(const Event& event);

class EventHistory {
 public:
  // Events up to `start` are not known.
  EventHistory(HistoryLimits limits, std::uint64_t start) : limits_(limits), start_(start) {}

  // REQUIRES: event->version is last() + 1.
  void Append(EventPtr event);

  // Every event after start() up to last() is here.
  std::uint64_t start() const { return start_; }

  std::uint64_t last() const { return start_ + order_.size(); }

  // At most `max` events of `resource` with after < version <= until, in order.
  // REQUIRES: after >= start().
  std::vector<EventPtr> Read(std::string_view resource, std::uint64_t after, std::uint64_t until,
                             std::size_t max) const;

  // Of the last event of `resource` that was appended, also if it was dropped since; 0 if none was.
  std::uint64_t LastOf(std::string_view resource) const;

  // Drops the oldest events while there are too many, but none after `floor`. The caller destroys
  // what it gets back, outside its lock.
  std::vector<EventPtr> Trim(std::uint64_t floor);

 private:
  struct Queue {
    std::deque<EventPtr> events;
    std::uint64_t last = 0;
  };

  const HistoryLimits limits_;
  std::uint64_t start_;
  std::size_t bytes_ = 0;
  std::map<std::string, Queue, std::less<>> queues_;
  std::deque<Queue*> order_;  // the queue of each event in order; map nodes do not move
};

}  // namespace nekoplane::store
