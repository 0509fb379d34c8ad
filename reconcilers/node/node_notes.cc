#include <string_view>

#include "reconcilers/node/decide.h"

namespace nekoplane::reconcilers::node {
namespace {

namespace cond = v1alpha1::node;
using v1alpha1::Condition;

EventNote AboutReady(const Condition& ready) {
  if (ready.is_true()) {
    return {.warning = false, .reason = ready.reason, .message = "the engine answers again"};
  }
  if (ready.reason == cond::kReasonEngineUnavailable) {
    return {.warning = true,
            .reason = ready.reason,
            .message = "the engine does not answer: " + ready.message};
  }
  return {.warning = true, .reason = ready.reason, .message = ready.message};
}

EventNote AboutDrained(const Condition& drained) {
  const std::string_view reason = drained.reason;
  if (reason == cond::kReasonNotDraining) {
    return {.warning = false, .reason = drained.reason, .message = "it is not drained any more"};
  }
  if (reason == cond::kReasonDrained) {
    return {.warning = false, .reason = drained.reason, .message = "no session is left on it"};
  }
  return {.warning = reason != cond::kReasonDraining,
          .reason = drained.reason,
          .message = drained.message};
}

}  // namespace

std::vector<EventNote> NotesFor(const v1alpha1::BrowserNodeStatus& before,
                                const v1alpha1::BrowserNodeStatus& after) {
  std::vector<EventNote> notes;
  const auto changed = [&](const char* type) -> const Condition* {
    const auto* was = FindCondition(before.conditions, type);
    const auto* is = FindCondition(after.conditions, type);
    const bool news =
        was != nullptr && is != nullptr && (was->status != is->status || was->reason != is->reason);
    return news ? is : nullptr;
  };
  if (const auto* ready = changed(cond::kReady)) notes.push_back(AboutReady(*ready));
  if (const auto* drained = changed(cond::kDrained)) notes.push_back(AboutDrained(*drained));
  return notes;
}

}  // namespace nekoplane::reconcilers::node
