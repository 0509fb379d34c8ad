#include "api/server/watcher.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/base/mutant.h"
#include "api/server/watch_set.h"

namespace nekoplane::server {
namespace {

constexpr Duration kBookmarkInterval = std::chrono::seconds(60);
// A last bookmark shortly before the end lets the client resume from where it was.
constexpr Duration kLastBookmark = std::chrono::seconds(2);
// A stream drops whose buffer (1 MiB) is full, so a writer with more to say stays well below that.
constexpr std::size_t kEnoughQueued = 256 * 1024;
constexpr std::size_t kMaxWaiting = 10'000;
constexpr Duration kFlushInterval = std::chrono::milliseconds(10);

}  // namespace

std::optional<Sight> SightOf(const Selection& selection, const store::Event& event) {
  if (event.type == store::EventType::kDeleted) {
    if (!selection.Matches(event.previous ? *event.previous : *event.object)) return std::nullopt;
    return Sight{FrameType::kDeleted, false};
  }
  const bool now = selection.Matches(*event.object);
  const bool before = event.previous != nullptr && selection.Matches(*event.previous);
  if (now) return Sight{before ? FrameType::kModified : FrameType::kAdded, false};
  if (before && !NEKO_MUTANT(kLeavingNotTold)) return Sight{FrameType::kDeleted, true};
  return std::nullopt;
}

Watcher::Watcher(Deps deps, WatchPlan plan, std::shared_ptr<http::Stream> stream)
    : deps_(std::move(deps)),
      plan_(std::move(plan)),
      resource_(plan_.style.kind->resource()),
      stream_(std::move(stream)),
      deadline_(deps_.clock.Now() + plan_.lifetime),
      columns_due_(plan_.style.how.transform == Transform::kTable),
      last_version_(plan_.after),
      next_bookmark_(deps_.clock.Now() + kBookmarkInterval) {
  if (deps_.on_watch) deps_.on_watch(1);
}

void Watcher::Begin(std::uint64_t id) {
  {
    MutexLock lock(mu_);
    id_ = id;
  }
  SendInitial();
  auto subscription =
      deps_.store.Watch(resource_, plan_.after,
                        [weak = weak_from_this()](const std::vector<store::EventPtr>& events) {
                          if (const auto self = weak.lock()) self->OnEvents(events);
                        });
  if (!subscription) {
    {
      MutexLock lock(mu_);
      Write(std::make_shared<const std::string>(
          EncodeError(deps_.status_body(subscription.error()))));
    }
    stream_->Close();
    deps_.watches.Retire(id);
    return;
  }
  MutexLock lock(mu_);
  if (ended_) return;  // the subscription is destroyed after the lock is released
  subscription_ = std::move(*subscription);
  ArmTimer();
}

void Watcher::End() {
  std::unique_ptr<Subscription> subscription;
  std::unique_ptr<Timers::Handle> timer, flush_timer;
  bool first = false;
  {
    MutexLock lock(mu_);
    first = !std::exchange(ended_, true);
    subscription.swap(subscription_);
    timer.swap(timer_);
    flush_timer.swap(flush_timer_);
    waiting_.clear();
  }
  stream_->Close();
  if (first && deps_.on_watch) deps_.on_watch(-1);
}

void Watcher::SendInitial() {
  if (!plan_.initial_events) return;
  // One chunk: a stream takes a first chunk of any size, but drops who lets many pile up.
  std::string out;
  FrameStyle style = plan_.style;
  MutexLock lock(mu_);
  const WallTime now = deps_.clock.WallNow();
  plan_.start->ForEach("", "", [&](const store::ObjectPtr& object) {
    if (!plan_.selection.Matches(*object)) return true;
    style.with_columns = out.empty() && style.how.transform == Transform::kTable;
    out += EncodeEvent(FrameType::kAdded, *object, style, now);
    return true;
  });
  if (plan_.initial_end_bookmark) {
    style.with_columns = out.empty() && style.how.transform == Transform::kTable;
    out += EncodeBookmark(plan_.after, true, style);
  }
  if (out.empty()) return;
  columns_due_ = false;
  Write(std::make_shared<const std::string>(std::move(out)));
}

Frame Watcher::FrameFor(const store::Event& event, const Sight& sight) {
  FrameStyle style = plan_.style;
  style.with_columns = std::exchange(columns_due_, false);
  const FrameCache::Key key{event.version, static_cast<int>(sight.type) * 2 + (sight.left ? 1 : 0),
                            style.code()};
  return deps_.frames.Get(key, [&] {
    const WallTime now = deps_.clock.WallNow();
    if (!sight.left) return EncodeEvent(sight.type, *event.object, style, now);
    return EncodeEvent(sight.type, WithVersion(*event.previous, event.version), style, now);
  });
}

bool Watcher::Write(Frame frame) {
  if (ended_) return false;
  if (stream_->Write(std::move(frame))) return true;
  deps_.watches.Retire(id_);
  return false;
}

bool Watcher::Deliver(const store::Event& event) {
  last_version_ = std::max(last_version_, event.version);
  const auto sight = SightOf(plan_.selection, event);
  if (!sight) return true;
  Frame frame = FrameFor(event, *sight);
  ++frames_;
  bytes_ += frame->size();
  return Write(std::move(frame));
}

void Watcher::OnEvents(const std::vector<store::EventPtr>& events) {
  {
    MutexLock lock(mu_);
    if (ended_) return;
    waiting_.insert(waiting_.end(), events.begin(), events.end());
    if (waiting_.size() > kMaxWaiting) {
      // It will not catch up any more: starting over with a list is cheaper for both.
      deps_.watches.Retire(id_);
      return;
    }
  }
  Flush();
}

void Watcher::Flush() {
  std::size_t frames = 0, bytes = 0;
  {
    MutexLock lock(mu_);
    while (!ended_ && !waiting_.empty() && stream_->queued() < kEnoughQueued) {
      const store::EventPtr event = std::move(waiting_.front());
      waiting_.pop_front();
      if (!Deliver(*event)) waiting_.clear();
    }
    if (!ended_ && !waiting_.empty()) ArmFlush();
    frames = std::exchange(frames_, 0);
    bytes = std::exchange(bytes_, 0);
  }
  if (frames > 0 && deps_.on_frames) deps_.on_frames(frames, bytes);
}

void Watcher::ArmFlush() {
  if (std::exchange(flush_armed_, true)) return;
  flush_timer_ = deps_.timers.After(kFlushInterval, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    {
      MutexLock lock(self->mu_);
      self->flush_armed_ = false;
    }
    self->Flush();
  });
}

void Watcher::ArmTimer() {
  if (ended_) return;
  MonoTime wake = deadline_;
  if (plan_.bookmarks) wake = std::min(wake, next_bookmark_);
  const Duration delay = std::max(Duration::zero(), Duration(wake - deps_.clock.Now()));
  // The old handle, if any, is the one whose callback is running right now: destroying it returns.
  timer_ = deps_.timers.After(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->OnTimer();
  });
}

void Watcher::OnTimer() {
  const MonoTime now = deps_.clock.Now();
  if (now >= deadline_) {
    std::uint64_t id = 0;
    {
      MutexLock lock(mu_);
      id = id_;
    }
    stream_->Close();
    deps_.watches.Retire(id);
    return;
  }
  bool due = false;
  {
    MutexLock lock(mu_);
    due = plan_.bookmarks && now >= next_bookmark_;
  }
  if (due) SendBookmark();
  MutexLock lock(mu_);
  if (due) {
    next_bookmark_ = now + kBookmarkInterval;
    const MonoTime last = deadline_ - kLastBookmark;
    if (last > now && last < next_bookmark_) next_bookmark_ = last;
  }
  ArmTimer();
}

void Watcher::SendBookmark() {
  std::uint64_t last = 0;
  {
    MutexLock lock(mu_);
    last = last_version_;
  }
  // Versions also move with other resources. Nothing says how far delivery has come when nothing is
  // delivered, so look: if nothing of ours changed since, then everything up to now was delivered.
  // In this order: what changes in between is seen.
  const std::uint64_t now = deps_.store.Version();
  const bool told_all = deps_.store.LastChange(resource_) <= last || NEKO_MUTANT(kBookmarkTooFar);
  MutexLock lock(mu_);
  if (told_all && last_version_ == last) last_version_ = std::max(last, now);
  FrameStyle style = plan_.style;
  style.with_columns = std::exchange(columns_due_, false);
  Write(std::make_shared<const std::string>(EncodeBookmark(last_version_, false, style)));
}

}  // namespace nekoplane::server
