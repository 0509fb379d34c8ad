#include "controller/metrics/object_gauges.h"

#include "api/base/quantity.h"

namespace nekoplane::metrics {

namespace {

std::optional<double> Amount(const std::string& quantity,
                             Result<std::int64_t> (*parse)(std::string_view), double unit) {
  if (quantity.empty()) return std::nullopt;
  const auto amount = parse(quantity);
  if (!amount) return std::nullopt;
  return static_cast<double>(*amount) / unit;
}

std::optional<double> Amount(const std::optional<std::int64_t>& count) {
  return count ? std::optional<double>(static_cast<double>(*count)) : std::nullopt;
}

NodeAmounts AmountsOf(const v1alpha1::NodeResources& resources) {
  return {Amount(resources.memory, ParseBytes, 1), Amount(resources.cpu, ParseMilliCores, 1000),
          Amount(resources.ports), Amount(resources.gpus)};
}

}  // namespace

SessionCounts CountSessions(
    const std::vector<std::shared_ptr<const v1alpha1::BrowserSession>>& sessions) {
  SessionCounts counts;
  for (const auto& session : sessions) {
    const auto& status = session->status;
    ++counts[{status.phase.empty() ? "Pending" : status.phase, status.nodeName}];
  }
  return counts;
}

std::vector<NodeUsage> UsageOf(
    const std::vector<std::shared_ptr<const v1alpha1::BrowserNode>>& nodes) {
  std::vector<NodeUsage> usage;
  for (const auto& node : nodes) {
    const auto& status = node->status;
    usage.push_back({node->metadata.name, AmountsOf(status.capacity), AmountsOf(status.allocatable),
                     AmountsOf(status.allocated)});
  }
  return usage;
}

}  // namespace nekoplane::metrics
