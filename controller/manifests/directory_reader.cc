#include "controller/manifests/directory_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace nekoplane::manifests {
namespace {

constexpr std::uint64_t kMaxBytes = 3 * 1024 * 1024;

Status Unreadable(const std::string& path, const std::string& why) {
  return MakeStatus(Code::kUnavailable, "Unreadable", "cannot read " + path + ": " + why);
}

class FilesystemReader final : public DirectoryReader {
 public:
  explicit FilesystemReader(std::string path) : path_(std::move(path)) {}

  Result<std::vector<DirectoryEntry>> List() override {
    std::error_code error;
    std::vector<DirectoryEntry> entries;
    std::filesystem::directory_iterator it(path_, error);
    for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (name.empty() || name.front() == '.') continue;
      struct stat info = {};
      // A file that vanished in between is simply not there.
      if (::stat(it->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
      entries.push_back({name, static_cast<std::uint64_t>(info.st_size),
                         std::int64_t{info.st_mtim.tv_sec} * 1000000000 + info.st_mtim.tv_nsec,
                         static_cast<std::uint64_t>(info.st_ino)});
    }
    if (error) return Unreadable(path_, error.message());
    std::sort(entries.begin(), entries.end(),
              [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
    return entries;
  }

  Result<std::string> Read(const std::string& name) override {
    const std::string path = path_ + "/" + name;
    std::ifstream in(path, std::ios::binary);
    if (!in) return Unreadable(path, std::strerror(errno));
    std::string text;
    char buffer[16384];
    while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
      text.append(buffer, static_cast<std::size_t>(in.gcount()));
      if (text.size() > kMaxBytes) {
        return MakeStatus(Code::kInvalid, "TooLarge", path + " is larger than 3 MiB");
      }
    }
    if (in.bad()) return Unreadable(path, "read error");
    return text;
  }

  const std::string& path() const override { return path_; }

 private:
  const std::string path_;
};

}  // namespace

std::unique_ptr<DirectoryReader> MakeDirectoryReader(std::string path) {
  return std::make_unique<FilesystemReader>(std::move(path));
}

}  // namespace nekoplane::manifests
