// Placement questions that are asked outside of a reconcile: the wrapper's "is there room?", and
// `nekoctl why`. Nothing is reserved by asking.
//
// Thread safety: any thread may call. Never blocks.
#pragma once

#include <cstdint>

#include "api/registry/client.h"
#include "api/taos/placement.h"
#include "controller/scheduler/scheduler.h"
#include "reconcilers/common/placement_queue.h"

namespace nekoplane {

class PlacementQuestions {
 public:
  // What a machine must have to run browsers at all.
  struct Floors {
    std::int64_t host_min_ram_mb, worker_min_cores;
  };

  PlacementQuestions(registry::Client& client, const reconcilers::PlacementQueue& waiting,
                     const Clock& clock, Floors floors, const scheduler::Policy& policy)
      : client_(client), waiting_(waiting), clock_(clock), floors_(floors), policy_(policy) {}

  // Where the session would be placed now, were it new. Errors: kNotFound: its class.
  Result<scheduler::Placement> Place(const v1alpha1::BrowserSession& session) const;

  taos::PlacementAnswer Ask(const v1alpha1::BrowserSession& session) const;

 private:
  registry::Client& client_;
  const reconcilers::PlacementQueue& waiting_;
  const Clock& clock_;
  const Floors floors_;
  const scheduler::Policy& policy_;
};

}  // namespace nekoplane
