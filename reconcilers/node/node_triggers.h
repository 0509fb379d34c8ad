// Which nodes have to look again when something changes.
//
// Thread safety: any thread may call; handlers never block.
#pragma once

#include <functional>
#include <utility>

#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/informer/informer.h"
#include "controller/queue/work_queue.h"

namespace nekoplane::reconcilers::node {

class NodeTriggers {
 public:
  // Controller::EnqueueAfter of the node controller.
  using EnqueueAfter = std::function<void(const queue::Key&, Duration)>;

  explicit NodeTriggers(EnqueueAfter enqueue) : enqueue_(std::move(enqueue)) {}

  // Handlers for the informers of these kinds. A node's own status writes do not bring it back; its
  // end does, once.
  void OnNode(const informer::Change<v1alpha1::BrowserNode>& change) const;
  // A session that took or gave back room changes its node's status, after kAllocationDelay.
  void OnSession(const informer::Change<v1alpha1::BrowserSession>& change) const;

 private:
  const EnqueueAfter enqueue_;
};

}  // namespace nekoplane::reconcilers::node
