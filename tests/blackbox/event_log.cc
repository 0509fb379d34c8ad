#include "tests/blackbox/event_log.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace nekoplane::blackbox {
namespace {

const char* Name(EventType type) {
  switch (type) {
    case EventType::kAdded:
      return "ADDED";
    case EventType::kModified:
      return "MODIFIED";
    case EventType::kDeleted:
      break;
  }
  return "DELETED";
}

std::string Describe(const LogEntry& entry) {
  return std::string(Name(entry.type)) + " " + entry.state.key + " at " +
         std::to_string(entry.state.version);
}

bool SameContent(const LogEntry& a, const LogEntry& b) {
  return a.type == b.type && a.state.key == b.state.key && a.state.uid == b.state.uid &&
         a.state.digest == b.state.digest;
}

}  // namespace

EventLog::EventLog(const History& history, std::vector<Violation>& violations) {
  TakeBase(history);
  for (const Stream& stream : history.streams) Merge(stream, violations);
  for (const LogEntry& entry : base_entries_) by_key_[entry.state.key].push_back(&entry);
  for (const auto& [version, entry] : entries_) by_key_[entry.state.key].push_back(&entry);
  for (const Stream& stream : history.streams) CheckStream(stream, violations);
  CheckDense(history.complete_until, violations);
  CheckStories(violations);
}

void EventLog::TakeBase(const History& history) {
  for (const Stream& stream : history.streams) {
    if (stream.items.empty()) continue;
    const std::uint64_t from = stream.items.front().version;
    auto [base, fresh] = bases_.try_emplace(stream.resource, from);
    if (!fresh) base->second = std::min(base->second, from);
  }
  for (const auto& [resource, version] : bases_) {
    for (const Listing& listing : history.listings) {
      if (listing.resource != resource || listing.version != version) continue;
      for (const State& state : listing.items) base_entries_.push_back({EventType::kAdded, state});
      break;
    }
  }
}

void EventLog::Merge(const Stream& stream, std::vector<Violation>& violations) {
  for (const StreamItem& item : stream.items) {
    if (item.what != StreamItem::What::kEvent) continue;
    LogEntry entry{item.type, item.state};
    const auto [at, fresh] = entries_.try_emplace(item.version, entry);
    if (!fresh && !SameContent(at->second, entry)) {
      violations.push_back({kReusedRule, Describe(at->second) + ", but " + stream.name + " heard " +
                                             Describe(entry) + " with other content"});
    }
  }
}

void EventLog::CheckStream(const Stream& stream, std::vector<Violation>& violations) {
  std::uint64_t last = 0;
  bool begun = false;
  auto next = entries_.begin();
  const auto nothing_left_out = [&](std::uint64_t until) {
    for (; next != entries_.end() && next->first <= until; ++next) {
      if (ResourceOf(next->second.state.key) != stream.resource) continue;
      violations.push_back({kGapRule, stream.name + " did not hear of " + Describe(next->second)});
    }
  };
  for (const StreamItem& item : stream.items) {
    if (item.what == StreamItem::What::kListed) {
      if (begun && item.version > last) holes_.emplace_back(last, item.version);
      begun = true;
      last = std::max(last, item.version);
      next = entries_.upper_bound(last);
      continue;
    }
    const bool bookmark = item.what == StreamItem::What::kBookmark;
    if (item.version < last || (item.version == last && !bookmark)) {
      violations.push_back({kOrderRule, stream.name + " heard " + std::to_string(item.version) +
                                            " after " + std::to_string(last)});
      continue;
    }
    nothing_left_out(bookmark ? item.version : item.version - 1);
    last = item.version;
    next = entries_.upper_bound(last);
  }
}

void EventLog::CheckDense(std::uint64_t until, std::vector<Violation>& violations) const {
  std::uint64_t version = 0;
  for (const auto& [resource, base] : bases_) version = std::max(version, base);
  auto entry = entries_.upper_bound(version);
  for (++version; version <= until; ++version) {
    if (entry != entries_.end() && entry->first == version) {
      ++entry;
      continue;
    }
    if (!Hidden(version))
      violations.push_back({kDenseRule, "no watcher heard of version " + std::to_string(version)});
  }
}

void EventLog::CheckStories(std::vector<Violation>& violations) const {
  if (!holes_.empty()) return;  // what was fetched by a list has no story
  for (const auto& [key, story] : by_key_) {
    std::set<std::string> gone;
    const LogEntry* before = nullptr;
    for (const LogEntry* entry : story) {
      const bool existed = before != nullptr && before->type != EventType::kDeleted;
      const bool fits = entry->type == EventType::kAdded
                            ? !existed && !gone.contains(entry->state.uid)
                            : existed && before->state.uid == entry->state.uid;
      if (!fits) {
        violations.push_back({kStoryRule, Describe(*entry) + " (uid " + entry->state.uid +
                                              ") after " +
                                              (before ? Describe(*before) : "nothing")});
      }
      if (entry->type == EventType::kDeleted) gone.insert(entry->state.uid);
      before = entry;
    }
  }
}

const LogEntry* EventLog::At(std::uint64_t version) const {
  const auto found = entries_.find(version);
  return found == entries_.end() ? nullptr : &found->second;
}

const std::vector<const LogEntry*>& EventLog::Of(const std::string& key) const {
  static const std::vector<const LogEntry*> kNone;
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? kNone : found->second;
}

const LogEntry* EventLog::Before(const std::string& key, std::uint64_t version) const {
  const auto& story = Of(key);
  const auto at =
      std::lower_bound(story.begin(), story.end(), version,
                       [](const LogEntry* e, std::uint64_t v) { return e->state.version < v; });
  return at == story.begin() ? nullptr : *(at - 1);
}

const LogEntry* EventLog::After(const std::string& key, std::uint64_t version) const {
  const auto& story = Of(key);
  const auto at =
      std::upper_bound(story.begin(), story.end(), version,
                       [](std::uint64_t v, const LogEntry* e) { return v < e->state.version; });
  return at == story.end() ? nullptr : *at;
}

bool EventLog::Relisted(std::uint64_t version) const {
  return std::any_of(holes_.begin(), holes_.end(),
                     [&](const auto& hole) { return hole.second == version; });
}

bool EventLog::Hidden(std::uint64_t version) const {
  return std::any_of(holes_.begin(), holes_.end(), [&](const auto& hole) {
    return hole.first < version && version <= hole.second;
  });
}

bool EventLog::Unheard(const State& state) const {
  if (Hidden(state.version)) return true;
  if (state.version > Base(ResourceOf(state.key))) return false;
  // What was there when listening began must be what was acknowledged.
  const auto& story = Of(state.key);
  return std::none_of(story.begin(), story.end(), [&](const LogEntry* entry) {
    return entry->state.version == state.version && entry->state.digest != state.digest;
  });
}

std::uint64_t EventLog::Base(const std::string& resource) const {
  const auto found = bases_.find(resource);
  return found == bases_.end() ? std::numeric_limits<std::uint64_t>::max() : found->second;
}

}  // namespace nekoplane::blackbox
