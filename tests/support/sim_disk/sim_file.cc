#include "tests/support/sim_disk/sim_file.h"

#include <algorithm>
#include <utility>

namespace nekoplane::sim {

void SimFile::Write(std::size_t at, std::string_view bytes) {
  Change change;
  change.at = at;
  change.size_before = content_.size();
  change.before_size = at < content_.size() ? std::min(bytes.size(), content_.size() - at) : 0;
  if (change.before_size > 0) {
    change.before = Keep(std::string_view(content_).substr(at, change.before_size));
  }
  change.after = Keep(bytes);
  change.after_size = bytes.size();
  changes_.push_back(change);
  Put(at, bytes);
}

void SimFile::Truncate(std::size_t size) {
  Change change;
  change.at = size;
  change.size_before = content_.size();
  change.truncation = true;
  if (size < content_.size()) {
    change.before_size = content_.size() - size;
    change.before = Keep(std::string_view(content_).substr(size));
  }
  changes_.push_back(change);
  content_.resize(size);
}

void SimFile::Sync() {
  durable_ = true;
  if (forgotten_ == 0) {
    changes_.clear();
    bytes_.clear();
    return;
  }
  for (std::size_t i = forgotten_; i < changes_.size(); ++i) changes_[i].synced = true;
}

void SimFile::FailSync() {
  // Those an earlier sync wrote stay written.
  forgotten_ = changes_.size();
}

void SimFile::LosePower(Random& random) {
  const std::vector<Change> changes = std::exchange(changes_, {});
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) Undo(*change);

  enum { kNone, kAll, kUntil, kAny, kKinds };

  const std::uint64_t kind = random.Below(kKinds);
  const std::size_t until = kind == kUntil ? random.Below(changes.size() + 1) : 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    const std::uint64_t chance = kind == kAny ? random.Below(3) : 0;
    if (change.synced || kind == kAll || (kind == kUntil && i < until) || chance == 1) {
      Redo(change);
    } else if ((kind == kUntil && i == until) || chance == 2) {
      RedoTorn(change, random);
    }
  }
  bytes_.clear();
  forgotten_ = 0;
  durable_ = true;
}

void SimFile::Flip(std::size_t at, unsigned char mask) {
  content_[at] = static_cast<char>(static_cast<unsigned char>(content_[at]) ^ mask);
}

std::size_t SimFile::Keep(std::string_view bytes) {
  const std::size_t at = bytes_.size();
  bytes_.append(bytes);
  return at;
}

void SimFile::Undo(const Change& change) {
  content_.resize(change.size_before);
  if (change.before_size == 0) return;  // `at` may be behind the end
  content_.replace(change.at, change.before_size, bytes_, change.before, change.before_size);
}

void SimFile::Redo(const Change& change) {
  if (change.truncation) {
    content_.resize(change.at);
  } else {
    Put(change.at, std::string_view(bytes_).substr(change.after, change.after_size));
  }
}

void SimFile::RedoTorn(const Change& change, Random& random) {
  if (change.truncation) {
    if (random.Below(2) == 0) Redo(change);
    return;
  }
  const std::size_t end = change.at + change.after_size;
  const bool grows = end > content_.size();
  // A file grows before its new bytes arrive: until then they are anything.
  if (grows && random.Below(2) == 0) {
    const std::size_t from = content_.size();
    content_.resize(end);
    if (random.Below(2) == 0) {
      random.Fill({reinterpret_cast<unsigned char*>(content_.data()) + from, end - from});
    }
  }
  for (std::size_t at = change.at; at < end;) {
    const std::size_t next = std::min(end, (at / kSector + 1) * kSector);
    if (random.Below(2) == 0) {
      Put(at, std::string_view(bytes_).substr(change.after + (at - change.at), next - at));
    }
    at = next;
  }
}

void SimFile::Put(std::size_t at, std::string_view bytes) {
  if (content_.size() < at + bytes.size()) content_.resize(at + bytes.size());
  content_.replace(at, bytes.size(), bytes);
}

}  // namespace nekoplane::sim
