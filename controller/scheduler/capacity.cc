#include "controller/scheduler/capacity.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "api/base/quantity.h"
#include "controller/scheduler/prepared_node.h"

namespace nekoplane::scheduler {
namespace {

// What cannot be read takes nothing.
std::int64_t Taken(const std::string& quantity, Result<std::int64_t> (*parse)(std::string_view)) {
  const auto amount = parse(quantity);
  return amount ? *amount : 0;
}

// How often `wanted` is in what is left of `total`; no end if none is wanted or nothing is limited.
std::int64_t Times(std::int64_t wanted, std::int64_t total, std::int64_t taken) {
  if (wanted <= 0 || total == kUnlimited) return kUnlimited;
  return std::max<std::int64_t>(0, total - taken) / wanted;
}

std::int64_t RoomFor(const Demand& wanted, const PreparedNode& node) {
  const Demand& total = node.facts->total;
  const Demand& taken = node.allocated;
  return std::min({Times(wanted.memory_bytes, total.memory_bytes, taken.memory_bytes),
                   Times(wanted.milli_cpu, total.milli_cpu, taken.milli_cpu),
                   Times(wanted.gpus, total.gpus, taken.gpus), node.free_http_ports,
                   node.free_media_ports});
}

}  // namespace

NodeView ViewFromStatus(const v1alpha1::BrowserNode& node) {
  const auto& taken = node.status.allocated;
  NodeView view;
  view.node = node;
  view.allocated = {.memory_bytes = Taken(taken.memory, ParseBytes),
                    .milli_cpu = Taken(taken.cpu, ParseMilliCores),
                    .gpus = taken.gpus.value_or(0)};
  // Each session takes one of both ranges.
  const auto free = [&](const v1alpha1::PortRange& range) {
    return std::max<std::int64_t>(0, range.to - range.from + 1 - taken.ports.value_or(0));
  };
  view.free_http_ports = free(node.spec.ports.http);
  view.free_media_ports = free(node.spec.ports.media);
  return view;
}

std::vector<std::optional<std::int64_t>> FreeSlots(const Request& request,
                                                   const std::vector<NodeView>& nodes) {
  const Placement placement = Place(request, nodes);
  std::set<std::string_view> refused;
  for (const Verdict& verdict : placement.verdicts) {
    if (!verdict.filter.empty()) refused.insert(verdict.node);
  }
  std::vector<std::optional<std::int64_t>> slots;
  slots.reserve(nodes.size());
  for (const NodeView& view : nodes) {
    const auto* variant = MatchVariant(request.browser_class, view.node.status.hardware);
    if (variant == nullptr) {
      slots.push_back(std::nullopt);
    } else if (refused.contains(view.node.metadata.name)) {
      slots.push_back(0);
    } else {
      slots.push_back(RoomFor(DemandOf(request.session, *variant), Prepare(view)));
    }
  }
  return slots;
}

}  // namespace nekoplane::scheduler
