// Who has to look again when something changes. Correctness never rests on it (every wait also ends
// by itself); speed does: freed room is taken at once, by the sessions that are first in the queue.
//
// Thread safety: any thread may call; handlers never block. Lifetime: controllers and informers
// outlive it.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "api/v1alpha1/browser_class.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_profile.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/informer/informer.h"
#include "controller/queue/work_queue.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/common/placement_queue.h"
#include "reconcilers/session/session_index.h"

namespace nekoplane::reconcilers::session {

// How many of those that wait look again when room is freed. More could not take it at once, and
// each one that is placed brings the next.
inline constexpr std::size_t kWoken = 32;

class SessionTriggers {
 public:
  // Of the session controller.
  using Enqueue = std::function<void(const queue::Key&, int priority)>;

  // `waiting` is kept up to date with the sessions, and outlives it.
  SessionTriggers(Enqueue enqueue, PlacementQueue& waiting)
      : enqueue_(std::move(enqueue)), waiting_(waiting) {}

  // Handlers for the informers of these kinds. A session's own status writes do not bring it back:
  // the reconciler says itself when it wants to look again.
  void OnSession(const informer::Change<v1alpha1::BrowserSession>& change);
  void OnNode(const informer::Change<v1alpha1::BrowserNode>& change);
  void OnClass(const informer::Change<v1alpha1::BrowserClass>& change);
  void OnProfile(const informer::Change<v1alpha1::BrowserProfile>& change);
  // Handler for RuntimeDriver::Watch of the driver of `node`.
  void OnHint(std::string_view node, const runtime::Hint& hint);

 private:
  void Wake(const SessionIndex::List& sessions, int priority = queue::kPriorityNormal);
  // Of a class or profile: what is Ready needs nothing of it.
  void WakeUnready(const SessionIndex::List& sessions);
  void WakeQueue();

  const Enqueue enqueue_;
  PlacementQueue& waiting_;
  SessionIndex index_;
};

}  // namespace nekoplane::reconcilers::session
