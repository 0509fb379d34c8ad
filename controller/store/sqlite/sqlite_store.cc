#include "controller/store/sqlite/sqlite_store.h"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <utility>

#include "api/base/check.h"
#include "controller/store/sqlite/backup.h"
#include "controller/store/sqlite/schema.h"

namespace nekoplane::store {
namespace {

// Bounds of one group: beyond them a commit gains nothing and everybody in it waits longer.
constexpr std::size_t kGroupTransactions = 256;
constexpr std::size_t kGroupBytes = 4 << 20;
// Up to so many waiting threads the writer wakes itself, which saves each a detour over the
// dispatcher; more would keep it from the next group.
constexpr std::size_t kWakeDirectly = 4;
constexpr std::chrono::seconds kQuiet(1);

std::size_t BytesOf(const PreparedTransaction& prepared) {
  std::size_t bytes = 0;
  for (const Write& write : prepared.transaction.writes) bytes += write.body.size();
  return bytes;
}

Status ShuttingDown() {
  return MakeStatus(Code::kCancelled, "ShuttingDown",
                    "the store is shutting down; nothing was written");
}

// Where a thread waits for its commit.
class Waiter {
 public:
  void Set(Result<Committed> result) {
    MutexLock lock(mu_);
    result_.emplace(std::move(result));
    done_.NotifyOne();  // under the lock: the waiter destroys this as soon as it can
  }

  Result<Committed> Wait() {
    MutexLock lock(mu_);
    while (!result_.has_value()) done_.Wait(mu_);
    return std::move(*result_);
  }

 private:
  Mutex mu_;
  CondVar done_;
  std::optional<Result<Committed>> result_ GUARDED_BY(mu_);
};

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(SqliteOptions options, Random& random,
                                                       Logger& log) {
  const bool own_files = options.vfs.empty();
  FileLock lock;
  if (own_files) {
    NEKO_TRY(lock, FileLock::Acquire(options.path));
    NEKO_RETURN_IF_ERROR(PrepareFile(options.path, lock));
  }
  NEKO_TRY(auto connection, Connection::Open(options.path, options.vfs));
  Database& db = connection->db();
  NEKO_RETURN_IF_ERROR(PrepareSchema(db, random));
  NEKO_TRY(const std::string installation_id, ReadMeta(db, kMetaInstallationId));
  NEKO_TRY(const std::string boots_text, ReadMeta(db, kMetaBoots));
  const std::uint64_t boots = std::strtoull(boots_text.c_str(), nullptr, 10) + 1;
  NEKO_TRY(Loaded loaded, Load(db, options.history, boots));
  NEKO_RETURN_IF_ERROR(connection->PrepareStatements());
  // The first write, now that everything read has been found good.
  NEKO_RETURN_IF_ERROR(connection->Settle());
  if (own_files) NEKO_RETURN_IF_ERROR(lock.Note(installation_id));
  log.Info("store opened", {{"path", options.path},
                            {"installation", installation_id},
                            {"version", std::to_string(loaded.head.version)},
                            {"objects", std::to_string(loaded.state.objects.size())},
                            {"claims", std::to_string(loaded.state.claims.size())}});
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(options), std::move(lock),
                                                      installation_id, std::move(loaded),
                                                      std::move(connection), log));
}

SqliteStore::SqliteStore(SqliteOptions options, FileLock lock, std::string installation_id,
                         Loaded loaded, std::unique_ptr<Connection> connection, Logger& log)
    : CoreStore(std::move(installation_id), options.history,
                options.threaded ? Dispatch::kThread : options.dispatch, loaded.state,
                std::move(loaded.events)),
      options_(std::move(options)),
      log_(log),
      lock_(std::move(lock)),
      committer_({options_.path, options_.vfs}, std::move(connection), loaded) {
  NEKO_CHECK(options_.threaded || options_.dispatch != Dispatch::kThread);
  if (!options_.threaded) return;
  dispatcher_ = std::jthread([this] { hub().Run(); });
  dispatcher_id_ = dispatcher_.get_id();
  writer_ = std::jthread([this] { WriterLoop(); });
}

SqliteStore::~SqliteStore() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    wake_writer_.NotifyAll();
  }
  if (writer_.joinable()) writer_.join();
  hub().Close();
  if (dispatcher_.joinable()) dispatcher_.join();
  hub().Drain();
}

Result<Committed> SqliteStore::Commit(const Context& ctx, Transaction transaction) {
  if (ctx.stopped()) {
    return MakeStatus(Code::kCancelled, "Cancelled", "stopped before the commit began");
  }
  // The dispatcher may be who answers: it would wait for itself.
  NEKO_CHECK(!options_.threaded || std::this_thread::get_id() != dispatcher_id_);
  Waiter waiter;
  Submit(
      std::move(transaction),
      [&waiter](Result<Committed> result) { waiter.Set(std::move(result)); }, true);
  return waiter.Wait();
}

void SqliteStore::CommitAsync(Transaction transaction, CommitDone done) {
  Submit(std::move(transaction), std::move(done), false);
}

void SqliteStore::Submit(Transaction transaction, CommitDone done, bool awaited) {
  Result<PreparedTransaction> prepared = Prepare(std::move(transaction));
  if (!prepared && awaited) return done(std::move(prepared).error());
  bool stopping = false;
  {
    MutexLock lock(mu_);
    ++stats_.transactions;
    stopping = stopping_;
    if (prepared && options_.threaded && !stopping) {
      queue_.push_back({std::move(*prepared), std::move(done), awaited});
      wake_writer_.NotifyOne();
      return;
    }
  }
  if (!prepared) {
    AnswerLater(std::move(done), std::move(prepared).error());
  } else if (stopping) {
    AnswerLater(std::move(done), ShuttingDown());
  } else {
    std::vector<Pending> group;
    group.push_back({std::move(*prepared), std::move(done), awaited});
    RunGroup(std::move(group));
  }
  DeliverInline();
}

void SqliteStore::AnswerLater(CommitDone done, Status status) {
  std::vector<Answer> answers;
  answers.push_back({std::move(done), std::move(status)});
  hub().Release({}, std::move(answers));
}

void SqliteStore::RunGroup(std::vector<Pending> group) {
  std::vector<PreparedTransaction> transactions;
  transactions.reserve(group.size());
  for (Pending& pending : group) transactions.push_back(std::move(pending.transaction));
  const bool wake_directly = group.size() <= kWakeDirectly;
  std::vector<Answer> waiting;
  Committer::Outcome outcome;
  {
    MutexLock lock(commit_mu_);
    outcome = committer_.Run(transactions, HistoryStart());
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < group.size(); ++i) {
      auto& to = group[i].awaited && wake_directly ? waiting : answers;
      to.push_back({std::move(group[i].done), std::move(outcome.results[i])});
    }
    if (outcome.changed) {
      Publish(committer_.state(), std::move(outcome.events), std::move(answers));
    } else {
      hub().Release({}, std::move(answers));
    }
    MutexLock stats_lock(mu_);
    stats_.commits = committer_.commits();
  }
  for (Answer& answer : waiting) answer.done(std::move(answer.result));
  if (outcome.began_to_fail) {
    log_.Error(
        "the store refuses writes until its disk works again",
        {{"reason", outcome.began_to_fail->reason}, {"error", outcome.began_to_fail->message}});
  }
  if (outcome.works_again) log_.Info("the store takes writes again");
  MutexLock lock(commit_mu_);
  committer_.CheckpointIfDue();
}

void SqliteStore::WriterLoop() {
  bool wrote = false;  // since the last quiet moment
  for (;;) {
    bool stopping = false;
    std::vector<Pending> group = NextGroup(wrote, &stopping);
    if (stopping) {
      for (Pending& pending : group) AnswerLater(std::move(pending.done), ShuttingDown());
      return;
    }
    wrote = !group.empty();
    if (wrote) {
      RunGroup(std::move(group));
    } else {
      MutexLock lock(commit_mu_);
      committer_.CheckpointAll();
    }
  }
}

std::vector<SqliteStore::Pending> SqliteStore::NextGroup(bool wake_when_idle, bool* stopping) {
  std::vector<Pending> group;
  MutexLock lock(mu_);
  while (queue_.empty() && !stopping_) {
    if (!wake_when_idle) {
      wake_writer_.Wait(mu_);
      continue;
    }
    wake_writer_.WaitFor(mu_, kQuiet);
    if (queue_.empty() && !stopping_) return group;
  }
  *stopping = stopping_;
  std::size_t bytes = 0;
  while (!queue_.empty() &&
         (stopping_ || (group.size() < kGroupTransactions && bytes < kGroupBytes))) {
    bytes += BytesOf(queue_.front().transaction);
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

Result<void> SqliteStore::Backup(const std::string& destination) const {
  return BackupDatabase(options_.path, options_.vfs, destination);
}

SqliteStore::Stats SqliteStore::stats() const {
  MutexLock lock(mu_);
  return stats_;
}

}  // namespace nekoplane::store
