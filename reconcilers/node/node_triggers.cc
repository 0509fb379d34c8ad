#include "reconcilers/node/node_triggers.h"

#include <string>

#include "reconcilers/node/node_reconciler.h"

namespace nekoplane::reconcilers::node {
namespace {

// The node on which a session holds room; "" = none.
std::string RoomOn(const v1alpha1::BrowserSession* session) {
  if (session == nullptr || !session->status.ports) return "";
  return session->status.nodeName;
}

}  // namespace

void NodeTriggers::OnNode(const informer::Change<v1alpha1::BrowserNode>& change) const {
  const auto& before = change.before;
  const auto& after = change.after;
  // One that is gone is forgotten.
  const bool wanted = !before || !after || before->metadata.uid != after->metadata.uid ||
                      before->metadata.generation != after->metadata.generation ||
                      before->metadata.deleting() != after->metadata.deleting();
  if (wanted) enqueue_({"", (after ? after : before)->metadata.name}, Duration::zero());
}

void NodeTriggers::OnSession(const informer::Change<v1alpha1::BrowserSession>& change) const {
  if (change.initial) return;
  const std::string before = RoomOn(change.before.get());
  const std::string after = RoomOn(change.after.get());
  if (before == after) return;
  if (!before.empty()) enqueue_({"", before}, kAllocationDelay);
  if (!after.empty()) enqueue_({"", after}, kAllocationDelay);
}

}  // namespace nekoplane::reconcilers::node
