#include "reconcilers/node/liveness.h"

#include "api/base/mutant.h"

namespace nekoplane::reconcilers::node {

Silence Judge(const OwnSilence& own, const Census& all, Duration lost_after) {
  if (all.heard > 1 && all.silent * 100 > all.heard * kTooManySilentPercent &&
      !NEKO_MUTANT(kMostLostIsLost)) {
    return Silence::kTooMany;
  }
  const bool only_one = all.known <= 1 || (own.heard_before && all.heard <= 1);
  if (only_one || own.failed_looks < 2 || own.lasts < lost_after) return Silence::kSuspected;
  return Silence::kLost;
}

Liveness::Entry& Liveness::EntryOf(const std::string& node, const std::string& uid, MonoTime now) {
  const auto [it, added] = nodes_.try_emplace(node);
  if (added || it->second.uid != uid) {
    it->second = {.uid = uid, .heard = false, .failed_looks = 0, .since = now};
  }
  return it->second;
}

// One that could not be looked at for as long as makes others lost counts as silent: if we are that
// slow, it is us.
Census Liveness::Count(MonoTime now) const {
  Census all;
  for (const auto& [name, entry] : nodes_) {
    ++all.known;
    if (!entry.heard) continue;
    ++all.heard;
    if (entry.failed_looks > 0 || now - entry.since >= lost_after_) ++all.silent;
  }
  return all;
}

void Liveness::Answered(const std::string& node, const std::string& uid, MonoTime now) {
  MutexLock lock(mu_);
  Entry& entry = EntryOf(node, uid, now);
  entry.heard = true;
  entry.failed_looks = 0;
  entry.since = now;
}

Silence Liveness::Silent(const std::string& node, const std::string& uid, bool heard_before,
                         MonoTime now) {
  MutexLock lock(mu_);
  Entry& entry = EntryOf(node, uid, now);
  entry.heard |= heard_before;
  ++entry.failed_looks;
  const Silence silence = Judge(
      {.heard_before = entry.heard, .failed_looks = entry.failed_looks, .lasts = now - entry.since},
      Count(now), lost_after_);
  if (silence == Silence::kTooMany) entry.since = now;
  return silence;
}

void Liveness::Forget(const std::string& node) {
  MutexLock lock(mu_);
  nodes_.erase(node);
}

}  // namespace nekoplane::reconcilers::node
