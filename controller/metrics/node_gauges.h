// What the gauges about nodes show, counted from the objects. Pure.
//
// nekoplane_nodes{condition,status}, nekoplane_node_condition{condition,node},
// nekoplane_node_lost{node}, nekoplane_node_schedulable{node}, nekoplane_node_draining{node},
// nekoplane_node_drain_seconds{node}, nekoplane_node_capacity, _allocatable and
// _allocated{node,resource}, nekoplane_images{phase}, nekoplane_class_free_slots{class},
// nekoplane_node_free_slots{class,node}.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/base/clock.h"
#include "api/v1alpha1/browser_node.h"

namespace nekoplane::metrics {

// Ordered by name.
using Nodes = std::vector<std::shared_ptr<const v1alpha1::BrowserNode>>;

// Quantities that are absent or do not parse are not known: then there is no series.
std::vector<prometheus::MetricFamily> NodeGauges(const Nodes& nodes, WallTime now);

// How many more sessions of a class fit, node by node.
struct ClassSlots {
  std::string name;
  std::vector<std::pair<std::string, std::int64_t>>
      by_node;  // nodes that the class has a variant for
};

// As many classes are shown, the first by name.
inline constexpr std::size_t kShownClasses = 20;

// Both ordered by name. The total of a class that no node can run is 0.
std::vector<prometheus::MetricFamily> SlotGauges(const std::vector<ClassSlots>& classes);

}  // namespace nekoplane::metrics
