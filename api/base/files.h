// The disk, as far as small files are concerned: keys, tokens, kubeconfigs. (The store has its
// own.)
//
// Thread safety: any thread may call. Blocking: for as long as the disk takes.
#pragma once

#include <string>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane {

class Files {
 public:
  virtual ~Files() = default;

  // The whole file. Errors: kNotFound: there is none; kUnavailable reason ReadFailed;
  //     kInvalid reason FileTooLarge: over 16 MiB.
  virtual Result<std::string> Read(const std::string& path) const = 0;

  // Puts a complete new file in place of the old one, if any: after a crash at any moment there is
  // one or the other. On disk (fsync of file and folder) when this returns. `mode` as in chmod(2).
  // Errors: kUnavailable reason WriteFailed; one of the two is still there.
  virtual Result<void> WriteAtomic(const std::string& path, std::string_view contents,
                                   unsigned mode) = 0;

  // Errors: kUnavailable reason ReadFailed: nobody can tell.
  virtual Result<bool> Exists(const std::string& path) const = 0;

  // Makes the folder and those above it; fine if they are there. New ones get `mode`.
  // Errors: kUnavailable reason WriteFailed.
  virtual Result<void> MakeFolders(const std::string& path, unsigned mode) = 0;
};

// The machine's.
class SystemFiles final : public Files {
 public:
  Result<std::string> Read(const std::string& path) const override;
  Result<void> WriteAtomic(const std::string& path, std::string_view contents,
                           unsigned mode) override;
  Result<bool> Exists(const std::string& path) const override;
  Result<void> MakeFolders(const std::string& path, unsigned mode) override;
};

}  // namespace nekoplane
