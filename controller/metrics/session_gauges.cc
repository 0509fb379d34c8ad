#include "controller/metrics/session_gauges.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "api/v1alpha1/session_conditions.h"
#include "controller/metrics/families.h"
#include "controller/metrics/gauge_builder.h"

namespace nekoplane::metrics {

namespace {

namespace cond = v1alpha1::session;
using v1alpha1::BrowserSession;
using v1alpha1::Condition;

constexpr std::array<std::string_view, 2> kWaitReasons{cond::kReasonNoCapableNode,
                                                       cond::kReasonUnschedulable};

constexpr std::string_view kOtherReason = "Other";

// All reasons of session_conditions.h that can stand between a session and Ready, sorted.
constexpr std::array<std::string_view, 24> kBlockReasons{
    cond::kReasonClassNotFound,    cond::kReasonContainerDied,     cond::kReasonContainerGone,
    cond::kReasonCrashLoopBackOff, cond::kReasonEngineUnavailable, cond::kReasonImagePullFailed,
    cond::kReasonInvalidSpec,      cond::kReasonNoCapableNode,     cond::kReasonNodeDraining,
    cond::kReasonNodeLost,         cond::kReasonNotStarted,        kOtherReason,
    cond::kReasonPending,          cond::kReasonPendingTimeout,    cond::kReasonProbing,
    cond::kReasonProfileInUse,     cond::kReasonProfileNotFound,   cond::kReasonPullingImage,
    cond::kReasonRecreating,       cond::kReasonStartFailed,       cond::kReasonStartTimeout,
    cond::kReasonStarting,         cond::kReasonUnhealthy,         cond::kReasonUnschedulable,
};
static_assert(std::is_sorted(kBlockReasons.begin(), kBlockReasons.end()));

constexpr std::array<std::string_view, 5> kSteps{cond::kScheduled, cond::kProfileBound,
                                                 cond::kStarted, cond::kReady, cond::kHealthy};

const Condition* Find(const BrowserSession& session, std::string_view type) {
  for (const Condition& condition : session.status.conditions) {
    if (condition.type == type) return &condition;
  }
  return nullptr;
}

bool MeantToRun(const BrowserSession& session) {
  return !session.metadata.deleting() &&
         session.spec.operatingMode == v1alpha1::OperatingMode::kRunning;
}

std::optional<WallTime> Time(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto time = ParseTime(text);
  return time ? std::optional(*time) : std::nullopt;
}

std::string_view KnownReason(const Condition* condition) {
  if (condition == nullptr) return cond::kReasonPending;
  const auto known =
      std::lower_bound(kBlockReasons.begin(), kBlockReasons.end(), condition->reason);
  return known != kBlockReasons.end() && *known == condition->reason ? *known : kOtherReason;
}

// Many, and the age of the oldest.
struct Tally {
  std::int64_t count = 0;
  Duration oldest{};

  void Add(WallTime since, WallTime now) {
    ++count;
    oldest = std::max(oldest, now - since);
  }

  void Add(const Tally& other) {
    count += other.count;
    oldest = std::max(oldest, other.oldest);
  }
};

using Tallies = std::map<std::string_view, Tally>;

void AddTallies(std::vector<prometheus::MetricFamily>& out, GaugeBuilder counts, GaugeBuilder ages,
                std::string_view label, const Tallies& tallies) {
  for (const auto& [value, tally] : tallies) {
    counts.Add({{label, value}}, static_cast<double>(tally.count));
    ages.Add({{label, value}}, Seconds(tally.oldest));
  }
  out.push_back(counts.Take());
  out.push_back(ages.Take());
}

Tallies LongestQueues(const Tallies& by_namespace) {
  if (by_namespace.size() <= kNamedNamespaces) return by_namespace;
  std::vector<std::pair<std::string_view, Tally>> order(by_namespace.begin(), by_namespace.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  Tallies out(order.begin(), order.begin() + kNamedNamespaces);
  for (std::size_t i = kNamedNamespaces; i < order.size(); ++i) out[kOthers].Add(order[i].second);
  return out;
}

prometheus::MetricFamily CountByPhase(const Sessions& sessions) {
  std::map<std::pair<std::string_view, std::string_view>, std::int64_t> counts;  // node, phase
  for (const auto phase : kPhases) counts[{"", phase}] = 0;
  for (const auto& session : sessions) {
    const auto& status = session->status;
    const std::string_view phase = status.phase.empty() ? kPhases.front() : status.phase;
    const auto known = std::find(kPhases.begin(), kPhases.end() - 1, phase);
    ++counts[{status.nodeName, *known}];
  }
  GaugeBuilder family("nekoplane_sessions",
                      "Browser sessions by phase and node; node is empty before placement.");
  for (const auto& [key, count] : counts) {
    family.Add({{"node", key.first}, {"phase", key.second}}, static_cast<double>(count));
  }
  return family.Take();
}

}  // namespace

std::optional<Blocked> BlockedBy(const BrowserSession& session) {
  if (!MeantToRun(session)) return std::nullopt;
  std::array<const Condition*, kSteps.size()> seen{};
  std::size_t step = 0;
  for (; step < kSteps.size(); ++step) {
    seen[step] = Find(session, kSteps[step]);
    if (seen[step] == nullptr || !seen[step]->is_true()) break;
  }
  if (step == kSteps.size()) return std::nullopt;
  Blocked blocked{.reason = KnownReason(seen[step]),
                  .since = Time(session.metadata.creationTimestamp).value_or(WallTime{})};
  for (std::size_t i = 0; i <= step && seen[i] != nullptr; ++i) {
    blocked.since = std::max(blocked.since, Time(seen[i]->lastTransitionTime).value_or(WallTime{}));
  }
  return blocked;
}

std::optional<Waiting> WaitsForNode(const BrowserSession& session) {
  // One whose profile lies on a node waits for room there.
  if (!MeantToRun(session) || session.status.ports) return std::nullopt;
  const Condition* scheduled = Find(session, cond::kScheduled);
  if (scheduled == nullptr || scheduled->is_true()) return std::nullopt;
  const auto reason = std::find(kWaitReasons.begin(), kWaitReasons.end(), scheduled->reason);
  const auto& queue = session.status.queue;
  if (reason == kWaitReasons.end() && !queue) return std::nullopt;
  auto since = queue ? Time(queue->since) : std::nullopt;
  if (!since) since = Time(scheduled->lastTransitionTime);
  if (!since) since = Time(session.metadata.creationTimestamp);
  return Waiting{.reason = reason == kWaitReasons.end()
                               ? std::string_view(cond::kReasonUnschedulable)
                               : *reason,
                 .since = since.value_or(WallTime{})};
}

std::vector<prometheus::MetricFamily> SessionGauges(const Sessions& sessions, WallTime now) {
  Tallies blocked, waiting, by_namespace;
  for (const auto reason : kBlockReasons) blocked[reason];
  for (const auto reason : kWaitReasons) waiting[reason];
  Tally queue;
  for (const auto& session : sessions) {
    if (const auto why = BlockedBy(*session)) blocked[why->reason].Add(why->since, now);
    if (const auto wait = WaitsForNode(*session)) {
      waiting[wait->reason].Add(wait->since, now);
      by_namespace[session->metadata.namespace_].Add(wait->since, now);
      queue.Add(wait->since, now);
    }
  }

  std::vector<prometheus::MetricFamily> out;
  out.push_back(CountByPhase(sessions));
  AddTallies(out,
             {"nekoplane_sessions_not_ready",
              "Sessions that should run and are not Ready, by the reason of the first condition "
              "that is not True."},
             {"nekoplane_sessions_not_ready_oldest_seconds",
              "For how long the oldest of them has made no step."},
             "reason", blocked);
  GaugeBuilder length("nekoplane_queue_length", "Sessions that wait for a node, by reason.");
  for (const auto& [reason, tally] : waiting) {
    length.Add({{"reason", reason}}, static_cast<double>(tally.count));
  }
  out.push_back(length.Take());
  GaugeBuilder oldest("nekoplane_queue_oldest_seconds",
                      "How long the session has waited that has waited longest for a node.");
  oldest.Add({}, Seconds(queue.oldest));
  out.push_back(oldest.Take());
  AddTallies(out,
             {"nekoplane_queue_namespace_length",
              "Sessions that wait for a node, by namespace: the 20 longest queues, the rest "
              "together."},
             {"nekoplane_queue_namespace_oldest_seconds",
              "How long the session of a namespace has waited that has waited longest."},
             "namespace", LongestQueues(by_namespace));
  return out;
}

}  // namespace nekoplane::metrics
