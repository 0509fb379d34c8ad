// The one log that all watchers' streams together must be parts of: every version once, one story
// per object.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/blackbox/history.h"

namespace nekoplane::blackbox {

struct Violation {
  std::string rule;  // one of the k...Rule constants
  std::string text;
};

inline constexpr char kReusedRule[] = "version used twice";
inline constexpr char kOrderRule[] = "watch went back";
inline constexpr char kGapRule[] = "gap in a watch";
inline constexpr char kDenseRule[] = "version missing";
inline constexpr char kStoryRule[] = "impossible event";
inline constexpr char kLostRule[] = "acknowledged write lost";
inline constexpr char kTimeRule[] = "earlier than what was known";
inline constexpr char kCasRule[] = "conflict not noticed";
inline constexpr char kHalfRule[] = "half a write";
inline constexpr char kGhostRule[] = "write from nowhere";
inline constexpr char kReadRule[] = "wrong read";
inline constexpr char kListRule[] = "list differs from the log";

struct LogEntry {
  EventType type = EventType::kAdded;
  State state;
};

class EventLog {
 public:
  // What contradicts itself in `history` is appended to `violations`.
  EventLog(const History& history, std::vector<Violation>& violations);

  // nullptr if no watcher heard of it.
  const LogEntry* At(std::uint64_t version) const;

  // States of one object, ascending; begins with the base list's, if it was in there.
  const std::vector<const LogEntry*>& Of(const std::string& key) const;

  // The newest one of `key` below `version`; nullptr if there is none.
  const LogEntry* Before(const std::string& key, std::uint64_t version) const;

  // The oldest one of `key` above `version`; nullptr if there is none.
  const LogEntry* After(const std::string& key, std::uint64_t version) const;

  const std::map<std::uint64_t, LogEntry>& entries() const { return entries_; }

  // A watcher was told to list, and did so at this version.
  bool Relisted(std::uint64_t version) const;

  // A watcher was told to list instead of hearing of this version, so nobody may have heard of it.
  bool Hidden(std::uint64_t version) const;

  // No watcher had to hear of this state: it is hidden, or was made before its resource was first
  // listened to and is not contradicted by the list that listening began with.
  bool Unheard(const State& state) const;

  // The version from which this resource was listened to; UINT64_MAX if never.
  std::uint64_t Base(const std::string& resource) const;

 private:
  using Holes = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // (after, until]

  void TakeBase(const History& history);
  void Merge(const Stream& stream, std::vector<Violation>& violations);
  void CheckStream(const Stream& stream, std::vector<Violation>& violations);
  void CheckDense(std::uint64_t until, std::vector<Violation>& violations) const;
  void CheckStories(std::vector<Violation>& violations) const;

  std::map<std::uint64_t, LogEntry> entries_;
  std::map<std::string, std::uint64_t> bases_;
  std::map<std::string, std::vector<const LogEntry*>> by_key_;
  std::vector<LogEntry> base_entries_;
  Holes holes_;  // what a watcher was told (410) to fetch by a list instead
};

}  // namespace nekoplane::blackbox
