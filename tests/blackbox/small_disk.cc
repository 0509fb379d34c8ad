#include "tests/blackbox/small_disk.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace nekoplane::blackbox {

SmallDisk::SmallDisk(std::string folder, std::size_t mebibytes) : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  if (mount("tmpfs", folder_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, Options(mebibytes).c_str()) !=
      0)
    std::abort();
}

std::string SmallDisk::Options(std::size_t mebibytes) {
  return "mode=0700,size=" + std::to_string(mebibytes) + "m";
}

void SmallDisk::Grow(std::size_t mebibytes) {
  if (mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV,
            Options(mebibytes).c_str()) != 0)
    std::abort();
}

SmallDisk::~SmallDisk() { umount2(folder_.c_str(), MNT_DETACH); }

void SmallDisk::Fill() {
  const int fd =
      open((folder_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string block(4096, 'x');
  while (write(fd, block.data(), block.size()) > 0) {
  }
  close(fd);
}

void SmallDisk::Free() { std::filesystem::remove(folder_ + "/ballast"); }

}  // namespace nekoplane::blackbox
