// Pulls images beside the reconciles that want them, whoever asks: at most one pull per node and
// image, a few per node, and not too many in all. The rest wait their turn, those that a session
// waits for first. Keeps progress to show, and backs off after failures.
//
// Thread safety: any thread may call. Never blocks.
// Callbacks: the functions in Deps are called on the caller's or the runner's threads, without a
// lock held; they must not block.
// Lifetime: what Deps refers to outlives it; the runner is stopped before it dies.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/clock.h"
#include "api/base/mutex.h"
#include "controller/queue/work_queue.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/common/background_runner.h"
#include "reconcilers/common/backoff.h"

namespace nekoplane::reconcilers {

// A pull, as one who waits for its image sees it.
struct Pull {
  enum class Kind { kNone, kRunning, kFailed };
  Kind kind = Kind::kNone;
  std::string text;     // progress, or why it failed
  Duration retry_in{};  // kFailed: no new attempt before
};

// A pull, as the node's books have it.
struct NodePull {
  enum class State { kQueued, kRunning, kFailed };
  std::string image;
  State state = State::kQueued;
  std::string detail;         // kRunning: how far it is; kFailed: why
  std::int64_t failures = 0;  // in a row
  bool due = false;           // kFailed: the next attempt may begin
  WallTime retry_at{};        // kFailed: when it may
};

class PullManager {
 public:
  struct Options {
    FailureBackoff backoff;
    int per_node = 2, total = 8;  // pulls at once; more wait
    Duration progress =
        std::chrono::seconds(2);              // what is shown is no older, and changes no faster
    Duration memory = std::chrono::hours(1);  // of a failure after its back-off is over
  };

  struct Deps {
    const runtime::DriverSet& drivers;
    const Clock& clock;
    BackgroundRunner& runner;
    // For every key that waits, when its pull ends well or badly.
    std::function<void(const queue::Key&)> wake;
    // A pull on that node began or ended.
    std::function<void(const std::string& node)> changed;
    // For metrics: one ended, "success" or "error"; one that was told to stop counts as neither.
    std::function<void(std::string_view result, Duration took)> ended = nullptr;
  };

  explicit PullManager(Deps deps) : PullManager(std::move(deps), Options()) {}

  PullManager(Deps deps, Options options) : deps_(std::move(deps)), options_(options) {}

  // What there is to say about that pull; notes that `waiter` wants to hear of its end.
  Pull Look(std::string_view node, std::string_view image, const queue::Key& waiter) EXCLUDES(mu_);
  // Starts the pull, at once or when its turn comes, unless it is under way or backs off.
  void Start(std::string_view node, std::string_view image, const queue::Key& waiter) EXCLUDES(mu_);

  // The same for somebody who follows `changed`: nobody waits for this one. `failures`: in a row,
  // as an earlier process left them written down; the higher count is believed.
  void StartAhead(std::string_view node, std::string_view image, std::int64_t failures)
      EXCLUDES(mu_);
  // Everything known of that node, by image.
  std::vector<NodePull> OnNode(std::string_view node) EXCLUDES(mu_);
  // How many run now, on all nodes.
  int Running() EXCLUDES(mu_);
  // The node is gone: so are its failures, and what has not begun.
  void Forget(std::string_view node) EXCLUDES(mu_);

 private:
  using Id = std::pair<std::string, std::string>;  // node, image

  struct Entry {
    enum class State { kIdle, kQueued, kRunning };
    State state = State::kIdle;
    std::uint64_t turn = 0;  // kQueued: lower first
    std::string detail;
    std::int64_t failures = 0;
    MonoTime retry_at{};
    WallTime retry_at_wall{};
    std::set<queue::Key> waiters;
  };

  Entry& Queue(const Id& id, MonoTime now) REQUIRES(mu_);
  // Takes those whose turn has come; they are to be handed to Begin without the lock.
  std::vector<Id> Admit() REQUIRES(mu_);
  void Begin(const std::vector<Id>& ids) EXCLUDES(mu_);
  void Work(const Context& ctx, const Id& id) EXCLUDES(mu_);
  void Finish(const Id& id, const Result<void>& result, Duration took) EXCLUDES(mu_);

  const Deps deps_;
  const Options options_;

  Mutex mu_;
  std::map<Id, Entry> pulls_ GUARDED_BY(mu_);
  std::map<std::string, int> running_on_ GUARDED_BY(mu_);  // by node; none is absent
  int running_ GUARDED_BY(mu_) = 0;
  std::uint64_t turns_ GUARDED_BY(mu_) = 0;
};

}  // namespace nekoplane::reconcilers
