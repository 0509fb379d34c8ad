// The contract between a reconciler and the machinery that runs it.
//
// A request is a key, never an event: Reconcile reads the object and the world, does at most one
// external thing, records it and returns. It may be called at any time, any number of times, for
// objects that no longer exist too.
#pragma once

#include <string>
#include <variant>

#include "api/base/context.h"
#include "api/base/result.h"
#include "controller/queue/work_queue.h"

namespace nekoplane::manager {

struct Done {};  // forget back-off; wait for the next event

// Not an error: look again later, and forget back-off. With no delay: in the midst of something,
// which may still fail as it did before, so back-off stays.
struct RequeueAfter {
  Duration delay;
};

struct Retry {
  Status why;
};  // exponential back-off, counted as an error

struct GiveUp {
  Status why;
};  // terminal until the object changes

using Outcome = std::variant<Done, RequeueAfter, Retry, GiveUp>;

// Thread safety: Reconcile is called by several workers at once, never for one key by two.
// Blocking: may block in drivers and commits; never sleeps. Must return soon after ctx is stopped.
class Reconciler {
 public:
  virtual ~Reconciler() = default;
  virtual std::string name() const = 0;  // "session": metric label and log field
  virtual Outcome Reconcile(const Context& ctx, const queue::Key& key) = 0;
};

}  // namespace nekoplane::manager
