// What clients of one installation did and saw, across all its lives. Plain data: the recorder
// fills it, the checker judges it, tests write it by hand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nekoplane::blackbox {

// A moment: one counter for all threads of the program, so that "answered before invoked" is
// "smaller".
using Moment = std::uint64_t;

// An object as somebody saw it. A writer puts the same mark in two places, so that a half-written
// object shows.
struct State {
  std::string key;  // resource/namespace/name; the namespace is empty for cluster-scoped kinds
  std::string uid;
  std::uint64_t version = 0;
  std::uint64_t digest = 0;  // of the whole object
  std::string mark, twin;    // "" = none
  std::string status_mark;   // of a write to the status subresource
  bool deleting = false;     // has a deletionTimestamp
};

enum class EventType { kAdded, kModified, kDeleted };

// What one watcher heard, over all its connections.
struct StreamItem {
  enum class What {
    kListed,    // begins at `version`: the first list, or the one after 410
    kEvent,     // state.version == version
    kBookmark,  // nothing up to `version` is left out
  };
  What what = What::kEvent;
  Moment at = 0;
  std::uint64_t version = 0;
  EventType type = EventType::kAdded;
  State state;
};

struct Stream {
  std::string name;
  std::string resource;
  std::vector<StreamItem> items;
};

struct Listing {
  std::string resource;
  Moment invoked = 0, answered = 0;
  std::uint64_t version = 0;
  std::vector<State> items;
};

struct Read {
  std::string key;
  Moment invoked = 0, answered = 0;
  std::optional<State> state;  // nothing: 404
};

struct Write {
  enum class Op { kCreate, kUpdate, kPatch, kStatus, kDelete };
  enum class Result {
    kAcknowledged,
    kRefused,  // an answer that promises that nothing was written
    kUnknown,  // no answer, or one that promises nothing
  };
  Op op = Op::kCreate;
  std::string key;
  std::string mark;  // "" for kDelete; no two writes share one
  std::optional<std::uint64_t> expected;
  Moment invoked = 0, answered = 0;
  Result result = Result::kUnknown;
  std::optional<State> state;  // acknowledged: the object in the answer
  std::string uid;             // acknowledged deletion without an object in the answer
};

struct History {
  std::vector<Stream> streams;
  std::vector<Listing> listings;
  std::vector<Read> reads;
  std::vector<Write> writes;
  std::vector<Moment> deaths;  // the process was gone by then, ascending
  // All streams together have heard everything up to here.
  std::uint64_t complete_until = 0;
};

// resource of a State::key.
inline std::string ResourceOf(const std::string& key) { return key.substr(0, key.find('/')); }

// Objects that only the program's writers create and mark have such names. (Events about them have
// longer ones.)
inline bool IsOurs(const std::string& key) {
  return key.compare(key.rfind('/') + 1, 3, "bb-") == 0 && key.find('.') == std::string::npos;
}

}  // namespace nekoplane::blackbox
