// Files that exist in memory only.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "api/base/files.h"

namespace nekoplane::fuzz {

class MemoryFiles final : public Files {
 public:
  explicit MemoryFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  Result<std::string> Read(const std::string& path) const override {
    const auto it = files_.find(path);
    if (it == files_.end()) return MakeStatus(Code::kNotFound, "NoFile", path);
    return it->second;
  }

  Result<void> WriteAtomic(const std::string& path, std::string_view contents, unsigned) override {
    files_[path] = std::string(contents);
    return {};
  }

  Result<bool> Exists(const std::string& path) const override { return files_.contains(path); }

  Result<void> MakeFolders(const std::string&, unsigned) override { return {}; }

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace nekoplane::fuzz
