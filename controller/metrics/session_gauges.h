// What the gauges about sessions show, counted from the objects. Pure.
//
// nekoplane_sessions{node,phase}, nekoplane_sessions_not_ready{reason},
// nekoplane_sessions_not_ready_oldest_seconds{reason}, nekoplane_queue_length{reason},
// nekoplane_queue_oldest_seconds, nekoplane_queue_namespace_length{namespace},
// nekoplane_queue_namespace_oldest_seconds{namespace}.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::metrics {

using Sessions = std::vector<std::shared_ptr<const v1alpha1::BrowserSession>>;

// Values of the label phase; anything else counts as the last.
inline constexpr std::array<std::string_view, 7> kPhases{
    "Pending", "Starting", "Running", "Suspended", "Terminating", "Failed", "Unknown"};
// As many namespaces are named, those with the longest queues; the rest is summed up as kOthers,
// which no namespace can be called.
inline constexpr std::size_t kNamedNamespaces = 20;
inline constexpr std::string_view kOthers = "(others)";

// Why a session that should run does not, and since when.
struct Blocked {
  std::string_view reason;  // of the first condition that is not True, from a fixed list; else
                            // "Other"
  WallTime since{};         // of the last change of a condition up to that one
};

// nullopt: it is Ready, or nobody wants it to run (suspended, or being deleted).
std::optional<Blocked> BlockedBy(const v1alpha1::BrowserSession& session);

// Waits for room: on any node, or on the one where its profile lies. Not one that is ended by its
// own fault.
struct Waiting {
  std::string_view reason;  // Unschedulable or NoCapableNode
  WallTime since{};
};

std::optional<Waiting> WaitsForNode(const v1alpha1::BrowserSession& session);

// A session without a phase is Pending: nobody has looked at it yet. Ages are never negative.
std::vector<prometheus::MetricFamily> SessionGauges(const Sessions& sessions, WallTime now);

}  // namespace nekoplane::metrics
