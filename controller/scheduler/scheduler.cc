#include "controller/scheduler/scheduler.h"

#include <algorithm>
#include <map>

#include "api/base/quantity.h"
#include "controller/scheduler/filters.h"

namespace nekoplane::scheduler {

namespace {

constexpr std::int64_t kDefaultMemoryBytes = std::int64_t{1536} * 1024 * 1024;
constexpr std::int64_t kDefaultMilliCpu = 1000;

bool Contains(const std::vector<std::string>& list, const std::string& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

std::optional<std::int64_t> Amount(const v1alpha1::StringMap& quantities, const char* resource,
                                   Result<std::int64_t> (*parse)(std::string_view)) {
  const auto it = quantities.find(resource);
  if (it == quantities.end()) return std::nullopt;
  const auto amount = parse(it->second);
  return amount ? std::optional(*amount) : std::nullopt;
}

std::int64_t Wanted(const v1alpha1::ResourceRequirements& session,
                    const v1alpha1::ResourceRequirements& variant, const char* resource,
                    std::int64_t fallback, Result<std::int64_t> (*parse)(std::string_view)) {
  auto wanted = Amount(session.requests, resource, parse);
  if (!wanted) wanted = Amount(variant.requests, resource, parse);
  const auto limit = Amount(session.limits, resource, parse);
  return std::min(wanted.value_or(fallback), limit.value_or(wanted.value_or(fallback)));
}

// True if `a` comes before `b`.
bool Better(const Policy& policy, const Candidate& a, const Candidate& b) {
  for (const Score& score : policy.scores) {
    const double x = score.value(a), y = score.value(b);
    if (x != y) return x > y;
  }
  return a.view.node.metadata.name < b.view.node.metadata.name;
}

// True if `a` is the one to wait for rather than `b`.
bool Roomier(const Policy& policy, const Candidate& a, const Candidate& b) {
  const double x = RoomRatio(a), y = RoomRatio(b);
  return x != y ? x > y : Better(policy, a, b);
}

// kube-scheduler's way to say it: causes counted, in the order of their text.
std::string RefusalText(const std::vector<Verdict>& verdicts) {
  std::string text = "0/" + std::to_string(verdicts.size()) + " nodes are available: ";
  if (verdicts.empty()) return text + "no node is registered.";
  std::map<std::string, int> counts;
  for (const Verdict& verdict : verdicts) ++counts[verdict.reason];
  std::vector<std::string> causes;
  for (const auto& [reason, count] : counts) causes.push_back(std::to_string(count) + " " + reason);
  std::sort(causes.begin(), causes.end());
  for (std::size_t i = 0; i < causes.size(); ++i) text += (i == 0 ? "" : ", ") + causes[i];
  return text + ".";
}

}  // namespace

const v1alpha1::ClassVariant* MatchVariant(const v1alpha1::BrowserClass& browser_class,
                                           const v1alpha1::NodeHardware& hardware) {
  const std::string vendor = hardware.gpu ? hardware.gpu->vendor : "";
  for (const auto& variant : browser_class.spec.variants) {
    if (Contains(variant.match.arch, hardware.arch) && Contains(variant.match.gpuVendor, vendor) &&
        Contains(variant.match.soc, hardware.soc)) {
      return &variant;
    }
  }
  return nullptr;
}

Demand DemandOf(const v1alpha1::BrowserSession& session, const v1alpha1::ClassVariant& variant) {
  const auto& own = session.spec.resources;
  return {
      .memory_bytes = Wanted(own, variant.resources, "memory", kDefaultMemoryBytes, ParseBytes),
      .milli_cpu = Wanted(own, variant.resources, "cpu", kDefaultMilliCpu, ParseMilliCores),
      .gpus = variant.gpus,
  };
}

Placement Place(const Request& request, const std::vector<NodeView>& nodes) {
  std::vector<const NodeView*> by_name;
  by_name.reserve(nodes.size());
  for (const NodeView& view : nodes) by_name.push_back(&view);
  std::sort(by_name.begin(), by_name.end(), [](const NodeView* a, const NodeView* b) {
    return a->node.metadata.name < b->node.metadata.name;
  });

  Placement placement;
  placement.no_capable_node = true;
  std::optional<Candidate> best, nominee;
  for (const NodeView* view : by_name) {
    const auto* variant = MatchVariant(request.browser_class, view->node.status.hardware);
    const Candidate candidate{request, *view, variant,
                              variant ? DemandOf(request.session, *variant) : Demand{}};
    Verdict verdict{.node = view->node.metadata.name};
    bool capable = true, room_only = false;
    for (const Filter& filter : DefaultFilters()) {
      auto refusal = filter.check(candidate);
      if (!refusal) continue;
      capable = !refusal->not_capable;
      room_only = refusal->room_only;
      verdict.filter = filter.name;
      verdict.reason = std::move(refusal->reason);
      verdict.permanent = refusal->permanent;
      break;
    }
    if (capable) placement.no_capable_node = false;
    if (verdict.filter.empty() && (!best || Better(*request.policy, candidate, *best))) {
      best.emplace(candidate);
    }
    if (room_only && !request.closed_nodes.contains(verdict.node) &&
        (!nominee || Roomier(*request.policy, candidate, *nominee))) {
      nominee.emplace(candidate);
    }
    placement.verdicts.push_back(std::move(verdict));
  }

  if (!best) {
    placement.message = RefusalText(placement.verdicts);
    if (nominee) placement.nominee = nominee->view.node.metadata.name;
    return placement;
  }
  const auto& meta = request.session.metadata;
  placement.node = best->view.node.metadata.name;
  placement.variant = best->variant->name;
  placement.demand = best->demand;
  placement.message =
      "Successfully assigned " + meta.namespace_ + "/" + meta.name + " to " + placement.node + ".";
  return placement;
}

}  // namespace nekoplane::scheduler
