// The label that tells why sessions were refused a node.
//
// Thread safety: free functions over values.
#pragma once

#include <array>
#include <string_view>

namespace nekoplane::metrics {

// Values of the label reason of nekoplane_placement_attempts_total; "" is for attempts that
// succeeded.
inline constexpr std::array<std::string_view, 21> kPlacementReasons{
    "",
    "no_nodes",
    "insufficient_memory",
    "insufficient_cpu",
    "insufficient_gpus",
    "insufficient_ports",
    "requested_node",
    "node_selector",
    "profile_location",
    "untolerated_taint",
    "memory_floor",
    "core_floor",
    "no_variant",
    "not_capable",
    "unschedulable",
    "draining",
    "deleting",
    "not_ready",
    "reserved",
    "class_not_found",
    "other",
};

// The cause that refused most nodes, by the scheduler's message ("0/3 nodes are available: 1 host
// below the 6144 MB floor, 2 Insufficient memory."); of several the first of the list above.
// "other" if no cause is known.
std::string_view PlacementReason(std::string_view message);

}  // namespace nekoplane::metrics
