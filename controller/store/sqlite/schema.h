// The tables, how an older file becomes a newer one, and the test that a file is what it should be.
//
// Thread safety: pure functions over a Database of the caller's.
#pragma once

#include <cstdint>
#include <string>

#include "api/base/random.h"
#include "api/base/result.h"
#include "controller/store/sqlite/database.h"

namespace nekoplane::store {

// Grows with every change of the tables; kept in the file's user_version.
inline constexpr std::uint64_t kSchemaVersion = 1;

// The one row that every commit changes.
struct Head {
  std::uint64_t version = 0;  // the newest version given out, even after the log was trimmed
  std::uint64_t commits = 0;  // tells after a failed COMMIT whether it took place
  std::uint64_t digest = 0;   // sum of the checksums of all objects and claims: none may be missing
};

// Its row's checksum.
std::uint64_t HeadSum(const Head& head);

// Reads nothing but the header: whether this may be opened at all, before anything is changed.
// Errors: kInvalid SchemaTooNew; kUnavailable StoreCorrupt (also: no database of ours),
// StorageFailed.
Result<void> CheckIdentity(Database& db);

// Brings the file to kSchemaVersion: creates the tables in an empty one, migrates an older one,
// leaves one of this version alone. Then checks every page and the tables' definitions.
// Errors: kUnavailable StoreCorrupt, StorageFull, StorageFailed.
// REQUIRES: CheckIdentity was successful.
Result<void> PrepareSchema(Database& db, Random& random);

// Errors: kUnavailable StoreCorrupt.
Result<Head> ReadHead(Database& db);

// The value of `key` in meta. Errors: kUnavailable StoreCorrupt, also if there is none.
Result<std::string> ReadMeta(Database& db, std::string_view key);
Result<void> WriteMeta(Database& db, std::string_view key, std::string_view value);

inline constexpr char kMetaInstallationId[] = "installation_id";
inline constexpr char kMetaBoots[] = "boots";  // how often the file was opened

}  // namespace nekoplane::store
