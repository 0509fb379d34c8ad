// The product's store on a disk that dies at every operation, in every way; and proof that this
// disk is not kinder than real ones.
#include "tests/support/sim_disk/sim_disk.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/base/log.h"
#include "api/store/memory_store.h"
#include "controller/store/sqlite/sqlite_store.h"
#include "tests/conformance/store_testing.h"

namespace nekoplane::sim {
namespace {

using Fate = SimDisk::Fate;
using Op = SimDisk::Op;
using store::Acquire;
using store::PortClaim;

constexpr char kPath[] = "nekoplane.db";

// A store that lives through many deaths, next to a model that never dies.
class Lives {
 public:
  explicit Lives(std::uint64_t seed) : disk(seed), random(seed) {}

  ~Lives() { store_.reset(); }

  // Commits until the process dies at the n-th operation from now, in one of three ways; what
  // opening and closing does counts. Gives up after `commits`.
  void LiveUntil(std::uint64_t n, int commits) {
    const Fate last =
        std::array{Fate::kDieBefore, Fate::kDieAfter, Fate::kDieTorn}[random.Below(3)];
    disk.SetPlan([left = n, last](Op) mutable { return --left == 0 ? last : Fate::kWork; });
    bool open = Open();
    for (int i = 0; i < commits && open && !disk.cut() && !testing::Test::HasFailure(); ++i) {
      Commit();
      // Closing moves everything from the WAL to the database.
      if (random.Below(16) == 0) {
        store_.reset();
        open = Open();
      }
    }
    disk.SetPlan({});
    disk.Cut();
    store_.reset();
    ++deaths;
  }

  // The next process finds everything that was answered, and of what was under way all or nothing.
  void ExpectNothingLost() {
    ASSERT_TRUE(Open());
    if (under_way_ && store_->Version() != model->Version()) {
      ASSERT_TRUE(model->Commit(Context(), *under_way_).has_value());
    }
    under_way_.reset();
    ASSERT_EQ(Dump(*store_), Dump(*model));
    ExpectDenseHistory();
    store_.reset();
  }

  // A commit that must be done.
  void Do() {
    const auto version = model->Version();
    Commit();
    ASSERT_FALSE(under_way_.has_value());
    ASSERT_GT(model->Version(), version);
  }

  bool Open() {
    auto opened = store::SqliteStore::Open(
        {.path = kPath, .threaded = false, .vfs = disk.vfs(), .history = {.events = 300}}, random,
        log_);
    if (opened) {
      store_ = std::move(*opened);
    } else {
      EXPECT_TRUE(disk.cut()) << opened.error().ToString();
    }
    return opened.has_value();
  }

  void Close() { store_.reset(); }

  std::string Seen() const { return Dump(*store_); }

  SimDisk disk;
  SeededRandom random;
  std::unique_ptr<store::MemoryStore> model = std::make_unique<store::MemoryStore>("model");
  int deaths = 0, answered = 0;

 private:
  // A pair of objects and a claim that come, change and go together: half of it would show.
  store::Transaction Next() {
    const int number = static_cast<int>(random.Below(12));
    const std::string name = "p" + std::to_string(number);
    const std::string value(1 + random.Below(random.Below(4) == 0 ? 9'000 : 300),
                            static_cast<char>('a' + random.Below(26)));
    const auto claim = PortClaim("host", number, name);
    if (model->Get(store::PodKey(name)) == nullptr) {
      return {
          {store::Create(name, value), store::Create(name + "-twin", value)}, {Acquire(claim)}, {}};
    }
    if (random.Below(3) == 0) {
      return {
          {store::Delete(name), store::Delete(name + "-twin")}, {store::ReleaseAllOf(name)}, {}};
    }
    return {{store::Update(name, value), store::Update(name + "-twin", value)}, {}, {}};
  }

  void Commit() {
    under_way_ = Next();
    const auto done = store_->Commit(Context(), *under_way_);
    if (!done) {
      EXPECT_TRUE(disk.cut()) << done.error().ToString();
      return;
    }
    const auto wanted = model->Commit(Context(), *under_way_);
    under_way_.reset();
    ++answered;
    EXPECT_EQ(done->version, wanted->version);
  }

  void ExpectDenseHistory() {
    std::uint64_t version = store_->HistoryStart();
    auto watch = store_->Watch(store::kPods, version, [&](const auto& batch) {
      for (const store::EventPtr& event : batch) EXPECT_EQ(event->version, ++version);
    });
    ASSERT_TRUE(watch.has_value());
    EXPECT_EQ(version, store_->Version());
  }

  NullLogger log_;
  std::unique_ptr<store::SqliteStore> store_;
  std::optional<store::Transaction> under_way_;  // not answered by a process that died
};

TEST(SimDiskTest, KilledAtEveryOperationTheStoreLosesNothing) {
  Lives lives(1);
  for (std::uint64_t n = 1; n <= 1'200; n += n < 160 ? 1 : 7) {
    SCOPED_TRACE("died at operation " + std::to_string(n));
    lives.LiveUntil(n, 1'000);
    lives.disk.Revive();
    lives.ExpectNothingLost();
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(lives.answered, 3'000);
}

TEST(SimDiskTest, WithoutPowerAtEveryOperationTheStoreLosesNothing) {
  Lives lives(2);
  SeededRandom random(3);
  for (std::uint64_t n = 1; n <= 1'200; n += n < 160 ? 1 : 7) {
    SCOPED_TRACE("died at operation " + std::to_string(n));
    lives.LiveUntil(n, 1'000);
    lives.disk.LosePower(random);
    lives.ExpectNothingLost();
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(lives.answered, 3'000);
}

// The first moments of a new database, where files come and go: each with many outcomes.
TEST(SimDiskTest, WithoutPowerInItsFirstMomentsAStoreLosesNothing) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Lives lives(seed);
    lives.LiveUntil(1 + seed % 120, 5);
    lives.disk.LosePower(lives.random);
    lives.ExpectNothingLost();
    lives.LiveUntil(1 + lives.random.Below(150), 5);
    lives.disk.LosePower(lives.random);
    lives.ExpectNothingLost();
    ASSERT_FALSE(HasFailure());
  }
}

// Raw SQLite, for what the store never does.
class RawDatabase {
 public:
  RawDatabase(const SimDisk& disk, const std::string& synchronous) {
    EXPECT_EQ(sqlite3_open_v2(kPath, &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                              disk.vfs().c_str()),
              SQLITE_OK);
    Exec("PRAGMA synchronous = EXTRA");  // for the removal of the journal of the next step
    Exec("PRAGMA journal_mode = WAL");
    Exec("PRAGMA synchronous = " + synchronous);
  }

  ~RawDatabase() { sqlite3_close(db_); }

  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  int Exec(const std::string& sql) {
    return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  }

  int rows() {
    int rows = -1;
    sqlite3_exec(
        db_, "SELECT count(*) FROM t",
        [](void* to, int, char** column, char**) {
          *static_cast<int*>(to) = std::stoi(column[0]);
          return 0;
        },
        &rows, nullptr);
    return rows;
  }

 private:
  sqlite3* db_ = nullptr;
};

int RunsThatLost(const std::string& synchronous) {
  constexpr int kRows = 10;
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SimDisk disk(seed);
    {
      RawDatabase db(disk, "FULL");
      EXPECT_EQ(db.Exec("CREATE TABLE t(v)"), SQLITE_OK);
    }
    {
      RawDatabase db(disk, synchronous);
      for (int i = 0; i < kRows; ++i) {
        EXPECT_EQ(db.Exec("INSERT INTO t VALUES (randomblob(700))"), SQLITE_OK);
      }
      disk.Cut();
    }
    SeededRandom random(seed);
    disk.LosePower(random);
    RawDatabase db(disk, "FULL");
    if (db.rows() != kRows) ++lost;
  }
  return lost;
}

// What a failed sync did not write looks as if it were there, and must not get from the log into
// the database, where half of it would be damage.
TEST(SimDiskTest, SyncsThatFailDamageNothing) {
  NullLogger log;
  for (std::uint64_t seed = 1; seed <= 300 && !testing::Test::HasFailure(); ++seed) {
    SimDisk disk(seed);
    SeededRandom random(seed);
    const store::SqliteOptions options{.path = kPath, .threaded = false, .vfs = disk.vfs()};
    std::uint64_t answered = 0;
    for (int life = 0; life < 8; ++life) {
      disk.SetPlan([&](Op op) {
        if (random.Below(150) == 0) return Fate::kDieAfter;
        if (op == Op::kSync && random.Below(8) == 0) {
          return random.Below(2) == 0 ? Fate::kIoError : Fate::kIoErrorAfter;
        }
        return op == Op::kRead && random.Below(10) == 0 ? Fate::kIoError : Fate::kWork;
      });
      auto store = store::SqliteStore::Open(options, random, log);
      for (int i = 0; store && i < 60 && !disk.cut(); ++i) {
        const std::string name = "p" + std::to_string(random.Below(30));
        const bool there = (*store)->Get(store::PodKey(name)) != nullptr;
        const std::string value(1 + random.Below(3000), 'v');
        const auto done = (*store)->Commit(
            Context(), {{there ? store::Delete(name) : store::Create(name, value)}, {}, {}});
        if (done && !disk.cut()) answered = done->version;
      }
      if (store) store->reset();
      disk.SetPlan({});
      disk.LosePower(random);
      const auto after = store::SqliteStore::Open(options, random, log);
      ASSERT_TRUE(after) << "seed " << seed << ": " << after.error().ToString();
      ASSERT_GE((*after)->Version(), answered) << "seed " << seed;
    }
  }
}

TEST(SimDiskTest, WhoDoesNotSyncLosesData) {
  EXPECT_GT(RunsThatLost("OFF"), 20);
  EXPECT_GT(RunsThatLost("NORMAL"), 20);
  EXPECT_EQ(RunsThatLost("FULL"), 0);
}

TEST(SimDiskTest, AFlippedBitIsNeverServed) {
  Lives lives(4);
  ASSERT_TRUE(lives.Open());
  for (int i = 0; i < 60; ++i) lives.Do();
  lives.Close();  // the WAL is in the database and gone
  ASSERT_FALSE(lives.disk.Exists(std::string(kPath) + "-wal"));
  NullLogger log;
  int refused = 0;
  for (std::uint64_t i = 0; i < 150; ++i) {
    auto disk = lives.disk.Fork(i);
    const std::size_t at = disk->FlipBit(kPath, lives.random);
    auto opened = store::SqliteStore::Open(
        {.path = kPath, .threaded = false, .vfs = disk->vfs(), .history = {.events = 300}},
        lives.random, log);
    if (opened) {
      EXPECT_EQ(Dump(**opened), Dump(*lives.model)) << "byte " << at;
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 40);
}

TEST(SimDiskTest, OneSeedIsOneDisk) {
  const auto run = [](std::uint64_t seed) {
    Lives lives(seed);
    std::vector<std::uint64_t> digests;
    for (std::uint64_t n = 100; n <= 200; n += 10) {
      lives.LiveUntil(n, 1'000);
      digests.push_back(lives.disk.Digest());
      lives.disk.LosePower(lives.random);
      lives.ExpectNothingLost();
      digests.push_back(lives.disk.Digest());
    }
    return digests;
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

// What SQLite was promised of two connections: one writer, and a WAL that the last one removes.
TEST(SimDiskTest, ConnectionsSeeEachOthersLocks) {
  SimDisk disk(1);
  {
    RawDatabase one(disk, "FULL");
    RawDatabase two(disk, "FULL");
    ASSERT_EQ(one.Exec("CREATE TABLE t(v)"), SQLITE_OK);
    ASSERT_EQ(one.Exec("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)"), SQLITE_OK);
    EXPECT_EQ(two.Exec("BEGIN IMMEDIATE"), SQLITE_BUSY);
    EXPECT_EQ(two.rows(), 0);
    ASSERT_EQ(one.Exec("COMMIT"), SQLITE_OK);
    EXPECT_EQ(two.rows(), 1);
    EXPECT_EQ(two.Exec("INSERT INTO t VALUES (2)"), SQLITE_OK);
    ASSERT_EQ(two.Exec("BEGIN IMMEDIATE"), SQLITE_OK);
    disk.Cut();  // with the lock held
  }
  EXPECT_TRUE(disk.Exists(std::string(kPath) + "-wal"));
  disk.Revive();
  {
    RawDatabase next(disk, "FULL");
    EXPECT_EQ(next.rows(), 2);
    EXPECT_EQ(next.Exec("INSERT INTO t VALUES (3)"), SQLITE_OK);
  }
  EXPECT_FALSE(disk.Exists(std::string(kPath) + "-wal"));
}

}  // namespace
}  // namespace nekoplane::sim
