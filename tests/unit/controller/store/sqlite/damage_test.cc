// A damaged file is refused, or was damaged where nothing is kept: never is half of it served.
#include "tests/unit/controller/store/sqlite/sqlite_testing.h"

namespace nekoplane::store {
namespace {

class SqliteStoreDamageTest : public SqliteStoreTest {
 protected:
  void SetUp() override {
    options_.threaded = false;
    Open();
    for (int i = 0; i < 12; ++i) {
      const std::string name = "p" + std::to_string(i);
      Do({Create(name, std::string(static_cast<std::size_t>(i) * 150, 'v'))},
         {Acquire(PortClaim("host", i, name))});
    }
    Do({Update("p3", "new"), Delete("p4"), Create("p4", std::string(6'000, 'w'))});
    healthy_ = Dump(*store_);
    store_.reset();  // checkpoints: the file holds everything
    content_ = ReadFile(path());
    ASSERT_GT(content_.size(), 30'000U);
  }

  // Opens the damaged file anew. False if it was refused.
  bool ServesHealthyOrNothing(const std::string& damaged) {
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path() + suffix);
    WriteFile(path(), damaged);
    auto opened = TryOpen();
    if (opened) {
      EXPECT_EQ(Dump(**opened), healthy_);
      return true;
    }
    const std::string& reason = opened.error().reason;
    EXPECT_TRUE(reason == "StoreCorrupt" || reason == "SchemaTooNew" || reason == "StorageFailed")
        << opened.error().ToString();
    return false;
  }

  std::string healthy_;
  std::string content_;
};

TEST_F(SqliteStoreDamageTest, FlippedBitsAreNeverServed) {
  SeededRandom random(11);
  int refused = 0;
  int tried = 0;
  const auto flip = [&](std::size_t at) {
    std::string damaged = content_;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.Below(8)));
    ++tried;
    if (!ServesHealthyOrNothing(damaged)) ++refused;
    return !HasFailure();
  };
  for (std::size_t at = 0; at < 100; at += 3) ASSERT_TRUE(flip(at)) << "header byte " << at;
  for (int i = 0; i < 250; ++i) {
    const std::size_t at = random.Below(content_.size());
    ASSERT_TRUE(flip(at)) << "byte " << at;
  }
  EXPECT_GT(refused, tried / 4) << "most of the file holds something";
}

TEST_F(SqliteStoreDamageTest, ZeroedAndSwappedPagesAreNeverServed) {
  constexpr std::size_t kPage = 4096;
  const std::size_t pages = content_.size() / kPage;
  for (std::size_t page = 0; page < pages; ++page) {
    std::string damaged = content_;
    damaged.replace(page * kPage, kPage, kPage, '\0');
    EXPECT_FALSE(ServesHealthyOrNothing(damaged)) << "page " << page << " of " << pages;
    damaged = content_;
    damaged.replace(page * kPage, kPage, content_, ((page + 1) % pages) * kPage, kPage);
    EXPECT_FALSE(ServesHealthyOrNothing(damaged)) << "page " << page << " of " << pages;
  }
}

TEST_F(SqliteStoreDamageTest, ATruncatedFileIsNeverServed) {
  for (std::size_t size = 0; size < content_.size(); size += 1'777) {
    EXPECT_FALSE(ServesHealthyOrNothing(content_.substr(0, size))) << "cut to " << size;
  }
  EXPECT_TRUE(ServesHealthyOrNothing(content_));
}

}  // namespace
}  // namespace nekoplane::store
