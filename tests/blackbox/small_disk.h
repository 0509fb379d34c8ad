// A small file system of its own (tmpfs) on a folder, which can be filled to the last byte and
// emptied again. Needs root.
#pragma once

#include <cstddef>
#include <string>

namespace nekoplane::blackbox {

class SmallDisk {
 public:
  // Mounts over `folder`, which it makes. Aborts if that is not allowed.
  SmallDisk(std::string folder, std::size_t mebibytes);
  // Unmounts, also while somebody still has files open there.
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // With a file of its own, until nothing more fits.
  void Fill();
  void Free();
  void Grow(std::size_t mebibytes);

 private:
  static std::string Options(std::size_t mebibytes);

  const std::string folder_;
};

}  // namespace nekoplane::blackbox
