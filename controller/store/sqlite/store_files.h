// The database's place in the file system: who may open it, with which mode, and whether what is
// there can be what was left.
//
// Thread safety: FileLock: one thread at a time; the functions are pure but for the file system.
#pragma once

#include <string>

#include "api/base/result.h"

namespace nekoplane::store {

// Holds `<database>.lock` for this process until destroyed. The kernel frees it when the process
// dies, so a lock is never left behind. The file also remembers whether the database was ever
// made: an empty database file where there was a full one is damage, not a fresh start.
class FileLock {
 public:
  // Errors: kUnavailable StoreLocked: another process has it, named in the message;
  //     StorageFailed: the file cannot be made.
  static Result<FileLock> Acquire(const std::string& database);

  FileLock() = default;
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  // The installation id noted by an earlier run; "" if there was none.
  const std::string& noted_installation() const { return noted_installation_; }

  // Notes our pid and `installation_id`.
  Result<void> Note(const std::string& installation_id);

 private:
  int fd_ = -1;
  std::string path_;
  std::string noted_installation_;
};

// Makes the file if it is missing, gives it mode 0600 (SQLite gives its WAL the same), and refuses
// one that lost its content.
// Errors: kUnavailable StoreCorrupt, StorageFailed.
Result<void> PrepareFile(const std::string& database, const FileLock& lock);

// Flushes the entry of `path` in its directory.
void SyncDirectoryOf(const std::string& path);

}  // namespace nekoplane::store
