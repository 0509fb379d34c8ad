#include "controller/store/sqlite/sqlite_store.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "tests/unit/controller/store/sqlite/sqlite_testing.h"

namespace nekoplane::store {
namespace {

std::uint64_t Number(const std::string& database, const std::string& sql) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open_v2(database.c_str(), &db, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  sqlite3_stmt* stmt = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &stmt, nullptr), SQLITE_OK)
      << sqlite3_errmsg(db);
  EXPECT_EQ(sqlite3_step(stmt), SQLITE_ROW);
  const auto number = static_cast<std::uint64_t>(sqlite3_column_int64(stmt, 0));
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return number;
}

TEST_F(SqliteStoreTest, CommitsThatWaitForTheDiskGoThereTogether) {
  Open();
  constexpr int kThreads = 16;
  constexpr int kEach = 40;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        auto done = store_->Commit(Context(),
                                   {{Create(std::to_string(t) + "-" + std::to_string(i))}, {}, {}});
        EXPECT_TRUE(done.has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const SqliteStore::Stats stats = store_->stats();
  EXPECT_EQ(stats.transactions, static_cast<std::uint64_t>(kThreads * kEach));
  EXPECT_LT(stats.commits, stats.transactions * 9 / 10);
  EXPECT_EQ(store_->Version(), stats.transactions);
}

TEST_F(SqliteStoreTest, AConflictInAGroupConcernsNobodyElse) {
  Open();
  std::atomic<int> good = 0;
  std::atomic<int> bad = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "p" + std::to_string(i / 3);
    store_->CommitAsync({{Create(name)}, {Acquire(PortClaim("host", i / 3, name))}, {}},
                        [&](Result<Committed> done) { done ? ++good : ++bad; });
  }
  while (good + bad < 300) std::this_thread::yield();
  EXPECT_EQ(good, 100);
  EXPECT_EQ(bad, 200);
  Open();
  EXPECT_EQ(store_->Version(), 100U);
}

TEST_F(SqliteStoreTest, WhatChangesNothingIsNotWritten) {
  Open();
  Do({Create("a")}, {Acquire(PortClaim("host", 1, "x"))});
  const std::uint64_t before = store_->stats().commits;
  Do({Update("a", "1")}, {Acquire(PortClaim("host", 1, "x")), ReleaseAllOf("nobody")});
  Do({});
  EXPECT_EQ(store_->stats().commits, before);
}

TEST_F(SqliteStoreTest, TheLogIsTrimmedAndTheVersionsGoOn) {
  options_.threaded = false;
  options_.history = {.events = 100, .bytes = 1 << 20};
  Open();
  Do({Create("a")});
  // Few commits with many writes each: the disk of a test machine is slow.
  for (int i = 0; i < 60; ++i) {
    std::vector<Write> writes;
    for (int j = 0; j < 50; ++j) writes.push_back(Update("a", std::to_string(i * 50 + j)));
    Do(std::move(writes));
  }
  const std::uint64_t version = store_->Version();
  EXPECT_EQ(version, 3'001U);
  EXPECT_LT(Number(path(), "SELECT count(*) FROM log"), 100U + 2 * 512);
  EXPECT_EQ(Number(path(), "SELECT max(version) FROM log"), version);
  EXPECT_EQ(store_->HistoryStart(), version - 100);
  Open();
  EXPECT_EQ(store_->Version(), version);
  EXPECT_EQ(store_->HistoryStart(), version - 100);
  EXPECT_TRUE(store_->ListAt(kPods, version - 100).has_value());
  EXPECT_TRUE(store_->ListAt(kPods, version - 101).is(Code::kExpired));
}

TEST_F(SqliteStoreTest, WithoutAnyHistoryTheVersionsGoOnToo) {
  options_.threaded = false;
  options_.history = {.events = 0, .bytes = 0};
  Open();
  for (int i = 0; i < 3; ++i) Do({Create("a"), Delete("a")});
  Open();
  EXPECT_EQ(store_->Version(), 6U);
  EXPECT_EQ(store_->HistoryStart(), 6U);
  EXPECT_TRUE(store_->ListAt(kPods, 5).is(Code::kExpired));
}

TEST_F(SqliteStoreTest, TheWalStaysSmallUnderLoad) {
  options_.threaded = false;
  Open();
  for (int i = 0; i < 60; ++i) {
    std::vector<Write> writes;
    for (int j = 0; j < 30; ++j) {
      writes.push_back(
          Create(std::to_string(i) + "-" + std::to_string(j), std::string(4'000, 'x')));
    }
    Do(std::move(writes));
  }
  EXPECT_GT(std::filesystem::file_size(path()), 5U << 20) << "pages moved to the database";
  EXPECT_LT(std::filesystem::file_size(path() + "-wal"), 9U << 20);
}

TEST_F(SqliteStoreTest, ABackupOfARunningStoreIsACompleteStore) {
  Open();
  std::atomic<bool> stop = false;
  std::atomic<int> committed = 0;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string name = "p" + std::to_string(i);
      auto done = store_->Commit(
          Context(),
          {{Create(name), Create(name + "-twin")}, {Acquire(PortClaim("host", i, name))}, {}});
      EXPECT_TRUE(done.has_value());
      ++committed;
    }
  });
  while (committed < 20) std::this_thread::yield();
  const std::string copy = (folder_ / "backup.db").string();
  const std::uint64_t before = store_->Version();
  const auto backed_up = store_->Backup(copy);
  const std::uint64_t after = store_->Version();
  stop = true;
  writer.join();
  ASSERT_TRUE(backed_up.has_value()) << backed_up.error().ToString();
  EXPECT_TRUE(store_->Backup(copy).is(Code::kAlreadyExists));
  EXPECT_EQ(store_->Backup((folder_ / "missing" / "b.db").string()).error().code,
            Code::kUnavailable);

  struct stat info = {};
  ASSERT_EQ(::stat(copy.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_FALSE(std::filesystem::exists(copy + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(copy + ".partial"));
  const std::string id = store_->InstallationId();
  store_.reset();
  options_.path = copy;
  Open();
  EXPECT_EQ(store_->InstallationId(), id);
  EXPECT_GE(store_->Version(), before);
  EXPECT_LE(store_->Version(), after);
  std::size_t claims = 0;
  store_->Claims()->ForEach([&](const Claim&) { ++claims; });
  EXPECT_EQ(store_->Version(), claims * 2);
}

TEST_F(SqliteStoreTest, TheSqlConstraintStandsBehindTheClaims) {
  Open();
  Do({}, {Acquire(PortClaim("host", 8800, "x"))});
  store_.reset();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, "INSERT INTO claims VALUES ('port-tcp', 'host', '8800', 'y', '', 0)",
                         nullptr, nullptr, nullptr),
            SQLITE_CONSTRAINT);
  sqlite3_close(db);
}

TEST_F(SqliteStoreTest, ManualDispatchDeliversWhenTold) {
  options_.threaded = false;
  options_.dispatch = Dispatch::kManual;
  Open();
  int events = 0;
  int answers = 0;
  auto watch = store_->Watch(kPods, 0, [&](const std::vector<EventPtr>& batch) {
    events += static_cast<int>(batch.size());
  });
  Do({Create("a")});
  store_->CommitAsync({{Create("b")}, {}, {}}, [&](Result<Committed>) { ++answers; });
  EXPECT_EQ(store_->Version(), 2U);
  EXPECT_EQ(events + answers, 0);
  EXPECT_EQ(store_->DeliverPending(1), 1U);
  EXPECT_EQ(events, 1);
  EXPECT_EQ(answers, 0);
  EXPECT_EQ(store_->DeliverPending(), 1U);
  EXPECT_EQ(events, 2);
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(store_->DeliverPending(), 0U);
}

}  // namespace
}  // namespace nekoplane::store
