#include "controller/runtime/docker/archive.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <set>
#include <string_view>

namespace nekoplane::runtime::docker {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::string_view kHome = "home/neko/";
constexpr int kNekoUid = 1000;

// POSIX ustar.
struct Header {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char linkname[100];
  char magic[6];
  char version[2];
  char uname[32];
  char gname[32];
  char devmajor[8];
  char devminor[8];
  char prefix[155];
  char padding[12];
};

static_assert(sizeof(Header) == kBlock);

void Octal(char* field, std::size_t width, unsigned long long value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%0*llo", static_cast<int>(width - 1), value);
  std::memcpy(field, text.data(), width);
}

// Paths over 100 bytes are cut at a slash: prefix and name.
bool SetName(Header& header, std::string_view path) {
  if (path.size() <= sizeof header.name) {
    std::memcpy(header.name, path.data(), path.size());
    return true;
  }
  for (std::size_t cut = path.find('/'); cut != std::string_view::npos && cut <= 155;
       cut = path.find('/', cut + 1)) {
    const std::string_view name = path.substr(cut + 1);
    if (name.empty() || name.size() > sizeof header.name) continue;
    std::memcpy(header.prefix, path.data(), cut);
    std::memcpy(header.name, name.data(), name.size());
    return true;
  }
  return false;
}

bool Append(std::string& archive, std::string_view path, char type, int mode, int owner,
            std::string_view content, long long modified) {
  Header header{};
  if (!SetName(header, path)) return false;
  Octal(header.mode, sizeof header.mode, static_cast<unsigned>(mode) & 07777u);
  Octal(header.uid, sizeof header.uid, static_cast<unsigned>(owner));
  Octal(header.gid, sizeof header.gid, static_cast<unsigned>(owner));
  Octal(header.size, sizeof header.size, content.size());
  Octal(header.mtime, sizeof header.mtime, static_cast<unsigned long long>(modified));
  header.type = type;
  std::memcpy(header.magic, "ustar", 6);
  std::memcpy(header.version, "00", 2);
  std::memset(header.checksum, ' ', sizeof header.checksum);
  std::array<unsigned char, kBlock> bytes{};
  std::memcpy(bytes.data(), &header, kBlock);
  unsigned sum = 0;
  for (const unsigned char byte : bytes) sum += byte;
  std::snprintf(header.checksum, sizeof header.checksum, "%06o", sum);
  header.checksum[7] = ' ';
  archive.append(reinterpret_cast<const char*>(&header), kBlock);
  archive += content;
  archive.append((kBlock - content.size() % kBlock) % kBlock, '\0');
  return true;
}

Status Invalid(std::string_view path, const char* why) {
  return MakeStatus(Code::kInvalid, "InvalidPath",
                    "cannot place the file \"" + std::string(path) + "\": " + why);
}

}  // namespace

Result<std::string> MakeArchive(const std::vector<FileToPlace>& files, WallTime modified) {
  const long long seconds = std::max<long long>(
      0, std::chrono::floor<std::chrono::seconds>(modified.time_since_epoch()).count());
  std::string archive;
  std::set<std::string> folders;
  for (const FileToPlace& file : files) {
    if (file.path.size() < 2 || file.path.front() != '/' || file.path.back() == '/') {
      return Invalid(file.path, "the path is not that of a file");
    }
    if (("/" + file.path + "/").find("/../") != std::string::npos ||
        file.path.find('\0') != std::string::npos) {
      return Invalid(file.path, "the path is not clean");
    }
    const std::string path = file.path.substr(1);
    const bool at_home = path.starts_with(kHome);
    const int owner = at_home ? kNekoUid : 0;
    if (at_home) {
      for (std::size_t slash = path.find('/', kHome.size()); slash != std::string::npos;
           slash = path.find('/', slash + 1)) {
        const std::string folder = path.substr(0, slash + 1);
        if (!folders.insert(folder).second) continue;
        if (!Append(archive, folder, '5', 0755, owner, "", seconds)) {
          return Invalid(file.path, "the path is too long");
        }
      }
    }
    if (!Append(archive, path, '0', file.mode, owner, file.content, seconds)) {
      return Invalid(file.path, "the path is too long");
    }
  }
  archive.append(2 * kBlock, '\0');
  return archive;
}

}  // namespace nekoplane::runtime::docker
