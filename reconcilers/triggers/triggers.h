// Triggers connects what changes with who has to look: objects in the store through informers, and
// containers on machines through drivers' hints, to the queues of the controllers.
//
// Thread safety: the owner's thread; WatchEngine, sessions() and nodes(): any thread.
// Lifetime: what it is given outlives it. Destroying it ends all callbacks.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/base/log.h"
#include "api/base/mutex.h"
#include "api/base/result.h"
#include "api/base/subscription.h"
#include "api/store/store.h"
#include "api/v1alpha1/browser_class.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_profile.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/informer/informer.h"
#include "controller/manager/manager.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/common/placement_queue.h"
#include "reconcilers/driver/driver_triggers.h"
#include "reconcilers/images/images_triggers.h"
#include "reconcilers/node/node_triggers.h"
#include "reconcilers/profile/profile_triggers.h"
#include "reconcilers/session/session_triggers.h"

namespace nekoplane::reconcilers {

class Triggers {
 public:
  struct Controllers {
    manager::Controller& sessions;
    manager::Controller& nodes;
    manager::Controller& profiles;
    manager::Controller& gc;
    manager::Controller& images;
    manager::Controller* drivers = nullptr;  // null: they are what they are from the start
  };

  // `waiting` is kept up to date with the sessions.
  Triggers(store::Store& store, Logger& log, Controllers controllers, PlacementQueue& waiting);

  // Queues everything there is, and from then on what changes. Sessions last: they look at the
  // others. Errors: as Informer::Start and Store::Watch. Once.
  Result<void> StartInformers();
  // The same for the machines that there are, and the collector's first looks.
  void WatchEngines(const runtime::DriverSet& drivers);
  // For one machine: hints come from this driver from now on, none from the one before; null: the
  // node is gone. All who deal with the node look at it again. The driver outlives the hints, which
  // end with the next call for that node, or StopEngines. One thread at a time for a node.
  void WatchEngine(const std::string& node, const std::shared_ptr<runtime::RuntimeDriver>& driver)
      EXCLUDES(mu_);

  // Each ends its callbacks, and waits for the one that runs. Idempotent.
  void StopEngines() EXCLUDES(mu_);
  void StopInformers();

  const informer::Informer<v1alpha1::BrowserSession>& sessions() const { return sessions_; }

  const informer::Informer<v1alpha1::BrowserNode>& nodes() const { return nodes_; }

 private:
  void OnNode(const informer::Change<v1alpha1::BrowserNode>& change);
  void Follow(const std::string& node, const std::shared_ptr<runtime::RuntimeDriver>& driver)
      EXCLUDES(mu_);

  store::Store& store_;
  const Controllers controllers_;
  session::SessionTriggers session_triggers_;
  node::NodeTriggers node_triggers_;
  driver::DriverTriggers driver_triggers_;
  profile::ProfileTriggers profile_triggers_;
  images::ImagesTriggers images_triggers_;
  informer::Informer<v1alpha1::BrowserSession> sessions_;
  informer::Informer<v1alpha1::BrowserNode> nodes_;
  informer::Informer<v1alpha1::BrowserClass> classes_;
  informer::Informer<v1alpha1::BrowserProfile> profiles_;
  std::unique_ptr<Subscription> secrets_;
  // Last, so that hints end before what they use.
  Mutex mu_;
  std::map<std::string, std::unique_ptr<Subscription>> hints_ GUARDED_BY(mu_);  // by node
};

}  // namespace nekoplane::reconcilers
