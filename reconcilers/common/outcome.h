// What the error of a store write means for the reconcile that made it.
#pragma once

#include "api/base/status.h"
#include "controller/manager/reconciler.h"

namespace nekoplane::reconcilers {

// The world moved on: decide again at once, which is no error. The object is gone: nothing is left
// to do. The input can never be written: wait for it to change. All else: retry with back-off.
inline manager::Outcome AfterWriteError(const Status& why) {
  switch (why.code) {
    case Code::kConflict:
      return manager::RequeueAfter{Duration::zero()};
    case Code::kNotFound:
      return manager::Done{};
    case Code::kInvalid:
      return manager::GiveUp{why};
    default:
      return manager::Retry{why};
  }
}

}  // namespace nekoplane::reconcilers
