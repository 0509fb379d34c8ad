// Conditions as Kubernetes keeps them: a list with one entry per type.
//
// Thread safety: free functions over values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/v1alpha1/object_meta.h"

namespace nekoplane::reconcilers {

inline constexpr char kTrue[] = "True";
inline constexpr char kFalse[] = "False";
inline constexpr char kUnknown[] = "Unknown";

struct ConditionUpdate {
  std::string_view type, status, reason;
  std::string message = {};
};

// Adds or replaces the condition of that type. lastTransitionTime moves only when the status does,
// so that saying the same thing again, or in other words, never looks like a change.
void SetCondition(std::vector<v1alpha1::Condition>& conditions, ConditionUpdate update,
                  std::int64_t generation, WallTime now);

// For a list that was made from `before` in more than one step: a condition whose status went away
// and came back has not changed.
void KeepTransitionTimes(const std::vector<v1alpha1::Condition>& before,
                         std::vector<v1alpha1::Condition>& conditions);

// nullptr if absent.
const v1alpha1::Condition* FindCondition(const std::vector<v1alpha1::Condition>& conditions,
                                         std::string_view type);

bool IsTrue(const std::vector<v1alpha1::Condition>& conditions, std::string_view type);

// The reason of the condition of that type; "" if absent.
std::string_view ReasonOf(const std::vector<v1alpha1::Condition>& conditions,
                          std::string_view type);

}  // namespace nekoplane::reconcilers
