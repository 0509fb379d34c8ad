#include "reconcilers/session/session_triggers.h"

#include <algorithm>
#include <tuple>

#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/conditions.h"

namespace nekoplane::reconcilers::session {
namespace {

using v1alpha1::BrowserSession;

queue::Key KeyOf(const v1alpha1::ObjectMeta& meta) { return {meta.namespace_, meta.name}; }

bool HoldsRoom(const BrowserSession* session) {
  return session != nullptr && session->status.ports.has_value();
}

bool Worked(const v1alpha1::BrowserNode& node) {
  return IsTrue(node.status.conditions, v1alpha1::node::kReady);
}

// May a change of this node make room for somebody?
bool Opens(const v1alpha1::BrowserNode* before, const v1alpha1::BrowserNode& after) {
  if (before == nullptr || before->metadata.generation != after.metadata.generation ||
      before->metadata.labels != after.metadata.labels) {
    return true;
  }
  const auto signs = [](const v1alpha1::BrowserNode& node) {
    const auto& status = node.status;
    return std::tuple(Worked(node), IsTrue(status.conditions, v1alpha1::node::kCapable),
                      status.allocatable.memory, status.allocatable.cpu, status.allocatable.gpus,
                      status.allocatable.ports, status.hardware.arch, status.hardware.ramMB,
                      status.hardware.cores);
  };
  return signs(*before) != signs(after);
}

}  // namespace

bool IsPending(const BrowserSession& session) {
  return !session.metadata.deleting() && !session.status.ports.has_value() &&
         session.spec.operatingMode == v1alpha1::OperatingMode::kRunning;
}

void SessionTriggers::EnqueueWhere(const Wants& wants) {
  auto sessions = deps_.sessions();
  std::erase_if(sessions, [&](const auto& session) { return !wants(*session); });
  std::stable_sort(sessions.begin(), sessions.end(), [](const auto& a, const auto& b) {
    return std::tie(a->metadata.creationTimestamp, a->metadata.uid) <
           std::tie(b->metadata.creationTimestamp, b->metadata.uid);
  });
  for (const auto& session : sessions) {
    deps_.enqueue(KeyOf(session->metadata), queue::kPriorityNormal);
  }
}

void SessionTriggers::OnSession(const informer::Change<BrowserSession>& change) {
  const BrowserSession* before = change.before.get();
  const BrowserSession* after = change.after.get();
  if (after != nullptr) {
    const bool wanted = before == nullptr || before->metadata.uid != after->metadata.uid ||
                        before->metadata.generation != after->metadata.generation ||
                        before->metadata.deleting() != after->metadata.deleting() ||
                        before->metadata.finalizers != after->metadata.finalizers;
    if (wanted) {
      deps_.enqueue(KeyOf(after->metadata),
                    change.initial ? queue::kPriorityLow : queue::kPriorityNormal);
    }
  }
  const bool freed = HoldsRoom(before) && !HoldsRoom(after);
  const bool let_go = before != nullptr && after == nullptr && before->spec.profileRef.has_value();
  if (freed || let_go) EnqueueWhere(IsPending);
}

void SessionTriggers::OnNode(const informer::Change<v1alpha1::BrowserNode>& change) {
  if (change.initial || !change.after) return;  // the initial list of sessions covers them all
  const auto& node = *change.after;
  if (Opens(change.before.get(), node)) EnqueueWhere(IsPending);
  const bool back = Worked(node) && (!change.before || !Worked(*change.before));
  const bool edited =
      change.before && change.before->metadata.generation != node.metadata.generation;
  if (back || edited) {
    EnqueueWhere(
        [&](const auto& session) { return session.status.nodeName == node.metadata.name; });
  }
}

void SessionTriggers::OnClass(const informer::Change<v1alpha1::BrowserClass>& change) {
  if (change.initial || !change.after) return;
  EnqueueWhere([&](const auto& session) {
    return session.spec.classRef.name == change.after->metadata.name &&
           !IsTrue(session.status.conditions, v1alpha1::session::kReady);
  });
}

void SessionTriggers::OnProfile(const informer::Change<v1alpha1::BrowserProfile>& change) {
  if (change.initial || !change.after) return;
  EnqueueWhere([&](const auto& session) {
    return session.spec.profileRef &&
           session.spec.profileRef->name == change.after->metadata.name &&
           session.metadata.namespace_ == change.after->metadata.namespace_ &&
           !IsTrue(session.status.conditions, v1alpha1::session::kReady);
  });
}

void SessionTriggers::OnHint(std::string_view node, const runtime::Hint& hint) {
  EnqueueWhere([&](const auto& session) {
    return hint.session_uid.empty() ? session.status.nodeName == node
                                    : session.metadata.uid == hint.session_uid;
  });
}

}  // namespace nekoplane::reconcilers::session
