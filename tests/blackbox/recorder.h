// Collects what threads did and saw into one history, and hands out moments and marks.
//
// Thread safety: any thread may call anything.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>

#include "tests/blackbox/history.h"

namespace nekoplane::blackbox {

struct Tally {
  std::uint64_t acknowledged = 0, unknown = 0, refused = 0, reads = 0, lists = 0, events = 0;
  std::uint64_t expired = 0;  // watchers that were told to list again
};

class Recorder {
 public:
  Moment Now() { return ++moment_; }

  // Eight characters, never the same twice.
  std::string NewMark();

  // A number that no NewMark looks like.
  std::uint64_t NewStatusMark() { return kFirstStatusMark + ++marks_; }

  std::size_t AddStream(std::string name, std::string resource);
  void Add(std::size_t stream, StreamItem item);
  void Add(Listing listing);
  void Add(Read read);
  void Add(Write write);
  void AddDeath();
  // What is wrong and needs no history to see it, such as a process that died by itself.
  void Complain(std::string text);

  // Everything from the base list to `version` has been heard by somebody.
  bool CompleteUntil(std::uint64_t version) const;
  void SetCompleteUntil(std::uint64_t version);

  Tally Count() const;
  std::vector<std::string> Complaints() const;

  // REQUIRES: no other thread is recording.
  const History& history() const { return history_; }

 private:
  static constexpr std::uint64_t kFirstStatusMark = 1'000'000'000;

  std::atomic<Moment> moment_ = 0;
  std::atomic<std::uint64_t> marks_ = 0;
  mutable std::mutex mu_;
  History history_;
  Tally tally_;
  std::set<std::uint64_t> heard_;
  std::uint64_t base_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace nekoplane::blackbox
