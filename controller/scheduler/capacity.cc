#include "controller/scheduler/capacity.h"

#include <algorithm>
#include <limits>

#include "api/base/quantity.h"
#include "controller/scheduler/filters.h"

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

std::int64_t FreeSlots(const Request& request, const NodeView& view) {
  const auto& status = view.node.status;
  const auto* variant = MatchVariant(request.browser_class, status.hardware);
  if (variant == nullptr) return 0;
  const Candidate candidate{request, view, variant, DemandOf(request.session, *variant)};
  for (const Filter& filter : DefaultFilters()) {
    if (filter.check(candidate)) return 0;
  }
  constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();
  const auto& offered = status.allocatable;
  const Demand& wanted = candidate.demand;
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

}  // namespace nekoplane::scheduler
