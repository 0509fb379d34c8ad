#include "controller/manager/event_recorder.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "api/base/check.h"
#include "api/base/mutex.h"
#include "api/codec/json_codec.h"
#include "controller/manager/event_memory.h"

namespace nekoplane::manager {

namespace {

using v1alpha1::ObjectEvent;

constexpr std::size_t kMaxMessage = 1024;
constexpr std::size_t kMaxPrunedAtOnce = 1000;

// "<object>.<16 hex digits>", as kubectl users know it; within the 253 characters of a name.
std::string NameFor(const std::string& object, std::uint64_t number) {
  char suffix[18];
  std::snprintf(suffix, sizeof suffix, ".%016llx", static_cast<unsigned long long>(number));
  return object.substr(0, 236) + suffix;
}

// Cut at a character's border.
std::string Shortened(std::string_view message) {
  if (message.size() <= kMaxMessage) return std::string(message);
  std::size_t end = kMaxMessage - 3;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;
  return std::string(message.substr(0, end)) + "...";
}

}  // namespace

struct StoreEventRecorder::Impl : std::enable_shared_from_this<Impl> {
  Impl(registry::Registry& r, const Clock& c, Timers& t, Random& n, Logger& l,
       EventRecorderOptions o)
      : registry(r),
        clock(c),
        timers(t),
        random(n),
        log(l),
        options(std::move(o)),
        kind(r.kinds().FindResource("", "v1", "events")),
        memory(options.ttl, options.max_remembered, options.max_messages) {
    NEKO_CHECK(kind != nullptr);
  }

  // Runs `step` unless the recorder is being destroyed, which waits for it.
  template <class Step>
  void Guarded(Step step) EXCLUDES(mu) {
    {
      MutexLock lock(mu);
      if (closed) return;
      ++running;
    }
    step();
    MutexLock lock(mu);
    --running;
    idle.NotifyAll();
  }

  void See(ObjectEvent event) EXCLUDES(mu) {
    const MonoTime now = clock.Now();
    event.metadata.name = NameFor(event.involvedObject.name, random.Next64());
    EventKey key;
    {
      MutexLock lock(mu);
      key = memory.See(event, now);
      EventRecord* record = memory.Find(key);
      if (record != nullptr && record->writing) {
        record->dirty = true;  // written once more when that is done
        return;
      }
      // Dropped; if it is a repetition, the next one that is written counts it too.
      if (writes >= options.max_writes) return;
      if (record == nullptr) record = &memory.Insert(key, std::move(event), now);
      record->writing = true;
      ++writes;
    }
    Write(key);
  }

  // REQUIRES: the record is marked as being written.
  void Write(const EventKey& key) EXCLUDES(mu) {
    ObjectEvent event;
    bool stored = false;
    {
      MutexLock lock(mu);
      const EventRecord* record = memory.Find(key);
      NEKO_CHECK(record != nullptr);
      event = record->event;
      stored = record->stored;
    }
    // The store may answer after the recorder is gone.
    auto done = [weak = weak_from_this(), key](Result<registry::WriteReply> reply) {
      if (const auto self = weak.lock()) {
        self->Guarded([&] { self->Written(key, reply); });
      }
    };
    const auto& meta = event.metadata;
    if (stored) {
      nlohmann::json patch = {{"count", event.count},
                              {"lastTimestamp", event.lastTimestamp},
                              {"message", event.message}};
      registry.Patch(*kind, meta.namespace_, meta.name, registry::PatchType::kMerge,
                     std::move(patch), registry::Subresource::kNone, {}, std::move(done));
    } else {
      registry.Create(*kind, meta.namespace_, codec::Encode(event), {}, std::move(done));
    }
  }

  void Written(const EventKey& key, const Result<registry::WriteReply>& reply) EXCLUDES(mu) {
    bool again = false;
    {
      MutexLock lock(mu);
      EventRecord* record = memory.Find(key);
      NEKO_CHECK(record != nullptr);
      // Somebody deleted the event that was counted: the next write makes it anew.
      const bool vanished = record->stored && reply.is(Code::kNotFound);
      if (reply.has_value() || vanished) {
        record->stored = !vanished;
        again = vanished || std::exchange(record->dirty, false);
      }
      if (!again) {
        record->writing = false;
        --writes;
        if (!reply.has_value()) memory.Erase(key);
      }
    }
    if (again) {
      Write(key);
    } else if (!reply.has_value()) {
      log.Debug("event dropped",
                {{"reason", key.group.reason}, {"error", reply.error().ToString()}});
    }
  }

  // Removes what was last seen longer ago than the ttl, and the oldest beyond the limit.
  void Prune() {
    struct Old {
      WallTime last;
      std::string ns, name, uid;
    };

    std::vector<Old> events;
    const auto snapshot = registry.store().List(ObjectEvent::kResource);
    snapshot->ForEach("", "", [&](const store::ObjectPtr& object) {
      const auto event = codec::Decode<ObjectEvent>(object->bytes);
      // What has no readable time is as old as can be.
      auto last = event ? ParseTime(event->lastTimestamp) : Result<WallTime>(WallTime{});
      events.push_back({last ? *last : WallTime{}, object->key.ns, object->key.name, object->uid});
      return true;
    });
    std::stable_sort(events.begin(), events.end(),
                     [](const Old& a, const Old& b) { return a.last < b.last; });
    const WallTime expired = clock.WallNow() - options.ttl;
    const std::size_t excess =
        events.size() > options.max_events ? events.size() - options.max_events : 0;
    for (std::size_t i = 0; i < std::min(events.size(), kMaxPrunedAtOnce); ++i) {
      const Old& old = events[i];
      if (i >= excess && old.last > expired) break;
      registry.Delete(*kind, old.ns, old.name, {.uid = old.uid}, [](const auto&) {});
    }
  }

  void Arm() EXCLUDES(mu) {
    auto next = timers.After(options.prune_interval, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->Guarded([&] {
          self->Prune();
          self->Arm();
        });
      }
    });
    MutexLock lock(mu);
    if (!closed) std::swap(timer, next);
    // `next`, by now the handle that fired or one that came too late, goes after the lock.
  }

  void Close() EXCLUDES(mu) {
    std::unique_ptr<Timers::Handle> last;
    {
      MutexLock lock(mu);
      closed = true;
      last = std::move(timer);
    }
    last.reset();
    MutexLock lock(mu);
    while (running > 0) idle.Wait(mu);
  }

  // Constant after construction.
  registry::Registry& registry;
  const Clock& clock;
  Timers& timers;
  Random& random;
  Logger& log;
  const EventRecorderOptions options;
  const codec::Kind* const kind;

  Mutex mu;
  CondVar idle;
  bool closed GUARDED_BY(mu) = false;
  int running GUARDED_BY(mu) = 0;
  std::size_t writes GUARDED_BY(mu) = 0;
  EventMemory memory GUARDED_BY(mu);
  std::unique_ptr<Timers::Handle> timer GUARDED_BY(mu);
};

StoreEventRecorder::StoreEventRecorder(registry::Registry& registry, const Clock& clock,
                                       Timers& timers, Random& random, Logger& log,
                                       EventRecorderOptions options)
    : impl_(std::make_shared<Impl>(registry, clock, timers, random, log, std::move(options))) {
  impl_->Arm();
}

StoreEventRecorder::~StoreEventRecorder() { impl_->Close(); }

void StoreEventRecorder::Event(const v1alpha1::ObjectReference& about, EventType type,
                               std::string_view reason, std::string_view message) {
  ObjectEvent event;
  // Events of what has no namespace live where kubectl looks for them.
  event.metadata.namespace_ = about.namespace_.empty() ? "default" : about.namespace_;
  event.involvedObject = about;
  event.type = type == EventType::kWarning ? "Warning" : "Normal";
  event.reason = reason;
  event.message = Shortened(message);
  event.source.component = impl_->options.component;
  event.firstTimestamp = event.lastTimestamp = FormatTime(impl_->clock.WallNow());
  impl_->Guarded([&] { impl_->See(std::move(event)); });
}

}  // namespace nekoplane::manager
