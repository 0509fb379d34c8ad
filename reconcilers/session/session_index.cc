#include "reconcilers/session/session_index.h"

namespace nekoplane::reconcilers::session {
namespace {

using v1alpha1::BrowserSession;

// A namespace's name has no slash.
std::string ProfileKey(std::string_view ns, std::string_view name) {
  return std::string(ns) + "/" + std::string(name);
}

template <class Group>
SessionIndex::List Values(const Group& group) {
  SessionIndex::List list;
  list.reserve(group.size());
  for (const auto& [age, session] : group) list.push_back(session);
  return list;
}

}  // namespace

bool IsPending(const BrowserSession& session) {
  return !session.metadata.deleting() && !session.status.ports.has_value() &&
         session.spec.operatingMode == v1alpha1::OperatingMode::kRunning;
}

void SessionIndex::Take(const informer::Change<BrowserSession>& change) {
  MutexLock lock(mu_);
  if (change.before) Put(change.before, false);
  if (change.after) Put(change.after, true);
}

void SessionIndex::Put(const Ptr& session, bool in) {
  const auto& meta = session->metadata;
  const Age age{meta.creationTimestamp, meta.uid};
  const auto group = [&](Group& members) {
    if (in) {
      members[age] = session;
    } else {
      members.erase(age);
    }
  };
  const auto groups = [&](Groups& all, const std::string& name) {
    if (name.empty()) return;
    Group& members = all[name];
    group(members);
    if (members.empty()) all.erase(name);
  };
  if (in) {
    by_uid_[meta.uid] = session;
  } else {
    by_uid_.erase(meta.uid);
  }
  if (IsPending(*session)) group(pending_);
  groups(by_node_, session->status.nodeName);
  groups(by_class_, session->spec.classRef.name);
  if (session->spec.profileRef) {
    groups(by_profile_, ProfileKey(meta.namespace_, session->spec.profileRef->name));
  }
}

SessionIndex::List SessionIndex::Of(const Groups& groups, std::string_view name) const {
  const auto found = groups.find(name);
  return found == groups.end() ? List{} : Values(found->second);
}

SessionIndex::List SessionIndex::Pending() const {
  MutexLock lock(mu_);
  return Values(pending_);
}

SessionIndex::List SessionIndex::OnNode(std::string_view node) const {
  MutexLock lock(mu_);
  return Of(by_node_, node);
}

SessionIndex::List SessionIndex::OfClass(std::string_view name) const {
  MutexLock lock(mu_);
  return Of(by_class_, name);
}

SessionIndex::List SessionIndex::OfProfile(std::string_view ns, std::string_view name) const {
  MutexLock lock(mu_);
  return Of(by_profile_, ProfileKey(ns, name));
}

SessionIndex::Ptr SessionIndex::WithUid(std::string_view uid) const {
  MutexLock lock(mu_);
  const auto found = by_uid_.find(uid);
  return found == by_uid_.end() ? nullptr : found->second;
}

}  // namespace nekoplane::reconcilers::session
