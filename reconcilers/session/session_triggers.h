// Who has to look again when something changes. Correctness never rests on it (every wait also ends
// by itself); speed does: a freed place is taken at once, by the session that waits longest.
//
// Thread safety: any thread may call; handlers never block. Lifetime: controllers and informers
// outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "api/v1alpha1/browser_class.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_profile.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/informer/informer.h"
#include "controller/queue/work_queue.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::reconcilers::session {

class SessionTriggers {
 public:
  using Sessions = std::vector<std::shared_ptr<const v1alpha1::BrowserSession>>;

  struct Deps {
    std::function<void(const queue::Key&, int priority)> enqueue;  // of the session controller
    std::function<Sessions()> sessions;                            // Informer::List
  };

  explicit SessionTriggers(Deps deps) : deps_(std::move(deps)) {}

  // Handlers for the informers of these kinds. A session's own status writes do not bring it back:
  // the reconciler says itself when it wants to look again.
  void OnSession(const informer::Change<v1alpha1::BrowserSession>& change);
  void OnNode(const informer::Change<v1alpha1::BrowserNode>& change);
  void OnClass(const informer::Change<v1alpha1::BrowserClass>& change);
  void OnProfile(const informer::Change<v1alpha1::BrowserProfile>& change);
  // Handler for RuntimeDriver::Watch of the driver of `node`.
  void OnHint(std::string_view node, const runtime::Hint& hint);

 private:
  using Wants = std::function<bool(const v1alpha1::BrowserSession&)>;

  // Enqueues the sessions that `wants` picks, oldest first.
  void EnqueueWhere(const Wants& wants);

  const Deps deps_;
};

// Waits for a place.
bool IsPending(const v1alpha1::BrowserSession& session);

}  // namespace nekoplane::reconcilers::session
