// HintHub hands hints to the watchers of one driver.
//
// Thread safety: any thread may call; callbacks run on the thread that publishes, with no mutex
// held. Lifetime: subscriptions may outlive the hub.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "api/base/mutex.h"
#include "api/base/subscription.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime {

class HintHub {
 public:
  HintHub();
  ~HintHub();
  HintHub(const HintHub&) = delete;
  HintHub& operator=(const HintHub&) = delete;

  // With `greet`, the new watcher alone gets one empty hint before Subscribe returns.
  [[nodiscard]] std::unique_ptr<Subscription> Subscribe(std::function<void(const Hint&)> callback,
                                                        bool greet) EXCLUDES(mu_);
  // Calls every watcher, in order of subscription.
  void Publish(const Hint& hint) EXCLUDES(mu_);

 private:
  class Watcher;
  class Handle;

  Mutex mu_;
  std::vector<std::weak_ptr<Watcher>> watchers_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::runtime
