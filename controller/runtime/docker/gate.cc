#include "controller/runtime/docker/gate.h"

#include <algorithm>
#include <chrono>

namespace nekoplane::runtime::docker {
namespace {

// How soon a caller in line notices that it was told to stop.
constexpr Duration kPatience = std::chrono::milliseconds(20);

}  // namespace

Result<Gate::Pass> Gate::Enter(const Context& ctx) {
  MutexLock lock(mu_);
  for (;;) {
    if (ctx.stopped()) return MakeStatus(Code::kCancelled, "Cancelled", "told to stop");
    if (free_ > 0) {
      --free_;
      return Pass(*this);
    }
    if (clock_.Now() >= ctx.deadline()) {
      return MakeStatus(Code::kTimeout, "EngineBusy",
                        "the container engine was busy with other calls all the time");
    }
    freed_.WaitFor(mu_, kPatience);
  }
}

void Gate::Leave() {
  MutexLock lock(mu_);
  ++free_;
  freed_.NotifyOne();
}

}  // namespace nekoplane::runtime::docker
