// A consistent copy of a database that is in use.
//
// Thread safety: a pure function over files; uses a connection of its own.
#pragma once

#include <string>

#include "api/base/result.h"

namespace nekoplane::store {

// Copies the state of the moment to `destination` (mode 0600), which appears whole or not at all.
// Commits go on meanwhile.
// Errors: kAlreadyExists: `destination` is there, choose another name or remove it; kUnavailable:
//     StorageFull, StorageFailed, StoreCorrupt: nothing is left behind.
Result<void> BackupDatabase(const std::string& database, const std::string& vfs,
                            const std::string& destination);

}  // namespace nekoplane::store
