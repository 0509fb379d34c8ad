#include "tests/blackbox/checker.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace nekoplane::blackbox {
namespace {

using Result = Write::Result;

// The newest version that anybody knew of at a moment.
class Knowledge {
 public:
  explicit Knowledge(const History& history) {
    for (const Stream& stream : history.streams) {
      for (const StreamItem& item : stream.items) points_.emplace_back(item.at, item.version);
    }
    for (const Listing& listing : history.listings)
      points_.emplace_back(listing.answered, listing.version);
    for (const Read& read : history.reads) {
      if (read.state) points_.emplace_back(read.answered, read.state->version);
    }
    for (const Write& write : history.writes) {
      if (write.state) points_.emplace_back(write.answered, write.state->version);
    }
    std::sort(points_.begin(), points_.end());
    std::uint64_t newest = 0;
    for (auto& [at, version] : points_) version = newest = std::max(newest, version);
  }

  std::uint64_t Before(Moment moment) const {
    const auto at =
        std::lower_bound(points_.begin(), points_.end(), std::pair(moment, std::uint64_t{0}));
    return at == points_.begin() ? 0 : (at - 1)->second;
  }

 private:
  std::vector<std::pair<Moment, std::uint64_t>> points_;
};

class Judge {
 public:
  explicit Judge(const History& history)
      : history_(history), log_(history, violations_), known_(history) {}

  std::vector<Violation> Run() {
    for (const Write& write : history_.writes) CheckAcknowledged(write);
    CheckOrigins();
    for (const Read& read : history_.reads) CheckRead(read);
    CheckListings();
    return std::move(violations_);
  }

 private:
  void Complain(const char* rule, std::string text) {
    violations_.push_back({rule, std::move(text)});
  }

  void CheckAcknowledged(const Write& write);
  void CheckAcknowledgedDeletion(const Write& write);
  void CheckExpectation(const Write& write);
  void CheckOrigins();
  void CheckOrigin(const LogEntry& entry, const std::string& mark);
  void CheckDeletion(const LogEntry& entry);
  std::uint64_t LatestVersionOf(const Write& unknown) const;
  void CheckRead(const Read& read);
  void CheckListings();

  const History& history_;
  std::vector<Violation> violations_;
  const EventLog log_;
  const Knowledge known_;
  std::map<std::pair<std::string, std::uint64_t>, const Write*> expectations_;
  std::map<std::string, const Write*> by_mark_;
  std::map<std::string, std::vector<const Write*>> deletions_;
};

std::string At(const State& state) { return state.key + " at " + std::to_string(state.version); }

void Judge::CheckAcknowledged(const Write& write) {
  if (write.result != Result::kAcknowledged) return;
  if (write.op == Write::Op::kDelete) return CheckAcknowledgedDeletion(write);
  const LogEntry* entry = log_.At(write.state->version);
  if (entry == nullptr && log_.Unheard(*write.state)) return;
  const std::string what = "the write " + write.mark + " of " + At(*write.state);
  if (entry == nullptr || entry->state.key != write.key || entry->state.uid != write.state->uid ||
      entry->state.digest != write.state->digest || entry->type == EventType::kDeleted) {
    Complain(kLostRule,
             what + (entry == nullptr ? " is in no watch" : ": the log has something else there"));
    return;
  }
  if (write.state->version <= known_.Before(write.invoked))
    Complain(kTimeRule, what + " is older than what was known before it");
  CheckExpectation(write);
}

void Judge::CheckAcknowledgedDeletion(const Write& write) {
  // Without finalizers the answer names the object that is gone, otherwise it is the object as
  // marked.
  const std::string uid = write.state ? write.state->uid : write.uid;
  const auto& story = log_.Of(write.key);
  // With a finalizer, or of a namespace: first a mark, then the end; the expected version may be
  // before either.
  bool took_effect = false, as_expected = write.state && write.state->version == write.expected;
  for (const LogEntry* entry : story) {
    if (entry->state.uid != uid) continue;
    if (entry->type != EventType::kDeleted && !entry->state.deleting) continue;
    took_effect = true;
    const LogEntry* before = log_.Before(write.key, entry->state.version);
    if (before != nullptr && before->state.version == write.expected) as_expected = true;
  }
  if (!took_effect) {
    if (write.state && log_.Unheard(*write.state)) return;
    Complain(kLostRule, "the deletion of " + write.key + " (uid " + uid + ") is in no watch");
  } else if (write.expected && !as_expected && !log_.Hidden(*write.expected)) {
    Complain(kCasRule, "the deletion of " + write.key + " (uid " + uid + ") expected " +
                           std::to_string(*write.expected));
  }
  if (!write.state) return;
  const LogEntry* entry = log_.At(write.state->version);
  if (entry == nullptr || entry->state.key != write.key ||
      entry->state.digest != write.state->digest)
    Complain(kLostRule,
             "the deletion of " + At(*write.state) + " was answered with what is not in the log");
}

void Judge::CheckExpectation(const Write& write) {
  if (!write.expected || log_.Hidden(*write.expected)) return;
  const LogEntry* before = log_.Before(write.key, write.state->version);
  if (before == nullptr || before->state.version != *write.expected) {
    Complain(kCasRule, "the write " + write.mark + " of " + At(*write.state) + " expected " +
                           std::to_string(*write.expected) + " and replaced " +
                           (before ? std::to_string(before->state.version) : "nothing"));
  }
  const auto [other, fresh] = expectations_.try_emplace({write.key, *write.expected}, &write);
  if (!fresh) {
    Complain(kCasRule, "two writes of " + write.key + " that expected " +
                           std::to_string(*write.expected) +
                           " were acknowledged: " + other->second->mark + " and " + write.mark);
  }
}

void Judge::CheckOrigins() {
  for (const Write& write : history_.writes) {
    if (write.op == Write::Op::kDelete) {
      deletions_[write.key].push_back(&write);
    } else {
      by_mark_.emplace(write.mark, &write);
    }
  }
  std::set<std::string> seen;
  for (const auto& [version, entry] : log_.entries()) {
    const State& state = entry.state;
    if (!IsOurs(state.key)) continue;
    if (state.mark != state.twin)
      Complain(kHalfRule, At(state) + " has " + state.mark + " in one place and " + state.twin +
                              " in the other");
    const LogEntry* before =
        entry.type == EventType::kAdded ? nullptr : log_.Before(state.key, version);
    for (const auto member : {&State::mark, &State::status_mark}) {
      const std::string& mark = state.*member;
      if (mark.empty() || (before != nullptr && before->state.*member == mark)) continue;
      if (!seen.insert(mark).second)
        Complain(kGhostRule, "the write " + mark + " came back: " + At(state));
      CheckOrigin(entry, mark);
    }
    const bool was_deleting = before != nullptr && before->state.deleting;
    if (!was_deleting && (state.deleting || entry.type == EventType::kDeleted))
      CheckDeletion(entry);
  }
}

void Judge::CheckOrigin(const LogEntry& entry, const std::string& mark) {
  const auto found = by_mark_.find(mark);
  if (found == by_mark_.end() || found->second->key != entry.state.key)
    return Complain(kGhostRule, At(entry.state) + " has the mark " + mark + " that nobody gave it");
  const Write& write = *found->second;
  const std::uint64_t version = entry.state.version;
  if (write.result == Result::kRefused)
    return Complain(kGhostRule,
                    "the write " + mark + " was refused and yet made " + At(entry.state));
  if (write.result == Result::kAcknowledged) {
    if (write.state->version != version)
      Complain(kGhostRule, "the write " + mark + " was acknowledged as " + At(*write.state) +
                               " and made " + At(entry.state));
    return;
  }
  if (version <= known_.Before(write.invoked))
    Complain(kTimeRule, "the unanswered write " + mark + " made " + At(entry.state) +
                            ", older than what was known before it");
  if (version > LatestVersionOf(write))
    Complain(kTimeRule, "the unanswered write " + mark + " made " + At(entry.state) +
                            " after its process had died");
  if (write.expected && !log_.Hidden(*write.expected)) {
    const LogEntry* before = log_.Before(write.key, version);
    if (before == nullptr || before->state.version != *write.expected)
      Complain(kCasRule, "the unanswered write " + mark + " of " + At(entry.state) + " expected " +
                             std::to_string(*write.expected));
  }
}

void Judge::CheckDeletion(const LogEntry& entry) {
  const auto& deletions = deletions_[entry.state.key];
  const bool explained = std::any_of(deletions.begin(), deletions.end(), [&](const Write* write) {
    if (write->result == Result::kRefused) return false;
    if (write->result == Result::kAcknowledged)
      return (write->state ? write->state->uid : write->uid) == entry.state.uid;
    return entry.state.version > known_.Before(write->invoked) &&
           entry.state.version <= LatestVersionOf(*write);
  });
  if (!explained) Complain(kGhostRule, At(entry.state) + " was deleted by nobody");
}

// What a process that is dead has not done by the next one's first list, it has not done at all.
std::uint64_t Judge::LatestVersionOf(const Write& unknown) const {
  const auto death =
      std::lower_bound(history_.deaths.begin(), history_.deaths.end(), unknown.invoked);
  if (death == history_.deaths.end()) return UINT64_MAX;
  std::uint64_t latest = UINT64_MAX;
  for (const Listing& listing : history_.listings) {
    if (listing.invoked > *death) latest = std::min(latest, listing.version);
  }
  return latest;
}

void Judge::CheckRead(const Read& read) {
  const std::uint64_t known = known_.Before(read.invoked);
  if (!read.state) {
    // Rightly so if it was absent then or has been deleted since.
    const auto& story = log_.Of(read.key);
    const LogEntry* then = log_.Before(read.key, known + 1);
    const bool absent = then == nullptr || then->type == EventType::kDeleted ||
                        std::any_of(story.begin(), story.end(), [&](const LogEntry* entry) {
                          return entry->state.version > known && entry->type == EventType::kDeleted;
                        });
    if (!absent)
      Complain(kReadRule,
               read.key + " was not found, though it was there at " + std::to_string(known));
    return;
  }
  const std::uint64_t version = read.state->version;
  if (log_.Hidden(version)) return;
  const LogEntry* entry = log_.Before(read.key, version + 1);
  if (entry == nullptr || entry->state.version != version || entry->type == EventType::kDeleted ||
      entry->state.digest != read.state->digest)
    return Complain(kReadRule, At(*read.state) + " is not in the log");
  const LogEntry* next = log_.After(read.key, version);
  if (next != nullptr && next->state.version <= known)
    Complain(kReadRule, At(*read.state) + " was read when its next version was known already");
}

void Judge::CheckListings() {
  std::map<std::string, std::vector<const Listing*>> by_resource;
  for (const Listing& listing : history_.listings) {
    if (listing.version >= log_.Base(listing.resource))
      by_resource[listing.resource].push_back(&listing);
    if (listing.version < known_.Before(listing.invoked))
      Complain(kTimeRule, "a list of " + listing.resource + " at " +
                              std::to_string(listing.version) +
                              " is older than what was known before it");
  }
  for (auto& [resource, listings] : by_resource) {
    std::stable_sort(listings.begin(), listings.end(),
                     [](const Listing* a, const Listing* b) { return a->version < b->version; });
    // Replays the log from the base list on.
    std::map<std::string, std::uint64_t> there;
    for (const State& state : listings.front()->items) there[state.key] = state.digest;
    auto next = log_.entries().upper_bound(listings.front()->version);
    for (const Listing* listing : listings) {
      for (; next != log_.entries().end() && next->first <= listing->version; ++next) {
        const auto& [type, state] = next->second;
        if (ResourceOf(state.key) != resource) continue;
        if (type == EventType::kDeleted) {
          there.erase(state.key);
        } else {
          there[state.key] = state.digest;
        }
      }
      std::map<std::string, std::uint64_t> listed;
      for (const State& state : listing->items) listed[state.key] = state.digest;
      if (listed == there) continue;
      if (log_.Relisted(listing->version)) {
        there = std::move(listed);
        continue;
      }
      std::string differing;
      for (const auto& [key, digest] : there) {
        if (!listed.contains(key)) differing += " -" + key;
      }
      for (const auto& [key, digest] : listed) {
        const auto expected = there.find(key);
        if (expected == there.end()) differing += " +" + key;
        if (expected != there.end() && expected->second != digest) differing += " !" + key;
      }
      Complain(kListRule, "a list of " + resource + " at " + std::to_string(listing->version) +
                              ":" + differing);
      break;
    }
  }
}

}  // namespace

std::vector<Violation> Check(const History& history) { return Judge(history).Run(); }

}  // namespace nekoplane::blackbox
