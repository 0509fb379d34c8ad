// Draining and deleting: what is left, and what people can do about it.
#include <algorithm>

#include "api/base/mutant.h"
#include "reconcilers/node/decide.h"

namespace nekoplane::reconcilers::node {
namespace {

namespace cond = v1alpha1::node;
using v1alpha1::DrainPolicy;

// A condition is read on a screen, not searched.
constexpr std::size_t kShown = 5;

std::string Count(std::size_t n, const char* what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

// "a, b, and 7 more"
std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kShown) text += ", and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

std::string SessionsLeft(const std::vector<HeldSession>& sessions) {
  std::vector<std::string> names;
  names.reserve(sessions.size());
  for (const auto& session : sessions) {
    names.push_back(session.name + (session.watched ? " (watched)" : ""));
  }
  return Count(sessions.size(), "session") + " left: " + Listed(names);
}

std::string Deadline(const v1alpha1::NodeDrain& drain, const std::string& started) {
  const auto after = ParseDuration(drain.deadline);
  const auto begun = ParseTime(started);
  if (!after || *after <= Duration::zero() || !begun) return "no deadline";
  return "what is left at " + FormatTime(*begun + *after) + " is stopped";
}

std::string How(const v1alpha1::NodeDrain& drain, const std::string& started) {
  if (drain.policy == DrainPolicy::kEvict) return "they are being stopped";
  return "each goes when nobody watches it; " + Deadline(drain, started);
}

std::string HowToForce(const std::string& node) {
  return "to let go of it all the same: kubectl patch bnode " + node +
         R"( --type=merge -p '{"metadata":{"finalizers":null}}')";
}

std::string DeletionText(const Inputs& in) {
  const std::string& node = in.node.metadata.name;
  if (!in.sessions.empty()) {
    return "waits for sessions to be gone from it; " + SessionsLeft(in.sessions) + "; " +
           HowToForce(node);
  }
  if (!in.remains || !in.remains->known) {
    return "its engine does not answer, so nobody knows what still runs there; if the machine is "
           "gone for good, " +
           HowToForce(node);
  }
  const auto& [known, containers, volumes] = *in.remains;
  std::string left;
  if (!containers.empty()) {
    left = Count(containers.size(), "container") + " left: " + Listed(containers) + "; ";
  }
  if (!volumes.empty()) {
    left += Count(volumes.size(), "volume") + " left: " + Listed(volumes) +
            "; delete the profile that it belongs to, or remove it with docker volume rm; ";
  }
  return left + HowToForce(node);
}

}  // namespace

bool NothingLeft(const Inputs& in) {
  if (NEKO_MUTANT(kNodeLeftEarly)) return true;
  if (!in.sessions.empty()) return false;
  // A machine that never answered cannot have anything of ours.
  if (!in.facts && in.node.status.heartbeatTime.empty()) return true;
  return in.remains && in.remains->known && in.remains->containers.empty() &&
         in.remains->volumes.empty();
}

ConditionUpdate DrainedCondition(const Inputs& in, const std::string& drain_started) {
  if (in.node.metadata.deleting() && !NothingLeft(in)) {
    return {cond::kDrained, kFalse, kReasonDeletionHeld, DeletionText(in)};
  }
  const auto& drain = in.node.spec.drain;
  if (!drain) return {cond::kDrained, kFalse, cond::kReasonNotDraining};
  if (in.sessions.empty()) return {cond::kDrained, kTrue, cond::kReasonDrained};
  if (drain->policy == DrainPolicy::kMigrate) {
    return {
        cond::kDrained, kFalse, cond::kReasonMigrateUnsupported,
        "profiles cannot be moved yet; use WaitForUsers or Evict; " + SessionsLeft(in.sessions)};
  }
  return {cond::kDrained, kFalse, cond::kReasonDraining,
          SessionsLeft(in.sessions) + "; " + How(*drain, drain_started)};
}

}  // namespace nekoplane::reconcilers::node
