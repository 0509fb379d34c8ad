// The sessions that wait for room, in the order in which they get it.
//
// The higher priority goes first. Among equals the namespaces take turns, each with the session
// that waits longest. A session that found no room has a nominated node: its room is kept for it,
// so that whoever is behind in the queue cannot take it bit by bit, and a big session is not
// starved by small ones. Who is ahead may take it.
//
// It only mirrors what the sessions' statuses say (status.queue), so that a restart forgets
// nothing. Thread safety: any thread may call; nothing blocks. Cost: a change is O(log n) in
// sessions (and moves pointers); a look is O(namespaces + nominated nodes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/mutex.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/queue/work_queue.h"

namespace nekoplane::reconcilers {

class PlacementQueue {
 public:
  // One who waits, or who asks where it would stand.
  struct Waiting {
    queue::Key key;
    std::string uid;
    std::int64_t priority = 0;
    WallTime since{};
    std::string nominated_node;  // "" = none
  };

  struct View {
    std::int64_t position = 1;           // 1 = next
    std::set<std::string> closed_nodes;  // nominated by those ahead
  };

  // Brings it up to date with what is stored of one session. A session is in the queue while it
  // wants to run, holds no room and says in status.queue that it waits.
  void Update(const v1alpha1::BrowserSession& session);
  void Remove(std::string_view uid);

  // Where `who` stands, or would stand if it came now; what is stored of it does not count.
  View Look(const Waiting& who) const;

  // The first `count` of them, in order.
  std::vector<queue::Key> First(std::size_t count) const;

  std::size_t size() const;

 private:
  using Line = std::vector<const Waiting*>;   // of a namespace, longest first
  using Level = std::map<std::string, Line>;  // of a priority, by namespace
  using Levels = std::map<std::int64_t, Level, std::greater<>>;

  void Insert(Waiting waiting) REQUIRES(mu_);
  void Erase(std::string_view uid) REQUIRES(mu_);
  // How many of its own namespace and priority wait longer.
  std::size_t RankOf(const Waiting& who) const REQUIRES(mu_);

  mutable Mutex mu_;
  std::map<std::string, std::unique_ptr<const Waiting>, std::less<>> by_uid_ GUARDED_BY(mu_);
  Levels levels_ GUARDED_BY(mu_);
  std::map<std::string, std::set<const Waiting*>> nominators_ GUARDED_BY(mu_);  // by node
};

// As the queue sees it: waiting since what its status says, or since `now`.
PlacementQueue::Waiting AsWaiting(const v1alpha1::BrowserSession& session, WallTime now);

}  // namespace nekoplane::reconcilers
