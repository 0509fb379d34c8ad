#include "controller/store/sqlite/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "controller/store/sqlite/database.h"
#include "controller/store/sqlite/store_files.h"

namespace nekoplane::store {
namespace {

Status FileError(const std::string& doing) {
  return MakeStatus(Code::kUnavailable, errno == ENOSPC ? "StorageFull" : "StorageFailed",
                    "backup: cannot " + doing + ": " + std::strerror(errno));
}

Result<void> Copy(const std::string& database, const std::string& vfs, const std::string& to) {
  NEKO_TRY(auto source, Database::Open(database, Database::Mode::kReadOnly, vfs));
  NEKO_TRY(auto target, Database::Open(to, Database::Mode::kReadWrite, ""));
  sqlite3_backup* backup = sqlite3_backup_init(target->handle(), "main", source->handle(), "main");
  if (backup == nullptr) {
    return target->Error(sqlite3_errcode(target->handle()), "begin the backup");
  }
  // In one step, so that commits in between do not make it begin anew; a WAL reader holds nobody
  // up.
  (void)sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) return target->Error(code, "copy to the backup");
  // One file, without a WAL beside it.
  NEKO_TRY(const std::string mode, target->QueryText("PRAGMA journal_mode = DELETE"));
  (void)mode;
  NEKO_TRY(const std::string verdict, target->QueryText("PRAGMA quick_check(1)"));
  if (verdict != "ok") return CorruptStatus(database, "its copy is: " + verdict);
  return {};
}

}  // namespace

Result<void> BackupDatabase(const std::string& database, const std::string& vfs,
                            const std::string& destination) {
  struct stat info = {};
  if (::lstat(destination.c_str(), &info) == 0) {
    return MakeStatus(Code::kAlreadyExists, "AlreadyExists",
                      "backup: " + destination + " exists already; nothing was overwritten");
  }
  const std::string partial = destination + ".partial";
  const int fd = ::open(partial.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return FileError("create " + partial);
  ::close(fd);
  Result<void> copied = Copy(database, vfs, partial);
  if (copied && std::rename(partial.c_str(), destination.c_str()) != 0) {
    copied = FileError("rename " + partial);
  }
  if (!copied) {
    (void)::unlink(partial.c_str());
    return copied;
  }
  SyncDirectoryOf(destination);
  return {};
}

}  // namespace nekoplane::store
