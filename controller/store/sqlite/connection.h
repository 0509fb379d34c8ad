// The writer's connection: one group of staged transactions becomes one SQL transaction.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/base/result.h"
#include "api/store/apply.h"
#include "controller/store/sqlite/database.h"
#include "controller/store/sqlite/schema.h"

namespace nekoplane::store {

class Connection {
 public:
  // A connection with our settings; its tables may not exist yet. Errors: as SqliteStatus.
  static Result<std::unique_ptr<Connection>> Open(const std::string& path, const std::string& vfs);

  Database& db() { return *db_; }

  // Readies the statements of Write. REQUIRES: PrepareSchema was successful on this file.
  Result<void> PrepareStatements();

  // For a file just opened, before anything is built on what its WAL brought along: that may be in
  // the page cache only, and once a sync has failed no other makes up for it; so may be the removal
  // of the rollback journal that the file was made with. Flushes the directory, writes the WAL
  // again, moves it all to the database, then counts this opening, which ends on disk what the last
  // connection left behind. Until then, and after a COMMIT that failed, closing leaves the WAL
  // alone: a page of it that is in the page cache only would be half of a change in the database.
  // Errors: as SqliteStatus; nothing is certain yet then. REQUIRES: PrepareSchema was successful on
  // this file.
  Result<void> Settle();

  struct Written {
    Result<Head> head;             // after the commit
    bool outcome_unknown = false;  // COMMIT failed: only the file knows whether it took place
  };

  // Makes `group` durable, on top of `head`, and drops log rows `trim_from` to `trim_until`
  // (exclusive). Without outcome_unknown an error means that the file is unchanged.
  Written Write(const Head& head, const std::vector<Applied>& group, std::uint64_t trim_from,
                std::uint64_t trim_until);

  // Moves pages from the WAL into the database once enough have gathered. Between two groups:
  // inside COMMIT, where SQLite would do it, everybody in the group would wait for it.
  void CheckpointIfDue();

  // The same, all of it, and gives memory back: for quiet moments.
  void CheckpointAll();

 private:
  explicit Connection(std::unique_ptr<Database> db) : db_(std::move(db)) {}

  // Writes the WAL's bytes over themselves and syncs it: only so does Linux try again what a failed
  // sync made it give up, and a checkpoint must not begin before the WAL is safe.
  Result<void> FlushDirectory();
  Result<void> WriteWalAgain();
  Result<Head> WriteRows(Head head, const std::vector<Applied>& group);
  Result<void> WriteEvent(const Event& event, std::uint64_t* digest);
  Result<void> WriteClaim(const ClaimDelta& delta, std::uint64_t* digest);
  Result<void> WriteHead(const Head& head);
  // Runs a statement that must change exactly one row.
  Result<void> ChangeOne(Statement& statement);

  // Behind a pointer because SQLite keeps an address in it.
  struct Wal {
    int pages = 0;
    int due_at = 0;
  };

  std::unique_ptr<Database> db_;
  std::unique_ptr<Wal> wal_;
  Statement begin_, commit_, rollback_;
  Statement insert_object_, update_object_, delete_object_;
  Statement insert_log_, trim_log_;
  Statement insert_claim_, update_claim_, delete_claim_;
  Statement update_head_;
};

}  // namespace nekoplane::store
