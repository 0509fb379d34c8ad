#include "reconcilers/session/session_triggers.h"

#include <tuple>

#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/conditions.h"

namespace nekoplane::reconcilers::session {
namespace {

using v1alpha1::BrowserNode;
using v1alpha1::BrowserSession;

queue::Key KeyOf(const v1alpha1::ObjectMeta& meta) { return {meta.namespace_, meta.name}; }

bool HoldsRoom(const BrowserSession* session) {
  return session != nullptr && session->status.ports.has_value();
}

bool Queued(const BrowserSession* session) {
  return session != nullptr && session->status.queue.has_value();
}

const v1alpha1::Condition* Ready(const BrowserNode& node) {
  return FindCondition(node.status.conditions, v1alpha1::node::kReady);
}

bool Worked(const BrowserNode& node) {
  const auto* ready = Ready(node);
  return ready != nullptr && ready->is_true();
}

// May a change of this node make room for somebody?
bool Opens(const BrowserNode* before, const BrowserNode& after) {
  if (before == nullptr || before->metadata.generation != after.metadata.generation ||
      before->metadata.labels != after.metadata.labels) {
    return true;
  }
  const auto signs = [](const BrowserNode& node) {
    const auto& status = node.status;
    return std::tuple(Worked(node), IsTrue(status.conditions, v1alpha1::node::kCapable),
                      status.allocatable.memory, status.allocatable.cpu, status.allocatable.gpus,
                      status.allocatable.ports, status.hardware.arch, status.hardware.ramMB,
                      status.hardware.cores);
  };
  return signs(*before) != signs(after);
}

// Must its sessions look at it again?
bool ConcernsItsSessions(const BrowserNode* before, const BrowserNode& after) {
  if (before == nullptr) return Worked(after);
  const auto signs = [](const BrowserNode& node) {
    const auto* ready = Ready(node);
    return std::tuple(Worked(node), ready == nullptr ? std::string() : ready->reason,
                      node.metadata.generation, node.metadata.deleting(),
                      node.status.drainStartedTime);
  };
  return signs(*before) != signs(after);
}

}  // namespace

void SessionTriggers::Wake(const SessionIndex::List& sessions, int priority) {
  for (const auto& session : sessions) enqueue_(KeyOf(session->metadata), priority);
}

void SessionTriggers::WakeUnready(const SessionIndex::List& sessions) {
  for (const auto& session : sessions) {
    if (IsTrue(session->status.conditions, v1alpha1::session::kReady)) continue;
    enqueue_(KeyOf(session->metadata), queue::kPriorityNormal);
  }
}

void SessionTriggers::WakeQueue() {
  for (const auto& key : waiting_.First(kWoken)) enqueue_(key, queue::kPriorityNormal);
}

void SessionTriggers::OnSession(const informer::Change<BrowserSession>& change) {
  index_.Take(change);
  const BrowserSession* before = change.before.get();
  const BrowserSession* after = change.after.get();
  const bool other =
      before != nullptr && (after == nullptr || before->metadata.uid != after->metadata.uid);
  if (other) waiting_.Remove(before->metadata.uid);
  if (after != nullptr) {
    waiting_.Update(*after);
    // Room that was freed before it was seen to wait woke others, so it looks once more.
    const bool wanted = before == nullptr || other || (Queued(after) && !Queued(before)) ||
                        before->metadata.generation != after->metadata.generation ||
                        before->metadata.deleting() != after->metadata.deleting() ||
                        before->metadata.finalizers != after->metadata.finalizers;
    if (wanted) {
      enqueue_(KeyOf(after->metadata),
               change.initial ? queue::kPriorityLow : queue::kPriorityNormal);
    }
  }
  // Whoever leaves the queue leaves room that was kept for it, or moves those behind it up.
  const bool freed = HoldsRoom(before) && !HoldsRoom(after);
  const bool left = Queued(before) && (other || !Queued(after));
  if (freed || left) WakeQueue();
  const bool let_go = before != nullptr && after == nullptr && before->spec.profileRef.has_value();
  if (let_go) {
    WakeUnready(index_.OfProfile(before->metadata.namespace_, before->spec.profileRef->name));
  }
}

void SessionTriggers::OnNode(const informer::Change<BrowserNode>& change) {
  if (change.initial) return;  // the initial list of sessions covers them all
  const BrowserNode* const before = change.before.get();
  if (!change.after) {
    if (before != nullptr) Wake(index_.OnNode(before->metadata.name));
    return;
  }
  const BrowserNode& node = *change.after;
  if (Opens(before, node)) {
    WakeQueue();
    Wake(index_.Pending(), queue::kPriorityLow);
  }
  if (ConcernsItsSessions(before, node)) {
    Wake(index_.OnNode(node.metadata.name), queue::kPriorityLow);
  }
}

void SessionTriggers::OnClass(const informer::Change<v1alpha1::BrowserClass>& change) {
  if (change.initial || !change.after) return;
  WakeUnready(index_.OfClass(change.after->metadata.name));
}

void SessionTriggers::OnProfile(const informer::Change<v1alpha1::BrowserProfile>& change) {
  if (change.initial || !change.after) return;
  const auto& meta = change.after->metadata;
  WakeUnready(index_.OfProfile(meta.namespace_, meta.name));
}

void SessionTriggers::OnHint(std::string_view node, const runtime::Hint& hint) {
  if (hint.session_uid.empty()) {
    // Many at once, of which most are as they were: a user's new session goes before them.
    Wake(index_.OnNode(node), queue::kPriorityLow);
  } else if (const auto session = index_.WithUid(hint.session_uid)) {
    Wake({session});
  }
}

}  // namespace nekoplane::reconcilers::session
