#include "reconcilers/common/conditions.h"

#include <algorithm>
#include <utility>

#include "api/base/mutant.h"

namespace nekoplane::reconcilers {

void SetCondition(std::vector<v1alpha1::Condition>& conditions, ConditionUpdate update,
                  std::int64_t generation, WallTime now) {
  auto it = std::find_if(conditions.begin(), conditions.end(),
                         [&](const auto& c) { return c.type == update.type; });
  const bool added = it == conditions.end();
  if (added) {
    conditions.push_back({});
    it = std::prev(conditions.end());
    it->type = update.type;
  }
  if (added || it->status != update.status) it->lastTransitionTime = FormatTime(now);
  it->status = update.status;
  it->reason = update.reason;
  it->message = std::move(update.message);
  it->observedGeneration = generation;
}

void KeepTransitionTimes(const std::vector<v1alpha1::Condition>& before,
                         std::vector<v1alpha1::Condition>& conditions) {
  if (NEKO_MUTANT(kTransitionTimeMoves)) return;
  for (auto& condition : conditions) {
    const auto* known = FindCondition(before, condition.type);
    if (known != nullptr && known->status == condition.status) {
      condition.lastTransitionTime = known->lastTransitionTime;
    }
  }
}

const v1alpha1::Condition* FindCondition(const std::vector<v1alpha1::Condition>& conditions,
                                         std::string_view type) {
  for (const auto& c : conditions) {
    if (c.type == type) return &c;
  }
  return nullptr;
}

bool IsTrue(const std::vector<v1alpha1::Condition>& conditions, std::string_view type) {
  const auto* c = FindCondition(conditions, type);
  return c != nullptr && c->is_true();
}

std::string_view ReasonOf(const std::vector<v1alpha1::Condition>& conditions,
                          std::string_view type) {
  const auto* c = FindCondition(conditions, type);
  return c == nullptr ? std::string_view() : std::string_view(c->reason);
}

}  // namespace nekoplane::reconcilers
