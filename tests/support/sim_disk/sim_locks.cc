#include "tests/support/sim_disk/sim_locks.h"

#include <sqlite3.h>

namespace nekoplane::sim {

int SimLocks::Lock(HeldLocks& held, int level) {
  if (held.level >= level) return SQLITE_OK;
  if (held.level == SQLITE_LOCK_NONE) {
    if (pending_ != nullptr) return SQLITE_BUSY;
    ++readers_;
    held.level = SQLITE_LOCK_SHARED;
  }
  if (level == SQLITE_LOCK_SHARED) return SQLITE_OK;
  if (reserved_ != nullptr && reserved_ != &held) return SQLITE_BUSY;
  reserved_ = &held;
  if (level == SQLITE_LOCK_RESERVED) {
    held.level = level;
    return SQLITE_OK;
  }
  pending_ = &held;
  held.level = SQLITE_LOCK_PENDING;
  if (readers_ > 1) return SQLITE_BUSY;
  held.level = level;
  return SQLITE_OK;
}

void SimLocks::Unlock(HeldLocks& held, int level) {
  if (held.level <= level) return;
  if (reserved_ == &held) reserved_ = nullptr;
  if (pending_ == &held) pending_ = nullptr;
  if (level == SQLITE_LOCK_NONE) --readers_;
  held.level = level;
}

int SimLocks::ShmLock(HeldLocks& held, int slot, int count, int flags) {
  const auto mask = static_cast<std::uint8_t>(((1U << count) - 1) << slot);
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    for (int i = slot; i < slot + count; ++i) {
      if ((held.shared >> i & 1) != 0) --slot_readers_[static_cast<std::size_t>(i)];
    }
    slot_exclusive_ = static_cast<std::uint8_t>(slot_exclusive_ & ~(held.exclusive & mask));
    held.shared = static_cast<std::uint8_t>(held.shared & ~mask);
    held.exclusive = static_cast<std::uint8_t>(held.exclusive & ~mask);
    return SQLITE_OK;
  }
  if ((slot_exclusive_ & ~held.exclusive & mask) != 0) return SQLITE_BUSY;
  if ((flags & SQLITE_SHM_SHARED) != 0) {
    for (int i = slot; i < slot + count; ++i) {
      if ((held.shared >> i & 1) == 0) ++slot_readers_[static_cast<std::size_t>(i)];
    }
    held.shared = static_cast<std::uint8_t>(held.shared | mask);
    return SQLITE_OK;
  }
  for (int i = slot; i < slot + count; ++i) {
    const int others = slot_readers_[static_cast<std::size_t>(i)] - (held.shared >> i & 1);
    if (others > 0) return SQLITE_BUSY;
  }
  slot_exclusive_ = static_cast<std::uint8_t>(slot_exclusive_ | mask);
  held.exclusive = static_cast<std::uint8_t>(held.exclusive | mask);
  return SQLITE_OK;
}

void SimLocks::UnlockAll(HeldLocks& held) {
  Unlock(held, SQLITE_LOCK_NONE);
  (void)ShmLock(held, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK);
}

}  // namespace nekoplane::sim
