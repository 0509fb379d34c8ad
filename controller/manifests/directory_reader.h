// The one folder that the manifests are read from, behind an interface small enough for a test to
// fake.
//
// Thread safety: one thread at a time. Blocking: as long as the disk takes.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/base/result.h"

namespace nekoplane::manifests {

// What tells one state of a file from another.
struct DirectoryEntry {
  std::string name;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t inode = 0;

  friend bool operator==(const DirectoryEntry&, const DirectoryEntry&) = default;
};

class DirectoryReader {
 public:
  virtual ~DirectoryReader() = default;
  // The regular files of the folder itself, links followed, ordered by name; hidden ones are left
  // out. Errors: kUnavailable: the folder is not there or cannot be read.
  virtual Result<std::vector<DirectoryEntry>> List() = 0;
  // Errors: kUnavailable: gone or not readable; kInvalid: reason TooLarge.
  virtual Result<std::string> Read(const std::string& name) = 0;
  // For messages.
  virtual const std::string& path() const = 0;
};

std::unique_ptr<DirectoryReader> MakeDirectoryReader(std::string path);

}  // namespace nekoplane::manifests
