#include "tests/conformance/store_conformance.h"

#include <filesystem>

#include "api/base/log.h"
#include "api/base/random.h"
#include "api/store/memory_store.h"
#include "controller/store/sqlite/sqlite_store.h"
#include "tests/conformance/store_model_conformance.h"

namespace nekoplane::store {
namespace {

class MemoryHost final : public StoreHost {
 public:
  explicit MemoryHost(HistoryLimits history)
      : store_("00000000-0000-4000-8000-000000000000", {.history = history}) {}

  Store& store() override { return store_; }

 private:
  MemoryStore store_;
};

class SqliteHost final : public StoreHost {
 public:
  SqliteHost(HistoryLimits history, bool threaded) {
    options_ = {
        .path = (folder_ / "nekoplane.db").string(), .threaded = threaded, .history = history};
    Open();
  }

  ~SqliteHost() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  Store& store() override { return *store_; }

  void Reopen() override {
    store_.reset();
    Open();
  }

 private:
  void Open() {
    auto opened = SqliteStore::Open(options_, random_, log_);
    ASSERT_TRUE(opened.has_value()) << opened.error().ToString();
    store_ = std::move(*opened);
  }

  SeededRandom random_{1};
  NullLogger log_;
  const std::filesystem::path folder_ = MakeTestFolder();
  SqliteOptions options_;
  std::unique_ptr<SqliteStore> store_;
};

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreConformance,
    testing::Values(
        StoreCase{"Memory", false, [](HistoryLimits h) { return std::make_unique<MemoryHost>(h); }},
        StoreCase{"SqliteThreaded", true,
                  [](HistoryLimits h) { return std::make_unique<SqliteHost>(h, true); }},
        StoreCase{"SqliteInline", true,
                  [](HistoryLimits h) { return std::make_unique<SqliteHost>(h, false); }}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::store
