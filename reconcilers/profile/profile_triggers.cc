#include "reconcilers/profile/profile_triggers.h"

#include <tuple>

namespace nekoplane::reconcilers::profile {

void ProfileTriggers::OnProfile(const informer::Change<v1alpha1::BrowserProfile>& change) const {
  if (!change.after) return;
  const auto signs = [](const v1alpha1::BrowserProfile& profile) {
    const auto& meta = profile.metadata;
    return std::tuple(meta.uid, meta.generation, meta.deleting(), meta.finalizers);
  };
  if (change.before && signs(*change.before) == signs(*change.after)) return;
  enqueue_({change.after->metadata.namespace_, change.after->metadata.name});
}

void ProfileTriggers::OnSession(const informer::Change<v1alpha1::BrowserSession>& change) const {
  const auto* session = change.after ? change.after.get() : change.before.get();
  if (session == nullptr || !session->spec.profileRef) return;
  const bool same = change.before && change.after &&
                    change.before->status.nodeName == change.after->status.nodeName &&
                    change.before->status.volume == change.after->status.volume;
  if (!same) enqueue_({session->metadata.namespace_, session->spec.profileRef->name});
}

}  // namespace nekoplane::reconcilers::profile
