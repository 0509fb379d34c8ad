// What the gauges about sessions and nodes show, counted from the objects. Pure.
#pragma once

#include <memory>
#include <vector>

#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/metrics/nekoplane_metrics.h"

namespace nekoplane::metrics {

// A session without a phase is Pending: nobody has looked at it yet.
SessionCounts CountSessions(
    const std::vector<std::shared_ptr<const v1alpha1::BrowserSession>>& sessions);

// Quantities that are absent or do not parse are not known.
std::vector<NodeUsage> UsageOf(
    const std::vector<std::shared_ptr<const v1alpha1::BrowserNode>>& nodes);

}  // namespace nekoplane::metrics
