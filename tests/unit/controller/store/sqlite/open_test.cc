#include <sqlite3.h>
#include <sys/stat.h>

#include "tests/unit/controller/store/sqlite/sqlite_testing.h"

namespace nekoplane::store {
namespace {

class SqliteStoreOpenTest : public SqliteStoreTest {
 protected:
  void Sql(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  void ExpectRefused(Code code, const std::string& reason) {
    auto opened = TryOpen();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, code);
    EXPECT_EQ(opened.error().reason, reason) << opened.error().message;
    EXPECT_NE(opened.error().message.find(path()), std::string::npos) << opened.error().message;
  }
};

TEST_F(SqliteStoreOpenTest, ASecondOpenIsLockedOutAndToldByWhom) {
  Open();
  ExpectRefused(Code::kUnavailable, "StoreLocked");
  EXPECT_NE(TryOpen().error().message.find("pid " + std::to_string(::getpid())), std::string::npos);
  store_.reset();
  Open();
}

TEST_F(SqliteStoreOpenTest, FilesAreForTheirOwnerOnly) {
  WriteFile(path(), "");
  std::filesystem::permissions(path(), std::filesystem::perms(0644));
  Open();
  Do({Create("a")});
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    struct stat info = {};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 4) << "db, wal, shm, lock";
}

TEST_F(SqliteStoreOpenTest, TheInstallationIdIsMadeOnceAndKept) {
  Open();
  const std::string id = store_->InstallationId();
  EXPECT_EQ(id.size(), 36U);
  Open();
  EXPECT_EQ(store_->InstallationId(), id);
  store_.reset();
  options_.path = (folder_ / "other.db").string();
  Open();
  EXPECT_NE(store_->InstallationId(), id);
}

TEST_F(SqliteStoreOpenTest, AFolderThatDoesNotExistIsNamed) {
  options_.path = (folder_ / "missing" / "nekoplane.db").string();
  ExpectRefused(Code::kUnavailable, "StorageFailed");
}

TEST_F(SqliteStoreOpenTest, ANewerSchemaIsRefused) {
  Open();
  store_.reset();
  Sql("PRAGMA user_version = 99");
  ExpectRefused(Code::kInvalid, "SchemaTooNew");
}

TEST_F(SqliteStoreOpenTest, AForeignDatabaseIsRefusedAndLeftAsItIs) {
  Sql("CREATE TABLE theirs(x); INSERT INTO theirs VALUES (1)");
  const std::string before = ReadFile(path());
  ExpectRefused(Code::kUnavailable, "StoreCorrupt");
  EXPECT_EQ(ReadFile(path()), before);
}

TEST_F(SqliteStoreOpenTest, AFileThatIsNoDatabaseIsRefusedAndLeftAsItIs) {
  const std::string text(5'000, 'x');
  WriteFile(path(), text);
  ExpectRefused(Code::kUnavailable, "StoreCorrupt");
  EXPECT_EQ(ReadFile(path()), text);
}

TEST_F(SqliteStoreOpenTest, AnEmptiedDatabaseIsNotTakenForANewOne) {
  Open();
  Do({Create("a")});
  store_.reset();
  WriteFile(path(), "");
  ExpectRefused(Code::kUnavailable, "StoreCorrupt");
}

TEST_F(SqliteStoreOpenTest, AWalWithoutItsDatabaseIsNotThrownAway) {
  Open();
  Do({Create("a")});
  const std::string wal = ReadFile(path() + "-wal");
  store_.reset();
  std::filesystem::remove(path());
  WriteFile(path() + "-wal", wal);
  ExpectRefused(Code::kUnavailable, "StoreCorrupt");
  EXPECT_EQ(ReadFile(path() + "-wal"), wal);
}

TEST_F(SqliteStoreOpenTest, ARemovedDatabaseIsAFreshStart) {
  Open();
  Do({Create("a")});
  store_.reset();
  std::filesystem::remove(path());
  Open();
  EXPECT_EQ(store_->Version(), 0U);
}

struct Meddling {
  const char* name;
  const char* sql;
};

class SqliteStoreMeddlingTest : public SqliteStoreOpenTest,
                                public testing::WithParamInterface<Meddling> {};

TEST_P(SqliteStoreMeddlingTest, IsNoticed) {
  Open();
  Do({Create("a"), Create("b"), Update("a", "2"), Delete("b")},
     {Acquire(PortClaim("host", 1, "x")), Acquire(PortClaim("host", 2, "x"))});
  store_.reset();
  Sql(GetParam().sql);
  ExpectRefused(Code::kUnavailable, "StoreCorrupt");
}

INSTANTIATE_TEST_SUITE_P(
    Edits, SqliteStoreMeddlingTest,
    testing::Values(Meddling{"ObjectRemoved", "DELETE FROM objects"},
                    Meddling{"ObjectChanged",
                             "UPDATE objects SET value = replace(value, '2', '3')"},
                    Meddling{"ObjectRenamed", "UPDATE objects SET name = 'c'"},
                    Meddling{"ClaimRemoved", "DELETE FROM claims WHERE item = '1'"},
                    Meddling{"ClaimGivenAway", "UPDATE claims SET owner = 'y' WHERE item = '1'"},
                    Meddling{"LogRowRemoved", "DELETE FROM log WHERE version = 3"},
                    Meddling{"LogEndRemoved", "DELETE FROM log WHERE version = 4"},
                    Meddling{"LogRowChanged", "UPDATE log SET previous = 'x' WHERE version = 3"},
                    Meddling{"VersionTakenBack", "UPDATE head SET version = 1"},
                    Meddling{"HeadRemoved", "DELETE FROM head"},
                    Meddling{"InstallationChanged", "UPDATE meta SET value = 'x'"},
                    Meddling{"TableRemoved", "DROP TABLE claims"},
                    Meddling{"TableAdded", "CREATE TABLE extra(x)"},
                    Meddling{"IndexAdded", "CREATE INDEX extra ON log(type)"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::store
