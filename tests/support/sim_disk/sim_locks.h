// The locks on one file of a SimDisk and its shared memory, between the connections of one process.
//
// Thread safety: one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace nekoplane::sim {

// What one connection holds of SimLocks.
struct HeldLocks {
  int level = 0;            // SQLITE_LOCK_*
  std::uint8_t shared = 0;  // slots of the shared memory
  std::uint8_t exclusive = 0;
};

class SimLocks {
 public:
  // The rules of sqlite3_io_methods; each returns an SQLite code.
  int Lock(HeldLocks& held, int level);
  void Unlock(HeldLocks& held, int level);

  bool Reserved() const { return reserved_ != nullptr; }

  int ShmLock(HeldLocks& held, int slot, int count, int flags);
  void UnlockAll(HeldLocks& held);

  using Region = std::unique_ptr<unsigned char[]>;
  std::vector<Region> regions;
  int mapped = 0;  // connections that use them

 private:
  int readers_ = 0;
  const HeldLocks* reserved_ = nullptr;  // who has RESERVED or more
  const HeldLocks* pending_ = nullptr;   // who has PENDING or more: no new readers
  std::array<int, 8> slot_readers_ = {};
  std::uint8_t slot_exclusive_ = 0;
};

}  // namespace nekoplane::sim
