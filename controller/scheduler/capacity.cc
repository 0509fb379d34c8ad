#include "controller/scheduler/capacity.h"

#include <algorithm>

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
  if (wanted <= 0 || total == kUnlimited) return kUnlimited;
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
  const PreparedNode node = Prepare(view);
  Decision decision(request);
  const Candidate candidate = decision.Of(node);
  for (const Filter& filter : Filters()) {
    if (filter.check(candidate)) return 0;
  }
  const Demand& wanted = candidate.demand;
  const Demand& total = node.facts->total;
  const Demand& taken = node.allocated;
  return std::min({
      Times(wanted.memory_bytes, total.memory_bytes, taken.memory_bytes),
      Times(wanted.milli_cpu, total.milli_cpu, taken.milli_cpu),
      Times(wanted.gpus, total.gpus, taken.gpus),
      std::min(node.free_http_ports, node.free_media_ports),
  });
}

}  // namespace nekoplane::scheduler
