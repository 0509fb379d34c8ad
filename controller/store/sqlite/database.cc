#include "controller/store/sqlite/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include "api/base/mutant.h"

namespace nekoplane::store {
namespace {

constexpr int kBusyTimeoutMs = 5000;

}  // namespace

Status CorruptStatus(std::string_view file, std::string_view what) {
  const std::string name(file);
  return MakeStatus(
      Code::kUnavailable, "StoreCorrupt",
      "the database " + name + " is damaged (" + std::string(what) +
          "). Nothing of it was used. Restore the newest backup in its place (remove " + name +
          "-wal and " + name + "-shm), or move " + name + "* away to begin with an empty one");
}

Status SqliteStatus(sqlite3* db, int code, std::string_view file, std::string_view doing) {
  const int primary = code & 0xff;
  std::string what = std::string(doing) + ": ";
  what += db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) return CorruptStatus(file, what);
  const int error = db == nullptr ? 0 : sqlite3_system_errno(db);
  if (primary == SQLITE_FULL || (primary == SQLITE_IOERR && (error == ENOSPC || error == EDQUOT))) {
    return MakeStatus(Code::kUnavailable, "StorageFull",
                      "no room left for the database " + std::string(file) + " (" + what +
                          "). Free some space on its disk; nothing else has to be done");
  }
  return MakeStatus(Code::kUnavailable, "StorageFailed",
                    "the database " + std::string(file) + " cannot be used (" + what + ", code " +
                        std::to_string(code) + ")");
}

void Statement::Finalizer::operator()(sqlite3_stmt* stmt) const { sqlite3_finalize(stmt); }

Statement& Statement::Bind(int index, std::string_view text) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  bind_error_ |=
      sqlite3_bind_text64(stmt_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::Bind(int index, std::uint64_t number) {
  bind_error_ |= sqlite3_bind_int64(stmt_.get(), index, static_cast<sqlite3_int64>(number));
  return *this;
}

Statement& Statement::BindNull(int index) {
  bind_error_ |= sqlite3_bind_null(stmt_.get(), index);
  return *this;
}

Result<bool> Statement::Step() {
  int code = std::exchange(bind_error_, SQLITE_OK);
  if (code == SQLITE_OK) code = sqlite3_step(stmt_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    Reset();
    return false;
  }
  Status status =
      SqliteStatus(sqlite3_db_handle(stmt_.get()), code, *file_, sqlite3_sql(stmt_.get()));
  Reset();
  return status;
}

Result<void> Statement::Run() {
  for (;;) {
    NEKO_TRY(const bool row, Step());
    if (!row) return {};
  }
}

void Statement::Reset() { sqlite3_reset(stmt_.get()); }

std::uint64_t Statement::Number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(stmt_.get(), column));
}

std::string_view Statement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(stmt_.get(), column);
  const int size = sqlite3_column_bytes(stmt_.get(), column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(stmt_.get(), column) == SQLITE_NULL;
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& path, Mode mode,
                                                 const std::string& vfs) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
  flags |= mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == Mode::kReadWriteCreate) flags |= SQLITE_OPEN_CREATE;
  std::unique_ptr<Database> db(new Database(path));
  const int code =
      sqlite3_open_v2(path.c_str(), &db->db_, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) return db->Error(code, "open");
  sqlite3_busy_timeout(db->db_, kBusyTimeoutMs);
  db->CheckpointOnClose(false);
  return db;
}

Database::~Database() { sqlite3_close_v2(db_); }

Result<void> Database::Exec(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return Error(code, sql.substr(0, sql.find('\n')));
  return {};
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* stmt = nullptr;
  const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &stmt, nullptr);
  if (code != SQLITE_OK) return Error(code, sql);
  Statement statement;
  statement.stmt_.reset(stmt);
  statement.file_ = &path_;
  return statement;
}

Result<std::string> Database::QueryText(std::string_view sql) {
  NEKO_TRY(Statement query, Prepare(sql));
  NEKO_TRY(bool row, query.Step());
  std::string text = row ? std::string(query.Text(0)) : std::string();
  // To its end: a PRAGMA commits what it changed after its row, and that may fail.
  while (row && !NEKO_MUTANT(kWalSwitchUnchecked)) {
    NEKO_TRY(row, query.Step());
  }
  return text;
}

void Database::CheckpointOnClose(bool on) {
  sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 0 : 1, nullptr);
}

int Database::Changes() const { return sqlite3_changes(db_); }

Status Database::Error(int code, std::string_view doing) const {
  return SqliteStatus(db_, code, path_, doing);
}

}  // namespace nekoplane::store
