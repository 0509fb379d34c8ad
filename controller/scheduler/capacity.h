// How many more browsers fit: what people want to know before they ask for one. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "controller/scheduler/scheduler.h"

namespace nekoplane::scheduler {

// The node as its own status describes it. A moment behind the ledger, and a hundred times cheaper
// to have: for showing, never for placing.
NodeView ViewFromStatus(const v1alpha1::BrowserNode& node);

// For each of the nodes, in their order: how many sessions like the request's it would take one
// after the other; 0 if it refuses the first, whatever for; nullopt if the class has no variant for
// it. A session without wishes stands for its class.
std::vector<std::optional<std::int64_t>> FreeSlots(const Request& request,
                                                   const std::vector<NodeView>& nodes);

}  // namespace nekoplane::scheduler
