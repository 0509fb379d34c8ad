// Which profiles have to look again when something changes.
//
// Thread safety: any thread may call; handlers never block.
#pragma once

#include <functional>
#include <utility>

#include "api/v1alpha1/browser_profile.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/informer/informer.h"
#include "controller/queue/work_queue.h"

namespace nekoplane::reconcilers::profile {

class ProfileTriggers {
 public:
  using Enqueue = std::function<void(const queue::Key&)>;  // of the profile controller

  explicit ProfileTriggers(Enqueue enqueue) : enqueue_(std::move(enqueue)) {}

  // Handlers for the informers of these kinds. A profile's own status writes do not bring it back.
  void OnProfile(const informer::Change<v1alpha1::BrowserProfile>& change) const;
  // A session that took or gave back a profile, or got its node.
  void OnSession(const informer::Change<v1alpha1::BrowserSession>& change) const;

 private:
  const Enqueue enqueue_;
};

}  // namespace nekoplane::reconcilers::profile
