// The little of SQLite's C interface that the store needs, with Status for errors.
//
// Thread safety: one thread at a time per Database and its Statements (SQLITE_OPEN_NOMUTEX).
// Lifetime: a Database outlives its Statements.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "api/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace nekoplane::store {

// What went wrong with `file` while `doing`: kUnavailable with reason StorageFull, StoreCorrupt or
// StorageFailed, and what a person can do about it.
Status SqliteStatus(sqlite3* db, int code, std::string_view file, std::string_view doing);

// kUnavailable, StoreCorrupt: names the file and what to do.
Status CorruptStatus(std::string_view file, std::string_view what);

class Statement {
 public:
  Statement() = default;

  // Binds parameter `index` (from 1). Text is not copied: it must live until the step is done. A
  // failure shows in the next Step.
  Statement& Bind(int index, std::string_view text);
  Statement& Bind(int index, std::uint64_t number);
  Statement& BindNull(int index);

  // True: a row is there to read. False: done, and ready to be bound again. An error also resets.
  Result<bool> Step();
  // Steps to the end.
  Result<void> Run();
  void Reset();

  std::uint64_t Number(int column) const;
  // Valid until the next Step or Reset.
  std::string_view Text(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Database;

  struct Finalizer {
    void operator()(sqlite3_stmt* stmt) const;
  };

  std::unique_ptr<sqlite3_stmt, Finalizer> stmt_;
  const std::string* file_ = nullptr;  // the database's
  int bind_error_ = 0;
};

class Database {
 public:
  enum class Mode { kReadWriteCreate, kReadWrite, kReadOnly };

  // `vfs`: "" for the default.
  static Result<std::unique_ptr<Database>> Open(const std::string& path, Mode mode,
                                                const std::string& vfs);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<void> Exec(const std::string& sql);
  Result<Statement> Prepare(std::string_view sql);
  // Runs all of it. The first column of the first row; "" if there is none.
  Result<std::string> QueryText(std::string_view sql);

  // Whether closing moves the WAL into the database and removes it. At first it does not.
  void CheckpointOnClose(bool on);

  // Rows changed by the last INSERT, UPDATE or DELETE.
  int Changes() const;
  // Errors of functions that this class does not wrap.
  Status Error(int code, std::string_view doing) const;

  sqlite3* handle() const { return db_; }

  const std::string& path() const { return path_; }

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  sqlite3* db_ = nullptr;
};

}  // namespace nekoplane::store
