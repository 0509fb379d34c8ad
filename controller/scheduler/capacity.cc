#include "controller/scheduler/capacity.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "api/base/quantity.h"

namespace nekoplane::scheduler {

namespace {

using Parse = Result<std::int64_t> (*)(std::string_view);

std::int64_t AmountOr(const std::string& quantity, Parse parse, std::int64_t otherwise) {
  if (quantity.empty()) return otherwise;
  const auto amount = parse(quantity);
  return amount ? *amount : 0;
}

std::int64_t SizeOf(const v1alpha1::PortRange& range) {
  return std::max<std::int64_t>(0, range.to - range.from + 1);
}

// How often `wanted` is in what is left of `total`; no end if none is wanted or nothing is limited.
std::int64_t Times(std::int64_t wanted, std::int64_t total, std::int64_t taken) {
  constexpr std::int64_t kNoEnd = std::numeric_limits<std::int64_t>::max();
  if (wanted <= 0 || total == kNoEnd) return kNoEnd;
  return std::max<std::int64_t>(0, total - taken) / wanted;
}

std::int64_t RoomFor(const Demand& wanted, const NodeView& view) {
  constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();
  const auto& status = view.node.status;
  const auto& offered = status.allocatable;
  const Demand& taken = view.allocated;
  const std::int64_t gpus =
      offered.gpus.value_or(status.hardware.gpu ? status.hardware.gpu->count : 0);
  return std::min({
      Times(wanted.memory_bytes, AmountOr(offered.memory, ParseBytes, kUnlimited),
            taken.memory_bytes),
      Times(wanted.milli_cpu, AmountOr(offered.cpu, ParseMilliCores, kUnlimited), taken.milli_cpu),
      Times(wanted.gpus, gpus, taken.gpus),
      std::min(view.free_http_ports, view.free_media_ports),
  });
}

}  // namespace

NodeView ViewFromStatus(const v1alpha1::BrowserNode& node) {
  const auto& taken = node.status.allocated;
  NodeView view;
  view.node = node;
  view.allocated = {.memory_bytes = AmountOr(taken.memory, ParseBytes, 0),
                    .milli_cpu = AmountOr(taken.cpu, ParseMilliCores, 0),
                    .gpus = taken.gpus.value_or(0)};
  const std::int64_t ports = taken.ports.value_or(0);
  view.free_http_ports = std::max<std::int64_t>(0, SizeOf(node.spec.ports.http) - ports);
  view.free_media_ports = std::max<std::int64_t>(0, SizeOf(node.spec.ports.media) - ports);
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
      slots.push_back(RoomFor(DemandOf(request.session, *variant), view));
    }
  }
  return slots;
}

}  // namespace nekoplane::scheduler
