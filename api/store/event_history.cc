#include "api/store/event_history.h"

#include <algorithm>
#include <utility>

#include "api/base/check.h"

namespace nekoplane::store {

// `previous` is the event before's object and counted there; 200 stands for the control blocks.
std::size_t EventBytes(const Event& event) {
  const Object& object = *event.object;
  return object.bytes.size() + object.key.resource.size() + object.key.ns.size() +
         object.key.name.size() + object.uid.size() + 200;
}

void EventHistory::Append(EventPtr event) {
  NEKO_CHECK(event->version == last() + 1);
  bytes_ += EventBytes(*event);
  Queue& queue = queues_[event->object->key.resource];
  queue.last = event->version;
  queue.events.push_back(std::move(event));
  order_.push_back(&queue);
}

std::vector<EventPtr> EventHistory::Read(std::string_view resource, std::uint64_t after,
                                         std::uint64_t until, std::size_t max) const {
  std::vector<EventPtr> events;
  const auto found = queues_.find(resource);
  if (found == queues_.end()) return events;
  const auto& queue = found->second.events;
  auto at = std::partition_point(queue.begin(), queue.end(),
                                 [&](const EventPtr& e) { return e->version <= after; });
  while (at != queue.end() && (*at)->version <= until && events.size() < max) {
    events.push_back(*at++);
  }
  return events;
}

std::uint64_t EventHistory::LastOf(std::string_view resource) const {
  const auto found = queues_.find(resource);
  return found == queues_.end() ? 0 : found->second.last;
}

std::vector<EventPtr> EventHistory::Trim(std::uint64_t floor) {
  std::vector<EventPtr> dropped;
  while (start_ < floor && (order_.size() > limits_.events || bytes_ > limits_.bytes)) {
    auto& queue = order_.front()->events;
    order_.pop_front();
    bytes_ -= EventBytes(*queue.front());
    dropped.push_back(std::move(queue.front()));
    queue.pop_front();
    ++start_;
  }
  return dropped;
}

}  // namespace nekoplane::store
