// One open watch: store events in, frames out.
//
// Thread safety: any thread may call. mu_ puts frames in order, so it is held while frames are
//     written: Stream::Write neither blocks nor calls back.
// Lifetime: owned by WatchSet; what it refers to outlives End().
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/mutex.h"
#include "api/base/status.h"
#include "api/base/subscription.h"
#include "api/http/message.h"
#include "api/server/frame_cache.h"
#include "api/server/frames.h"
#include "api/server/selection.h"
#include "api/store/store.h"

namespace nekoplane::server {

class WatchSet;

// What this selection sees of an event; nullopt: nothing.
std::optional<Sight> SightOf(const Selection& selection, const store::Event& event);

struct WatchPlan {
  Selection selection;
  FrameStyle style;
  // Events after this version are delivered.
  std::uint64_t after = 0;
  // The objects of `after`; needed for initial events. May be null otherwise.
  store::SnapshotPtr start;
  bool initial_events = false;  // synthetic ADDED for what is selected of `start`
  bool initial_end_bookmark = false;
  bool bookmarks = false;
  Duration lifetime = Duration::zero();
};

class Watcher : public std::enable_shared_from_this<Watcher> {
 public:
  struct Deps {
    store::Store& store;
    const Clock& clock;
    Timers& timers;
    FrameCache& frames;
    WatchSet& watches;
    std::function<void(int delta)> on_watch;                               // may be empty
    std::function<void(std::size_t frames, std::size_t bytes)> on_frames;  // may be empty
    // The Status that becomes the last frame when the store refuses the watch.
    std::function<std::string(const Status&)> status_body;
  };

  Watcher(Deps deps, WatchPlan plan, std::shared_ptr<http::Stream> stream);

  // Sends the initial events and begins to deliver. `id` is what WatchSet::Add returned. Called
  // once.
  void Begin(std::uint64_t id) EXCLUDES(mu_);

  // Closes the stream and waits until no callback is running. Idempotent.
  void End() EXCLUDES(mu_);

 private:
  void SendInitial() EXCLUDES(mu_);
  void OnEvents(const std::vector<store::EventPtr>& events) EXCLUDES(mu_);
  // Sends what waits, as far as the stream has room, and comes back for the rest.
  void Flush() EXCLUDES(mu_);
  // One event; false: no more can be written.
  bool Deliver(const store::Event& event) REQUIRES(mu_);
  void ArmFlush() REQUIRES(mu_);
  void OnTimer() EXCLUDES(mu_);
  void SendBookmark() EXCLUDES(mu_);
  void ArmTimer() REQUIRES(mu_);
  Frame FrameFor(const store::Event& event, const Sight& sight) REQUIRES(mu_);
  bool Write(Frame frame) REQUIRES(mu_);

  const Deps deps_;
  const WatchPlan plan_;
  const std::string resource_;
  const std::shared_ptr<http::Stream> stream_;
  const MonoTime deadline_;

  Mutex mu_;
  std::uint64_t id_ GUARDED_BY(mu_) = 0;
  bool ended_ GUARDED_BY(mu_) = false;
  bool columns_due_ GUARDED_BY(mu_);
  std::uint64_t last_version_ GUARDED_BY(mu_);  // everything up to here was delivered
  MonoTime next_bookmark_ GUARDED_BY(mu_);
  // Events that the client was too slow for. They are shared with the store's history, so waiting
  // costs pointers; encoded they would cost their size for each watcher.
  std::deque<store::EventPtr> waiting_ GUARDED_BY(mu_);
  std::size_t frames_ GUARDED_BY(mu_) = 0, bytes_ GUARDED_BY(mu_) = 0;  // not yet reported
  std::unique_ptr<Subscription> subscription_ GUARDED_BY(mu_);
  bool flush_armed_ GUARDED_BY(mu_) = false;
  std::unique_ptr<Timers::Handle> flush_timer_ GUARDED_BY(mu_);
  std::unique_ptr<Timers::Handle> timer_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::server
