#pragma once

namespace nekoplane {

// A promise of callbacks. Destroying it ends them and waits until none is running (except when it
// is destroyed from inside the callback itself).
class Subscription {
 public:
  virtual ~Subscription() = default;
};

}  // namespace nekoplane
