#include "api/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace nekoplane {
namespace {

constexpr std::size_t kMaxFile = 16 * 1024 * 1024;

Status Failed(const char* reason, const char* doing, const std::string& path, int error) {
  return MakeStatus(Code::kUnavailable, reason,
                    std::string("cannot ") + doing + " " + path + ": " + std::strerror(error));
}

// Closes on every way out.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}

  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }

  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;

  int get() const { return fd_; }

  // True if what was written could be written back; errors may only show here.
  bool Close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

bool WriteAll(int fd, std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t n = ::write(fd, contents.data(), contents.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    contents.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool SyncFolder(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.get() >= 0 && ::fsync(fd.get()) == 0;
}

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::string> SystemFiles::Read(const std::string& path) const {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0 && errno == ENOENT) {
    return MakeStatus(Code::kNotFound, "NoSuchFile", path + " does not exist");
  }
  if (fd.get() < 0) return Failed("ReadFailed", "open", path, errno);
  std::string contents;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed("ReadFailed", "read", path, errno);
    if (n == 0) return contents;
    contents.append(buffer, static_cast<std::size_t>(n));
    if (contents.size() > kMaxFile) {
      return MakeStatus(Code::kInvalid, "FileTooLarge", path + " is larger than 16 MiB");
    }
  }
}

Result<void> SystemFiles::WriteAtomic(const std::string& path, std::string_view contents,
                                      unsigned mode) {
  std::string temporary = path + ".XXXXXX";
  Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (fd.get() < 0) return Failed("WriteFailed", "create", temporary, errno);
  // mkostemp makes it 0600: nobody else can read a secret before its mode is set.
  const bool written =
      WriteAll(fd.get(), contents) && ::fchmod(fd.get(), static_cast<mode_t>(mode)) == 0 &&
      ::fsync(fd.get()) == 0 && fd.Close() && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return Failed("WriteFailed", "write", path, error);
  }
  if (!SyncFolder(FolderOf(path))) return Failed("WriteFailed", "sync the folder of", path, errno);
  return {};
}

Result<bool> SystemFiles::Exists(const std::string& path) const {
  struct stat info {};

  if (::stat(path.c_str(), &info) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return Failed("ReadFailed", "look at", path, errno);
}

Result<void> SystemFiles::MakeFolders(const std::string& path, unsigned mode) {
  if (path.empty() || path == "/") return {};
  if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) == 0) {
    SyncFolder(FolderOf(path));  // best effort: a lost empty folder is made again
    return {};
  }
  if (errno == ENOENT) {
    NEKO_RETURN_IF_ERROR(MakeFolders(FolderOf(path), mode));
    if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) == 0) return {};
  }

  struct stat info {};

  if (errno == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
  return Failed("WriteFailed", "make the folder", path, errno);
}

}  // namespace nekoplane
