#include "controller/store/sqlite/store_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "controller/store/sqlite/database.h"

namespace nekoplane::store {
namespace {

constexpr mode_t kPrivate = S_IRUSR | S_IWUSR;

Status SystemError(const std::string& doing) {
  const int error = errno;
  return MakeStatus(Code::kUnavailable, "StorageFailed",
                    "cannot " + doing + ": " + std::strerror(error));
}

// nullopt if there is no such file.
std::optional<off_t> SizeOf(const std::string& path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return info.st_size;
}

// The first two lines of the lock file.
std::pair<std::string, std::string> ReadNote(int fd) {
  char buffer[256] = {};
  const ssize_t size = ::pread(fd, buffer, sizeof(buffer), 0);
  const std::string text(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::size_t first = text.find('\n');
  if (first == std::string::npos) return {};
  const std::size_t second = text.find('\n', first + 1);
  if (second == std::string::npos) return {text.substr(0, first), ""};
  return {text.substr(0, first), text.substr(first + 1, second - first - 1)};
}

}  // namespace

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      noted_installation_(std::move(other.noted_installation_)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(noted_installation_, other.noted_installation_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<FileLock> FileLock::Acquire(const std::string& database) {
  FileLock lock;
  lock.path_ = database + ".lock";
  lock.fd_ = ::open(lock.path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivate);
  if (lock.fd_ < 0) {
    return SystemError("open the lock file " + lock.path_ +
                       " (does its folder exist, and may this user write there?)");
  }
  const bool taken = ::flock(lock.fd_, LOCK_EX | LOCK_NB) == 0;
  const int error = errno;
  const auto [pid, installation] = ReadNote(lock.fd_);
  if (!taken) {
    errno = error;
    if (error != EWOULDBLOCK) return SystemError("lock " + lock.path_);
    return MakeStatus(Code::kUnavailable, "StoreLocked",
                      "the database " + database + " is in use by another process" +
                          (pid.empty() ? "" : " (pid " + pid + ")") +
                          ": stop that one first, or give this one a data directory of its own");
  }
  lock.noted_installation_ = installation;
  return lock;
}

Result<void> FileLock::Note(const std::string& installation_id) {
  const std::string text = std::to_string(::getpid()) + "\n" + installation_id + "\n";
  const auto size = static_cast<ssize_t>(text.size());
  if (::pwrite(fd_, text.data(), text.size(), 0) != size || ::ftruncate(fd_, size) != 0) {
    return SystemError("write " + path_);
  }
  noted_installation_ = installation_id;
  return {};
}

Result<void> PrepareFile(const std::string& database, const FileLock& lock) {
  const std::optional<off_t> size = SizeOf(database);
  if (size.value_or(0) == 0) {
    // SQLite takes an empty file for a new database and throws its WAL away.
    if (SizeOf(database + "-wal").value_or(0) > 0) {
      return CorruptStatus(database, "it is empty or missing, but its write-ahead log is there");
    }
    if (size.has_value() && !lock.noted_installation().empty()) {
      return CorruptStatus(
          database, "it is empty, but held installation " + lock.noted_installation() + " before");
    }
  }
  const int fd = ::open(database.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivate);
  if (fd < 0) return SystemError("open the database " + database);
  const bool made_private = ::fchmod(fd, kPrivate) == 0;
  const int error = errno;
  ::close(fd);
  errno = error;
  if (!made_private) return SystemError("make " + database + " private (mode 0600)");
  if (!size.has_value()) SyncDirectoryOf(database);
  return {};
}

void SyncDirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)::fsync(fd);
  ::close(fd);
}

}  // namespace nekoplane::store
