// The store on one SQLite file: WAL, synchronous=FULL, one writer, group commit.
//
// Everything is read from memory; SQLite is there for durability and for the claims' PRIMARY KEY.
// Commits that wait while another is on its way to the disk go there together, in one SQL
// transaction, each still all or nothing by itself. What a file must fulfil to be opened, and what
// happens when the disk fails: docs/design/002-store.md.
//
// Thread safety: as Store. With threads it owns two: the writer, and the dispatcher that all
//     callbacks come from. Without, a commit is done when Commit or CommitAsync returns, and
//     callbacks run inside or in DeliverPending, as with MemoryStore.
// Blocking: Commit waits for the disk, not for ctx's deadline: there is no way to take back what
//     may already be on its way there. A stop requested before it begins is kCancelled.
// Restarts: reopening the path brings back everything, the watch history included.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/base/log.h"
#include "api/base/mutex.h"
#include "api/base/random.h"
#include "api/store/apply.h"
#include "api/store/core_store.h"
#include "controller/store/sqlite/committer.h"
#include "controller/store/sqlite/store_files.h"

namespace nekoplane::store {

struct SqliteOptions {
  std::string path;  // its folder must exist; <path>-wal, -shm and .lock appear beside it
  bool threaded = true;
  Dispatch dispatch = Dispatch::kInline;  // only if not threaded: kInline or kManual
  // The name of a registered SQLite VFS, for tests and simulation. "": the system's files, which
  // are then locked against other processes and made private; with a VFS both are its business.
  std::string vfs;
  HistoryLimits history = {};
};

class SqliteStore final : public CoreStore {
 public:
  // Errors: kInvalid SchemaTooNew; kUnavailable StoreLocked, StoreCorrupt, StorageFull,
  //     StorageFailed; each message names the file and says what to do.
  // `random` is only used during Open; `log` outlives the store.
  static Result<std::unique_ptr<SqliteStore>> Open(SqliteOptions options, Random& random,
                                                   Logger& log);
  ~SqliteStore() override;

  Result<Committed> Commit(const Context& ctx, Transaction transaction) override
      EXCLUDES(mu_, commit_mu_);
  void CommitAsync(Transaction transaction, CommitDone done) override EXCLUDES(mu_, commit_mu_);

  // A consistent copy, made while commits go on; any thread may call, and waits.
  // Errors: kAlreadyExists; kUnavailable: nothing is left behind.
  Result<void> Backup(const std::string& destination) const;

  struct Stats {
    std::uint64_t transactions = 0;  // asked for, with whatever result
    std::uint64_t commits = 0;       // SQL transactions committed
  };

  Stats stats() const EXCLUDES(mu_);

 private:
  struct Pending {
    PreparedTransaction transaction;
    CommitDone done;
    bool awaited = false;  // a thread sits in Commit
  };

  SqliteStore(SqliteOptions options, FileLock lock, std::string installation_id, Loaded loaded,
              std::unique_ptr<Connection> connection, Logger& log);

  void Submit(Transaction transaction, CommitDone done, bool awaited) EXCLUDES(mu_, commit_mu_);
  void RunGroup(std::vector<Pending> group) EXCLUDES(mu_, commit_mu_);
  void AnswerLater(CommitDone done, Status status);
  void WriterLoop() EXCLUDES(mu_, commit_mu_);
  // Waits for the next group; empty after a quiet while, or with *stopping.
  std::vector<Pending> NextGroup(bool wake_when_idle, bool* stopping) EXCLUDES(mu_);

  const SqliteOptions options_;
  Logger& log_;
  FileLock lock_;
  Mutex commit_mu_;  // one group at a time
  Committer committer_ GUARDED_BY(commit_mu_);
  mutable Mutex mu_;
  CondVar wake_writer_;
  std::deque<Pending> queue_ GUARDED_BY(mu_);
  Stats stats_ GUARDED_BY(mu_);
  bool stopping_ GUARDED_BY(mu_) = false;
  std::thread::id dispatcher_id_;
  std::jthread dispatcher_;
  std::jthread writer_;
};

}  // namespace nekoplane::store
