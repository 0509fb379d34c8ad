#include "reconcilers/session/silent_nodes.h"

namespace nekoplane::reconcilers::session {
namespace {

// What fails faster (a refused connection) may be tried by everybody.
constexpr auto kSilence = std::chrono::seconds(1);

}  // namespace

std::optional<Status> SilentNodes::Spare(std::string_view node) {
  MutexLock lock(mu_);
  const auto it = silent_.find(node);
  if (it == silent_.end()) return std::nullopt;
  if (it->second.being_asked) return it->second.why;
  it->second.being_asked = true;
  return std::nullopt;
}

void SilentNodes::Asked(std::string_view node, const Status* failure, Duration took) {
  MutexLock lock(mu_);
  const bool cancelled = failure != nullptr && failure->code == Code::kCancelled;
  const bool unknown = failure != nullptr && OutcomeUnknown(failure->code);
  const auto it = silent_.find(node);
  if (cancelled) {  // says nothing of the node
    if (it != silent_.end()) it->second.being_asked = false;
  } else if (unknown && took >= kSilence) {
    silent_.insert_or_assign(std::string(node), Silence{.why = *failure});
  } else if (it != silent_.end()) {
    silent_.erase(it);
  }
}

}  // namespace nekoplane::reconcilers::session
