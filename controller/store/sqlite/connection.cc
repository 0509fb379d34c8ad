#include "controller/store/sqlite/connection.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "api/base/mutant.h"
#include "controller/store/sqlite/rows.h"

namespace nekoplane::store {
namespace {

constexpr int kCheckpointPages = 1000;

// cache_size in KiB: enough for the inner pages of a large database; everything is read from
// memory, so a bigger cache would only hold pages that the next write replaces.
constexpr const char* kSettings[] = {
    "PRAGMA synchronous = FULL",  // a commit is on disk before it is answered
    "PRAGMA cache_size = -4096",   "PRAGMA journal_size_limit = 8388608",
    "PRAGMA cell_size_check = ON", "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = FAST",  // overwrite deleted rows where that costs no extra write
    "PRAGMA temp_store = MEMORY",
};

}  // namespace

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& path,
                                                     const std::string& vfs) {
  NEKO_TRY(auto db, Database::Open(path, Database::Mode::kReadWriteCreate, vfs));
  NEKO_RETURN_IF_ERROR(CheckIdentity(*db));
  NEKO_TRY(const std::string mode, db->QueryText("PRAGMA journal_mode = WAL"));
  if (mode != "wal") {
    return MakeStatus(Code::kUnavailable, "StorageFailed",
                      "the database " + path + " cannot use a write-ahead log (got \"" + mode +
                          "\"): put it on a local file system");
  }
  for (const char* setting : kSettings) NEKO_RETURN_IF_ERROR(db->Exec(setting));
  if (NEKO_MUTANT(kNoFsync)) NEKO_RETURN_IF_ERROR(db->Exec("PRAGMA synchronous = OFF"));
  std::unique_ptr<Connection> connection(new Connection(std::move(db)));
  connection->wal_ = std::make_unique<Wal>();
  connection->wal_->due_at = kCheckpointPages;
  // Takes the place of SQLite's own checkpoint inside COMMIT.
  sqlite3_wal_hook(
      connection->db_->handle(),
      [](void* wal, sqlite3*, const char*, int pages) {
        static_cast<Wal*>(wal)->pages = pages;
        return SQLITE_OK;
      },
      connection->wal_.get());
  return connection;
}

Result<void> Connection::PrepareStatements() {
  NEKO_TRY(begin_, db_->Prepare("BEGIN IMMEDIATE"));
  NEKO_TRY(commit_, db_->Prepare("COMMIT"));
  NEKO_TRY(rollback_, db_->Prepare("ROLLBACK"));
  NEKO_TRY(insert_object_,
           db_->Prepare("INSERT INTO objects(resource, ns, name, uid, version, value, sum) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  NEKO_TRY(update_object_,
           db_->Prepare("UPDATE objects SET uid = ?4, version = ?5, value = ?6, sum = ?7 "
                        "WHERE resource = ?1 AND ns = ?2 AND name = ?3"));
  NEKO_TRY(delete_object_,
           db_->Prepare("DELETE FROM objects WHERE resource = ?1 AND ns = ?2 AND name = ?3"));
  NEKO_TRY(insert_log_,
           db_->Prepare("INSERT INTO log(version, type, resource, ns, name, uid, previous_version, "
                        "previous, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  if (NEKO_MUTANT(kVersionReused)) {  // or the log's key would refuse to reuse it
    NEKO_TRY(insert_log_, db_->Prepare("INSERT OR REPLACE INTO log VALUES "
                                       "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  }
  NEKO_TRY(trim_log_, db_->Prepare("DELETE FROM log WHERE version >= ?1 AND version < ?2"));
  NEKO_TRY(insert_claim_, db_->Prepare("INSERT INTO claims(kind, scope, item, owner, detail, sum) "
                                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  NEKO_TRY(update_claim_,
           db_->Prepare("UPDATE claims SET detail = ?5, sum = ?6 "
                        "WHERE kind = ?1 AND scope = ?2 AND item = ?3 AND owner = ?4"));
  NEKO_TRY(delete_claim_,
           db_->Prepare("DELETE FROM claims "
                        "WHERE kind = ?1 AND scope = ?2 AND item = ?3 AND owner = ?4"));
  NEKO_TRY(update_head_,
           db_->Prepare("UPDATE head SET version = ?1, commits = ?2, digest = ?3, sum = ?4"));
  return {};
}

Result<void> Connection::WriteWalAgain() {
  constexpr int kChunk = 64 << 10;
  sqlite3_file* wal = nullptr;
  sqlite3_file_control(db_->handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  if (wal == nullptr || wal->pMethods == nullptr) return {};
  sqlite3_int64 size = 0;
  int code = wal->pMethods->xFileSize(wal, &size);
  std::vector<char> bytes(kChunk);
  for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += kChunk) {
    const int count = static_cast<int>(std::min<sqlite3_int64>(kChunk, size - at));
    code = wal->pMethods->xRead(wal, bytes.data(), count, at);
    if (code == SQLITE_OK) code = wal->pMethods->xWrite(wal, bytes.data(), count, at);
  }
  if (code == SQLITE_OK && size > 0) code = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
  if (code != SQLITE_OK) return db_->Error(code, "write the log again");
  return {};
}

// A fresh file turns to WAL in a transaction with a rollback journal. If a power loss brought that
// back, it would undo the file, and SQLite then drops its WAL. SQLite offers to flush a directory
// only together with a deletion in it.
Result<void> Connection::FlushDirectory() {
  if (NEKO_MUTANT(kJournalNotFlushed)) return {};
  sqlite3_vfs* vfs = nullptr;
  sqlite3_file_control(db_->handle(), "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
  if (vfs == nullptr) return db_->Error(SQLITE_INTERNAL, "find the file system");
  const std::string name = db_->path() + "-journal";
  std::vector<std::max_align_t> space(
      static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1);
  auto* file = reinterpret_cast<sqlite3_file*>(space.data());
  int code =
      vfs->xOpen(vfs, name.c_str(), file,
                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_JOURNAL, nullptr);
  if (file->pMethods != nullptr) file->pMethods->xClose(file);
  if (code == SQLITE_OK) code = vfs->xDelete(vfs, name.c_str(), 1);
  if (code != SQLITE_OK) return db_->Error(code, "flush the directory");
  return {};
}

Result<void> Connection::Settle() {
  if (NEKO_MUTANT(kNotSettled)) return {};
  NEKO_RETURN_IF_ERROR(FlushDirectory());
  NEKO_RETURN_IF_ERROR(WriteWalAgain());
  int in_wal = 0;
  int moved = 0;
  // Not held up by a backup; but until that is through, some pages may have to stay in the WAL.
  const int code =
      sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_wal, &moved);
  if (code != SQLITE_OK || moved < in_wal) {
    return db_->Error(code != SQLITE_OK ? code : SQLITE_BUSY, "checkpoint");
  }
  NEKO_TRY(const std::string boots, ReadMeta(*db_, kMetaBoots));
  NEKO_RETURN_IF_ERROR(
      WriteMeta(*db_, kMetaBoots, std::to_string(std::strtoull(boots.c_str(), nullptr, 10) + 1)));
  db_->CheckpointOnClose(true);
  return {};
}

Connection::Written Connection::Write(const Head& head, const std::vector<Applied>& group,
                                      std::uint64_t trim_from, std::uint64_t trim_until) {
  if (auto begun = begin_.Run(); !begun) return {std::move(begun).error()};
  Result<Head> next = WriteRows(head, group);
  if (next && trim_from < trim_until) {
    auto trimmed = trim_log_.Bind(1, trim_from).Bind(2, trim_until).Run();
    if (!trimmed) next = std::move(trimmed).error();
  }
  if (!next) {
    // An I/O error may have rolled back already; ROLLBACK then only says so.
    (void)rollback_.Run();
    return {std::move(next)};
  }
  if (auto committed = commit_.Run(); !committed) {
    db_->CheckpointOnClose(false);
    (void)rollback_.Run();
    return {std::move(committed).error(), true};
  }
  return {std::move(next)};
}

Result<Head> Connection::WriteRows(Head head, const std::vector<Applied>& group) {
  for (const Applied& applied : group) {
    for (const EventPtr& event : applied.events) {
      NEKO_RETURN_IF_ERROR(WriteEvent(*event, &head.digest));
      head.version = event->version;
    }
    for (const ClaimDelta& delta : applied.claims) {
      NEKO_RETURN_IF_ERROR(WriteClaim(delta, &head.digest));
    }
  }
  ++head.commits;
  NEKO_RETURN_IF_ERROR(WriteHead(head));
  return head;
}

Result<void> Connection::WriteEvent(const Event& event, std::uint64_t* digest) {
  const Object& object = *event.object;
  const Key& key = object.key;
  const Object* previous = event.previous.get();
  const std::uint64_t previous_sum = previous == nullptr ? 0 : ObjectSum(*previous);
  *digest -= previous_sum;
  if (event.type == EventType::kDeleted) {
    delete_object_.Bind(1, key.resource).Bind(2, key.ns).Bind(3, key.name);
    NEKO_RETURN_IF_ERROR(ChangeOne(delete_object_));
  } else {
    const std::uint64_t sum = ObjectSum(object);
    *digest += sum;
    Statement& put = previous == nullptr ? insert_object_ : update_object_;
    put.Bind(1, key.resource).Bind(2, key.ns).Bind(3, key.name).Bind(4, object.uid);
    put.Bind(5, object.version).Bind(6, object.bytes).Bind(7, sum);
    NEKO_RETURN_IF_ERROR(ChangeOne(put));
  }
  if (NEKO_MUTANT(kDeletedNotLogged) && event.type == EventType::kDeleted) return {};
  insert_log_.Bind(1, event.version).Bind(2, static_cast<std::uint64_t>(event.type));
  insert_log_.Bind(3, key.resource).Bind(4, key.ns).Bind(5, key.name).Bind(6, object.uid);
  if (previous == nullptr) {
    insert_log_.Bind(7, 0).BindNull(8);
  } else {
    insert_log_.Bind(7, previous->version).Bind(8, previous->bytes);
  }
  insert_log_.Bind(9, LogSum(key, event.version, event.type, object.uid, previous_sum));
  return ChangeOne(insert_log_);
}

Result<void> Connection::WriteClaim(const ClaimDelta& delta, std::uint64_t* digest) {
  const Claim& claim = delta.after != nullptr ? *delta.after : *delta.before;
  if (delta.before != nullptr) *digest -= ClaimSum(*delta.before);
  Statement& change = delta.after == nullptr    ? delete_claim_
                      : delta.before == nullptr ? insert_claim_
                                                : update_claim_;
  change.Bind(1, claim.kind).Bind(2, claim.scope).Bind(3, claim.item).Bind(4, claim.owner);
  if (delta.after != nullptr) {
    const std::uint64_t sum = ClaimSum(claim);
    *digest += sum;
    change.Bind(5, claim.detail).Bind(6, sum);
  }
  return ChangeOne(change);
}

Result<void> Connection::WriteHead(const Head& head) {
  update_head_.Bind(1, head.version).Bind(2, head.commits).Bind(3, head.digest);
  return ChangeOne(update_head_.Bind(4, HeadSum(head)));
}

Result<void> Connection::ChangeOne(Statement& statement) {
  NEKO_RETURN_IF_ERROR(statement.Run());
  // Memory said that the row is there, or is not: the file must agree.
  if (db_->Changes() == 1) return {};
  return CorruptStatus(db_->path(), "a row that was there is gone");
}

void Connection::CheckpointIfDue() {
  if (wal_->pages < wal_->due_at) return;
  int in_wal = 0;
  int moved = 0;
  (void)sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_wal,
                                  &moved);
  // A backup in progress, or a full disk, leaves pages behind: try again after as many more.
  wal_->due_at = in_wal > moved ? in_wal + kCheckpointPages : kCheckpointPages;
  if (in_wal <= moved) wal_->pages = 0;
}

void Connection::CheckpointAll() {
  (void)sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                                  nullptr);
  sqlite3_db_release_memory(db_->handle());
  *wal_ = {0, kCheckpointPages};
}

}  // namespace nekoplane::store
