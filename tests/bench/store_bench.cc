// How many durable commits per second the store makes, beside bare SQLite in the same folder, and
// what reads and watchers cost. The folder is $NEKO_BENCH_DIR or ".": its disk is what is measured.
//
//   store_bench --benchmark_filter=Commit
#include <benchmark/benchmark.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "api/base/check.h"
#include "api/base/log.h"
#include "api/base/random.h"
#include "api/store/memory_store.h"
#include "controller/store/sqlite/sqlite_store.h"

namespace nekoplane::store {
namespace {

constexpr char kResource[] = "browsersessions.nekoplane.dev";

class Folder {
 public:
  Folder() {
    const char* base = std::getenv("NEKO_BENCH_DIR");
    std::string folder = std::string(base == nullptr ? "." : base) + "/store-bench-XXXXXX";
    NEKO_CHECK(::mkdtemp(folder.data()) != nullptr);
    path_ = folder;
  }

  ~Folder() { std::filesystem::remove_all(path_); }

  std::string File(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// A session as it is stored is about this large.
std::string Body(const std::string& name, std::uint64_t salt) {
  return R"({"metadata":{"name":")" + name + R"("},"spec":{"salt":")" + std::to_string(salt) +
         R"(","text":")" + std::string(1'800, 'x') + R"("}})";
}

Write Put(Write::Op op, const std::string& name, std::uint64_t salt) {
  return {op, {kResource, "default", name}, "uid", Body(name, salt), std::nullopt};
}

std::unique_ptr<SqliteStore> OpenStore(const std::string& path) {
  SystemRandom random;
  static NullLogger log;
  auto store = SqliteStore::Open({.path = path}, random, log);
  NEKO_CHECK(store.has_value());
  return std::move(*store);
}

// Bare SQLite, one row per transaction: the yardstick.
void BM_BareSqliteOneRowCommit(benchmark::State& state) {
  const Folder folder;
  sqlite3* db = nullptr;
  NEKO_CHECK(sqlite3_open(folder.File("bare.db").c_str(), &db) == SQLITE_OK);
  sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", nullptr, nullptr,
               nullptr);
  sqlite3_exec(db,
               "CREATE TABLE kv(key TEXT PRIMARY KEY, rv INTEGER NOT NULL, value BLOB NOT NULL)",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* put = nullptr;
  sqlite3_prepare_v3(db,
                     "INSERT INTO kv VALUES (?1, ?2, ?3) ON CONFLICT(key) DO UPDATE SET rv = ?2, "
                     "value = ?3",
                     -1, SQLITE_PREPARE_PERSISTENT, &put, nullptr);
  std::uint64_t i = 0;
  for (auto _ : state) {
    const std::string name = "s" + std::to_string(++i % 1'000);
    const std::string body = Body(name, i);
    sqlite3_bind_text(put, 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
    sqlite3_bind_int64(put, 2, static_cast<sqlite3_int64>(i));
    sqlite3_bind_text(put, 3, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
    NEKO_CHECK(sqlite3_step(put) == SQLITE_DONE);
    sqlite3_reset(put);
  }
  sqlite3_finalize(put);
  sqlite3_close(db);
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(BM_BareSqliteOneRowCommit)->UseRealTime()->MinTime(2);

// Threads that each wait for their commit; every one replaces an object of 1,000.
void BM_Commit(benchmark::State& state) {
  static std::unique_ptr<Folder> folder;
  static std::unique_ptr<SqliteStore> store;
  static SqliteStore::Stats before;
  if (state.thread_index() == 0) {
    folder = std::make_unique<Folder>();
    store = OpenStore(folder->File("nekoplane.db"));
    Transaction fill;
    for (int i = 0; i < 1'000; ++i) {
      fill.writes.push_back(Put(Write::Op::kCreate, "s" + std::to_string(i), 0));
    }
    NEKO_CHECK(store->Commit(Context(), std::move(fill)).has_value());
    before = store->stats();
  }
  SeededRandom random(static_cast<std::uint64_t>(state.thread_index()));
  for (auto _ : state) {
    const std::string name = "s" + std::to_string(random.Below(1'000));
    auto done =
        store->Commit(Context(), {{Put(Write::Op::kUpdate, name, random.Next64())}, {}, {}});
    NEKO_CHECK(done.has_value());
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) {
    const SqliteStore::Stats after = store->stats();
    state.counters["per_fsync"] = static_cast<double>(after.transactions - before.transactions) /
                                  static_cast<double>(after.commits - before.commits);
    store.reset();
    folder.reset();
  }
}

BENCHMARK(BM_Commit)->UseRealTime()->MinTime(2)->Threads(1)->Threads(16)->Threads(64);

// One thread that keeps so many commits under way, as the API server does.
void BM_CommitAsync(benchmark::State& state) {
  const Folder folder;
  auto store = OpenStore(folder.File("nekoplane.db"));
  Transaction fill;
  for (int i = 0; i < 1'000; ++i) {
    fill.writes.push_back(Put(Write::Op::kCreate, "s" + std::to_string(i), 0));
  }
  NEKO_CHECK(store->Commit(Context(), std::move(fill)).has_value());
  SeededRandom random(1);
  std::atomic<std::int64_t> under_way = 0;
  for (auto _ : state) {
    const std::string name = "s" + std::to_string(random.Below(1'000));
    ++under_way;
    store->CommitAsync({{Put(Write::Op::kUpdate, name, random.Next64())}, {}, {}},
                       [&](Result<Committed> done) {
                         NEKO_CHECK(done.has_value());
                         --under_way;
                         under_way.notify_one();
                       });
    for (auto now = under_way.load(); now >= state.range(0); now = under_way.load()) {
      under_way.wait(now);
    }
  }
  for (auto now = under_way.load(); now > 0; now = under_way.load()) under_way.wait(now);
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(BM_CommitAsync)->UseRealTime()->MinTime(2)->Arg(1)->Arg(16)->Arg(64)->Arg(256);

std::unique_ptr<MemoryStore> FilledMemoryStore(std::int64_t objects) {
  auto store = std::make_unique<MemoryStore>("bench");
  for (std::int64_t i = 0; i < objects; ++i) {
    NEKO_CHECK(
        store->Commit(Context(), {{Put(Write::Op::kCreate, "s" + std::to_string(i), 0)}, {}, {}})
            .has_value());
  }
  return store;
}

void BM_MemoryCommit(benchmark::State& state) {
  auto store = FilledMemoryStore(state.range(0));
  SeededRandom random(1);
  for (auto _ : state) {
    const std::string name =
        "s" + std::to_string(random.Below(static_cast<std::uint64_t>(state.range(0))));
    benchmark::DoNotOptimize(
        store->Commit(Context(), {{Put(Write::Op::kUpdate, name, random.Next64())}, {}, {}}));
  }
}

BENCHMARK(BM_MemoryCommit)->Arg(100)->Arg(10'000);

void BM_Get(benchmark::State& state) {
  static std::unique_ptr<MemoryStore> store;
  if (state.thread_index() == 0) store = FilledMemoryStore(10'000);
  SeededRandom random(static_cast<std::uint64_t>(state.thread_index()));
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        store->Get({kResource, "default", "s" + std::to_string(random.Below(10'000))}));
  }
}

BENCHMARK(BM_Get)->Threads(1)->Threads(4);

void BM_ListAndWalk10000(benchmark::State& state) {
  auto store = FilledMemoryStore(10'000);
  for (auto _ : state) {
    std::size_t bytes = 0;
    store->List(kResource)->ForEach("", "", [&](const ObjectPtr& object) {
      bytes += object->bytes.size();
      return true;
    });
    benchmark::DoNotOptimize(bytes);
  }
}

BENCHMARK(BM_ListAndWalk10000);

void BM_ListAt5000EventsBack(benchmark::State& state) {
  auto store = FilledMemoryStore(10'000);
  for (auto _ : state) benchmark::DoNotOptimize(store->ListAt(kResource, store->Version() - 5'000));
}

BENCHMARK(BM_ListAt5000EventsBack);

void BM_CommitWithWatchers(benchmark::State& state) {
  auto store = FilledMemoryStore(1'000);
  std::vector<std::unique_ptr<Subscription>> watches;
  std::size_t events = 0;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    watches.push_back(std::move(
        *store->Watch(kResource, store->Version(),
                      [&](const std::vector<EventPtr>& batch) { events += batch.size(); })));
  }
  SeededRandom random(1);
  for (auto _ : state) {
    const std::string name = "s" + std::to_string(random.Below(1'000));
    benchmark::DoNotOptimize(
        store->Commit(Context(), {{Put(Write::Op::kUpdate, name, random.Next64())}, {}, {}}));
  }
  benchmark::DoNotOptimize(events);
}

BENCHMARK(BM_CommitWithWatchers)->Arg(0)->Arg(1'000);

}  // namespace
}  // namespace nekoplane::store

BENCHMARK_MAIN();
