// A disk in memory under SQLite: it knows what was synced, dies at any operation, loses power, and
// fails as disks do. The store on it is the product's own.
//
// Everything is a function of the seed and of what is asked: SQLite's randomness (salts of the WAL)
// comes from the seed as well, time stands still and nobody sleeps.
//
// Harsher than a disk has to be: writes survive a power loss in any subset, each torn into sectors;
// a deletion without a sync of the directory may come undone much later; a sync that failed is
// never made up for. Not harsher than SQLite assumes on Unix: bytes beside a write are safe, and a
// file's name survives with its first sync.
//
// Thread safety: one thread at a time, the connections on it included. SQLite has one source of
//     randomness per process: it is seeded whenever a database is opened here, so connections that
//     take turns on two disks share it.
// Lifetime: outlives the connections on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/base/random.h"
#include "tests/support/sim_disk/sim_file.h"

struct sqlite3_vfs;

namespace nekoplane::sim {

struct SimNode;
struct SimHandle;

class SimDisk {
 public:
  enum class Op { kRead, kWrite, kTruncate, kSync, kDelete };

  enum class Fate {
    kWork,
    kFull,          // no room: nothing is done
    kIoError,       // nothing is done; after a sync, what it was for is never written (SimFile)
    kIoErrorAfter,  // done, and reported as an error
    kTorn,          // half of a write arrives, then an error; other operations: as kIoError
    kDieBefore,     // the process dies, as with Cut
    kDieAfter,      // does it, then dies
    kDieTorn,       // half of a write arrives, then it dies; other operations: as kDieBefore
  };

  // Asked before each operation on a file with a name; must not use the disk but for Cut.
  using Plan = std::function<Fate(Op)>;

  explicit SimDisk(std::uint64_t seed);
  ~SimDisk();
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  // For SqliteOptions::vfs. Paths are taken as they are.
  const std::string& vfs() const { return name_; }

  // Empty: everything works.
  void SetPlan(Plan plan) { plan_ = std::move(plan); }

  // The process dies: what its connections still do has no effect and fails, for ever. Its locks
  // and shared memory are gone, and nothing can be opened until Revive.
  void Cut();

  bool cut() const { return cut_; }

  // The next process, on the same machine: everything written is there.
  // REQUIRES: the dead one's connections are closed; the same for LosePower.
  void Revive() { cut_ = false; }

  // The machine dies, and the process with it, and starts again: what was synced is there, of the
  // rest some (SimFile::LosePower).
  void LosePower(Random& random);

  // Another machine whose disk is in the state of this one, what is not synced included. No process
  // runs on it.
  std::unique_ptr<SimDisk> Fork(std::uint64_t seed) const;

  bool Exists(const std::string& path) const { return files_.contains(path); }

  // Flips one bit and returns the offset of its byte. REQUIRES: the file is there and not empty.
  std::size_t FlipBit(const std::string& path, Random& random);

  // Of the names and contents of all files.
  std::uint64_t Digest() const;

  std::uint64_t syncs() const { return syncs_; }

  std::uint64_t writes() const { return writes_; }

  // In all files.
  std::size_t bytes() const;

 private:
  friend struct SimVfs;
  using NodePtr = std::shared_ptr<SimNode>;

  // What happens to an operation: whether all or half of it is done, and whether that is reported.
  struct Verdict {
    enum class Do { kAll, kHalf, kNothing } act = Do::kAll;
    bool fails = false;
  };

  Verdict Ask(Op op);
  // Survives a power loss, and with it that nothing else has this name.
  void SyncNode(const SimNode* node);

  const std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  SeededRandom random_;
  Plan plan_;
  std::map<std::string, NodePtr> files_;
  std::vector<std::pair<std::string, NodePtr>> deleted_;  // may still come back
  std::uint64_t life_ = 1;                                // of the process; grows with Cut
  bool cut_ = false;
  int last_errno_ = 0;
  std::uint64_t syncs_ = 0, writes_ = 0;
};

}  // namespace nekoplane::sim
