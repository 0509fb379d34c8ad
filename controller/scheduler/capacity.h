// How many more browsers fit: what people want to know before they ask for one. Pure.
#pragma once

#include <cstdint>

#include "controller/scheduler/scheduler.h"

namespace nekoplane::scheduler {

// The node as its own status describes it. A moment behind the ledger, and a hundred times cheaper
// to have: for showing, never for placing.
NodeView ViewFromStatus(const v1alpha1::BrowserNode& node);

// How many sessions like the request's the node would take one after the other: 0 if it refuses the
// first, whatever for. A session without wishes stands for its class.
std::int64_t FreeSlots(const Request& request, const NodeView& view);

}  // namespace nekoplane::scheduler
