#include "controller/store/sqlite/schema.h"

#include <utility>
#include <vector>

#include "controller/store/sqlite/checksum.h"

namespace nekoplane::store {
namespace {

constexpr std::uint64_t kApplicationId = 0x4e454b4f;  // "NEKO"
// Up to this size every index entry is checked against its row as well.
constexpr std::uint64_t kThoroughCheckBytes = 16 << 20;

// kMigrations[i] leads from schema i to i + 1; released ones never change.
//
// `log` holds what undoes each change: the state before it. The state after it is the one before
// the next change, or the row in `objects`; writing each state once halves what goes to disk.
constexpr const char* kMigrations[kSchemaVersion] = {
    R"(
CREATE TABLE meta(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE head(id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL,
                  commits INTEGER NOT NULL, digest INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE objects(resource TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,
                     version INTEGER NOT NULL, value TEXT NOT NULL, sum INTEGER NOT NULL,
                     PRIMARY KEY (resource, ns, name)) STRICT;
CREATE TABLE log(version INTEGER PRIMARY KEY, type INTEGER NOT NULL, resource TEXT NOT NULL,
                 ns TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,
                 previous_version INTEGER NOT NULL, previous TEXT, sum INTEGER NOT NULL) STRICT;
CREATE TABLE claims(kind TEXT NOT NULL, scope TEXT NOT NULL, item TEXT NOT NULL, owner TEXT NOT NULL,
                    detail TEXT NOT NULL, sum INTEGER NOT NULL,
                    PRIMARY KEY (kind, scope, item)) STRICT;
)"};

Result<std::uint64_t> QueryNumber(Database& db, std::string_view sql) {
  NEKO_TRY(Statement query, db.Prepare(sql));
  NEKO_TRY(const bool row, query.Step());
  return row ? query.Number(0) : 0;
}

// What the tables and indexes look like, as one text.
Result<std::string> Definitions(Database& db) {
  NEKO_TRY(Statement query, db.Prepare("SELECT type || ' ' || name || ' ' || tbl_name || ' ' || "
                                       "ifnull(sql, '') FROM sqlite_schema ORDER BY name"));
  std::string text;
  for (;;) {
    NEKO_TRY(const bool row, query.Step());
    if (!row) return text;
    text.append(query.Text(0)).append("\n");
  }
}

Result<void> Migrate(Database& db, std::uint64_t from) {
  for (std::uint64_t i = from; i < kSchemaVersion; ++i)
    NEKO_RETURN_IF_ERROR(db.Exec(kMigrations[i]));
  NEKO_RETURN_IF_ERROR(db.Exec("PRAGMA application_id = " + std::to_string(kApplicationId)));
  return db.Exec("PRAGMA user_version = " + std::to_string(kSchemaVersion));
}

Result<void> WriteFirstRows(Database& db, Random& random) {
  NEKO_RETURN_IF_ERROR(WriteMeta(db, kMetaInstallationId, NewUid(random)));
  NEKO_RETURN_IF_ERROR(WriteMeta(db, kMetaBoots, "0"));
  const Head head;
  NEKO_TRY(Statement insert, db.Prepare("INSERT INTO head VALUES (1, ?, ?, ?, ?)"));
  insert.Bind(1, head.version).Bind(2, head.commits).Bind(3, head.digest).Bind(4, HeadSum(head));
  return insert.Run();
}

Result<void> MigrateInTransaction(Database& db, std::uint64_t from, Random& random) {
  NEKO_RETURN_IF_ERROR(db.Exec("BEGIN IMMEDIATE"));
  Result<void> done = Migrate(db, from);
  if (done && from == 0) done = WriteFirstRows(db, random);
  if (done) done = db.Exec("COMMIT");
  if (!done) (void)db.Exec("ROLLBACK");
  return done;
}

Result<void> CheckPages(Database& db) {
  NEKO_TRY(const std::uint64_t pages, QueryNumber(db, "PRAGMA page_count"));
  NEKO_TRY(const std::uint64_t page_size, QueryNumber(db, "PRAGMA page_size"));
  const bool small = pages * page_size <= kThoroughCheckBytes;
  NEKO_TRY(const std::string verdict,
           db.QueryText(small ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)"));
  if (verdict != "ok") return CorruptStatus(db.path(), verdict);
  return {};
}

Result<void> CheckDefinitions(Database& db) {
  NEKO_TRY(auto model, Database::Open(":memory:", Database::Mode::kReadWriteCreate, ""));
  NEKO_RETURN_IF_ERROR(Migrate(*model, 0));
  NEKO_TRY(const std::string want, Definitions(*model));
  NEKO_TRY(const std::string have, Definitions(db));
  if (have != want) return CorruptStatus(db.path(), "its tables are not the ones of its version");
  return {};
}

std::uint64_t MetaSum(std::string_view key, std::string_view value) {
  return Checksum().Add(key).Add(value).value();
}

}  // namespace

std::uint64_t HeadSum(const Head& head) {
  return Checksum().Add(head.version).Add(head.commits).Add(head.digest).value();
}

Result<void> CheckIdentity(Database& db) {
  NEKO_TRY(const std::uint64_t application, QueryNumber(db, "PRAGMA application_id"));
  NEKO_TRY(const std::uint64_t version, QueryNumber(db, "PRAGMA user_version"));
  NEKO_TRY(const std::uint64_t tables, QueryNumber(db, "SELECT count(*) FROM sqlite_schema"));
  const bool fresh = application == 0 && version == 0 && tables == 0;
  if (fresh) return {};
  if (application != kApplicationId) {
    return CorruptStatus(db.path(), "it is not a nekoplane database");
  }
  if (version > kSchemaVersion) {
    return MakeStatus(Code::kInvalid, "SchemaTooNew",
                      "the database " + db.path() + " has schema " + std::to_string(version) +
                          ", made by a newer nekoplane; this one knows schemas up to " +
                          std::to_string(kSchemaVersion) +
                          ". Run the newer nekoplane, or restore a backup of before the upgrade");
  }
  if (version == 0) return CorruptStatus(db.path(), "it has no schema version");
  return {};
}

Result<void> PrepareSchema(Database& db, Random& random) {
  NEKO_TRY(const std::uint64_t version, QueryNumber(db, "PRAGMA user_version"));
  if (version > 0) NEKO_RETURN_IF_ERROR(CheckPages(db));
  if (version < kSchemaVersion) {
    NEKO_RETURN_IF_ERROR(MigrateInTransaction(db, version, random));
  }
  return CheckDefinitions(db);
}

Result<Head> ReadHead(Database& db) {
  NEKO_TRY(Statement query, db.Prepare("SELECT version, commits, digest, sum FROM head"));
  NEKO_TRY(const bool row, query.Step());
  if (!row) return CorruptStatus(db.path(), "its head row is missing");
  const Head head{query.Number(0), query.Number(1), query.Number(2)};
  if (query.Number(3) != HeadSum(head)) return CorruptStatus(db.path(), "its head row is wrong");
  return head;
}

Result<std::string> ReadMeta(Database& db, std::string_view key) {
  NEKO_TRY(Statement query, db.Prepare("SELECT value, sum FROM meta WHERE key = ?"));
  NEKO_TRY(const bool row, query.Bind(1, key).Step());
  const std::string value(row ? query.Text(0) : std::string_view());
  if (!row || query.Number(1) != MetaSum(key, value)) {
    return CorruptStatus(db.path(), "its " + std::string(key) + " is missing or wrong");
  }
  return value;
}

Result<void> WriteMeta(Database& db, std::string_view key, std::string_view value) {
  NEKO_TRY(Statement put, db.Prepare("INSERT INTO meta VALUES (?1, ?2, ?3) ON CONFLICT(key) DO "
                                     "UPDATE SET value = ?2, sum = ?3"));
  return put.Bind(1, key).Bind(2, value).Bind(3, MetaSum(key, value)).Run();
}

}  // namespace nekoplane::store
