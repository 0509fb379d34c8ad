// Gate lets a limited number of callers through at once; the others wait in line, and leave it when
// their context says so.
//
// Thread safety: any thread may call. Lifetime: outlives its passes.
#pragma once

#include "api/base/clock.h"
#include "api/base/context.h"
#include "api/base/mutex.h"
#include "api/base/result.h"

namespace nekoplane::runtime::docker {

class Gate {
 public:
  // One place inside; given back at destruction.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(&gate) {}

    Pass(Pass&& other) noexcept : gate_(other.gate_) { other.gate_ = nullptr; }

    Pass& operator=(Pass&&) = delete;

    ~Pass() {
      if (gate_ != nullptr) gate_->Leave();
    }

   private:
    Gate* gate_;
  };

  Gate(const Clock& clock, int places) : clock_(clock), free_(places) {}

  // Errors: kCancelled; kTimeout (reason EngineBusy): the deadline passed while waiting; nothing
  // was asked of the engine then.
  Result<Pass> Enter(const Context& ctx) EXCLUDES(mu_);

 private:
  void Leave() EXCLUDES(mu_);

  const Clock& clock_;
  Mutex mu_;
  CondVar freed_;
  int free_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::runtime::docker
