// Placement questions that are asked outside of a reconcile: the wrapper's "is there room?" and
// "why would it go there?", and `nekoctl why`. Nothing is reserved by asking.
//
// Thread safety: any thread may call. Never blocks.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "api/registry/client.h"
#include "api/taos/placement.h"
#include "controller/scheduler/scheduler.h"
#include "reconcilers/common/node_cache.h"
#include "reconcilers/common/placement_queue.h"

namespace nekoplane {

class PlacementQuestions {
 public:
  // What a machine must have to run browsers at all.
  struct Floors {
    std::int64_t host_min_ram_mb, worker_min_cores;
  };

  // All outlive this.
  PlacementQuestions(registry::Client& client, const reconcilers::PlacementQueue& waiting,
                     const Clock& clock, Floors floors, const scheduler::Policy& policy)
      : client_(client),
        waiting_(waiting),
        clock_(clock),
        floors_(floors),
        policy_(policy),
        nodes_(client.registry().store(), policy) {}

  // Where the session would be placed now, were it new, and how each filter and each score judges
  // each node; as JSON of kind PlacementExplanation. Errors: kNotFound: its class.
  Result<nlohmann::ordered_json> Explain(const v1alpha1::BrowserSession& session);

  taos::PlacementAnswer Ask(const v1alpha1::BrowserSession& session);

 private:
  Result<scheduler::Request> RequestFor(const v1alpha1::BrowserSession& session) const;
  // What the session itself holds counts as free: it does not stand in its own way.
  reconcilers::NodeSet NodesFor(const v1alpha1::BrowserSession& session);

  registry::Client& client_;
  const reconcilers::PlacementQueue& waiting_;
  const Clock& clock_;
  const Floors floors_;
  const scheduler::Policy& policy_;
  reconcilers::NodeCache nodes_;
};

}  // namespace nekoplane
