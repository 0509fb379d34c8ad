// A folder with a database in it, and ways to look at and damage its files.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "api/base/log.h"
#include "api/base/random.h"
#include "controller/store/sqlite/sqlite_store.h"
#include "tests/conformance/store_testing.h"

namespace nekoplane::store {

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteStoreTest() { options_.path = (folder_ / "nekoplane.db").string(); }

  ~SqliteStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  Result<std::unique_ptr<SqliteStore>> TryOpen() {
    return SqliteStore::Open(options_, random_, log_);
  }

  void Open() {
    store_.reset();
    auto opened = TryOpen();
    ASSERT_TRUE(opened.has_value()) << opened.error().ToString();
    store_ = std::move(*opened);
  }

  Result<Committed> Commit(std::vector<Write> writes, std::vector<ClaimChange> claims = {}) {
    return store_->Commit(Context(), {std::move(writes), std::move(claims), {}});
  }

  void Do(std::vector<Write> writes, std::vector<ClaimChange> claims = {}) {
    auto done = Commit(std::move(writes), std::move(claims));
    ASSERT_TRUE(done.has_value()) << done.error().ToString();
  }

  const std::string& path() const { return options_.path; }

  static std::string ReadFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static void WriteFile(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
  }

  const std::filesystem::path folder_ = MakeTestFolder();
  SqliteOptions options_;
  SeededRandom random_{1};
  NullLogger log_;
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace nekoplane::store
