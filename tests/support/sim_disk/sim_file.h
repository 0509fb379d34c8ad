// One file of a SimDisk: what programs see (the page cache), and of it what a power loss may take.
//
// Since the last sync every write and truncation is kept with the bytes before and after it, so a
// sync costs nothing but forgetting them.
//
// Thread safety: one thread at a time. A value type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/random.h"

namespace nekoplane::sim {

class SimFile {
 public:
  // The unit a write can be torn at. Bytes beside a write are never harmed: what SQLite calls
  // powersafe overwrite and takes for granted on Unix.
  static constexpr std::size_t kSector = 512;

  const std::string& content() const { return content_; }

  // Whether a sync ever made the file itself survive a power loss.
  bool durable() const { return durable_; }

  void Write(std::size_t at, std::string_view bytes);
  void Truncate(std::size_t size);

  void Sync();
  // A sync that fails does so for ever, as on Linux: what it could not write counts as written from
  // then on and no later sync tries it again, although programs still see it.
  void FailSync();

  // Leaves what was synced and, of the changes since, some: none, all, those up to a moment, or any
  // of them, each whole or torn into sectors.
  void LosePower(Random& random);

  // Damage to the medium: nobody notices the change.
  void Flip(std::size_t at, unsigned char mask);

 private:
  struct Change {
    std::size_t at = 0;
    std::size_t size_before = 0;
    std::size_t before = 0, before_size = 0;  // in bytes_
    std::size_t after = 0, after_size = 0;    // in bytes_; unused by a truncation
    bool truncation = false;
    bool synced = false;  // but behind one that was not
  };

  std::size_t Keep(std::string_view bytes);
  void Undo(const Change& change);
  void Redo(const Change& change);
  // As Redo, but each sector arrives or not.
  void RedoTorn(const Change& change, Random& random);
  void Put(std::size_t at, std::string_view bytes);

  std::string content_;
  std::vector<Change> changes_;  // since the last sync, oldest first
  std::string bytes_;            // what changes_ point into
  std::size_t forgotten_ = 0;    // changes that no sync will write
  bool durable_ = false;
};

}  // namespace nekoplane::sim
