#include "controller/scheduler/scheduler.h"

#include <algorithm>
#include <utility>

#include "api/base/quantity.h"
#include "controller/scheduler/filters.h"
#include "controller/scheduler/reasons.h"

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

// One node's part in the plain search.
struct Judged {
  PreparedNode node;
  std::optional<Candidate> candidate;
  Scores scores{};
  double room = 0;
  bool fits = false, room_only = false;
};

bool Better(const Judged& a, const Judged& b) {
  return a.scores != b.scores ? a.scores > b.scores : SeniorityOf(a.node) < SeniorityOf(b.node);
}

bool Roomier(const Judged& a, const Judged& b) {
  return a.room != b.room ? a.room > b.room : Better(a, b);
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
  Decision decision(request);
  Reasons reasons;
  std::vector<Verdict> verdicts;
  std::vector<Judged> judged;  // reasons and candidates point into it
  judged.reserve(nodes.size());
  for (const NodeView& view : nodes) {
    Judged& one = judged.emplace_back(Judged{.node = Prepare(view)});
    const Candidate& candidate = one.candidate.emplace(decision.Of(one.node));
    one.scores = ScoresOf(*request.policy, candidate);
    one.room = RoomRatio(candidate);
    one.fits = true;
    Verdict verdict{.node = one.node.name()};
    for (const Filter& filter : Filters()) {
      const auto refusal = filter.check(candidate);
      if (!refusal) continue;
      one.fits = false;
      one.room_only = refusal->room_only;
      reasons.Add(*refusal);
      verdict.filter = filter.name;
      verdict.reason = refusal->text();
      verdict.permanent = refusal->permanent;
      break;
    }
    verdicts.push_back(std::move(verdict));
  }
  std::sort(verdicts.begin(), verdicts.end(),
            [](const Verdict& a, const Verdict& b) { return a.node < b.node; });

  const Judged *best = nullptr, *nominee = nullptr;
  for (const Judged& one : judged) {
    if (one.fits && (best == nullptr || Better(one, *best))) best = &one;
    const bool lacks_room = one.room_only && !request.closed_nodes.contains(one.node.name());
    if (lacks_room && (nominee == nullptr || Roomier(one, *nominee))) nominee = &one;
  }
  Placement placement;
  if (best != nullptr) {
    placement = Assigned(*best->candidate);
  } else {
    placement.no_capable_node = reasons.no_capable_node();
    placement.message = reasons.Message();
    if (nominee != nullptr) placement.nominee = nominee->node.name();
  }
  placement.verdicts = std::move(verdicts);
  return placement;
}

}  // namespace nekoplane::scheduler
