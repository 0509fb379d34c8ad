// Q1: Who waits for room says where it stands, and the first finds none.
//
// That each who waits finds no room that is not kept for those ahead is L2.
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/conditions.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

std::unique_ptr<reconcilers::PlacementQueue> QueueOf(const View& view) {
  auto queue = std::make_unique<reconcilers::PlacementQueue>();
  for (const auto& session : view.program.client().List<v1alpha1::BrowserSession>()) {
    queue->Update(session);
  }
  return queue;
}

void CheckQueue(const View& view, Wrong& wrong) {
  const auto queue = QueueOf(view);
  for (const auto& session : view.program.client().List<v1alpha1::BrowserSession>()) {
    namespace cond = v1alpha1::session;
    const auto why = reconcilers::ReasonOf(session.status.conditions, cond::kScheduled);
    const bool waits = !session.metadata.deleting() && why == cond::kReasonUnschedulable;
    // It keeps its turn while the machines that could run it are away.
    if (why == cond::kReasonNoCapableNode && session.status.queue) continue;
    if (waits != session.status.queue.has_value()) {
      wrong.push_back(Describe(session) + (waits ? " waits, but not in the queue"
                                                 : " is in the queue, but does not wait"));
      continue;
    }
    if (!waits) continue;
    const auto at = queue->Look(reconcilers::AsWaiting(session, WallTime{}));
    if (session.status.queue->position != at.position) {
      wrong.push_back(NameOf(session) + " says it is number " +
                      std::to_string(session.status.queue->position) + ", but is " +
                      std::to_string(at.position));
    }
    if (at.position == 1 && !at.closed_nodes.empty()) {
      wrong.push_back(NameOf(session) + " is the first, but room is kept from it");
    }
  }
}

}  // namespace nekoplane::sim
