// The disk fails in every way at every moment: no answered commit is lost, none that failed shows
// up later as half of one, and the store goes on when the disk does.
#include <sqlite3.h>

#include <set>

#include "tests/unit/controller/store/sqlite/faulty_vfs.h"
#include "tests/unit/controller/store/sqlite/sqlite_testing.h"

namespace nekoplane::store {
namespace {

struct Fault {
  const char* name;
  int code;
  bool for_good;
  bool after;
};

class SqliteStoreFaultTest : public SqliteStoreTest, public testing::WithParamInterface<Fault> {
 protected:
  SqliteStoreFaultTest() {
    options_.threaded = false;
    options_.vfs = vfs_.name();
  }

  ~SqliteStoreFaultTest() override { store_.reset(); }

  void StartAfresh() {
    vfs_.Use({});
    store_.reset();
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      std::filesystem::remove(path() + suffix);
    }
    Open();
  }

  // As the disk would look had the power failed now.
  void ExpectACrashNowToLeaveWhatReadersSee() {
    SqliteOptions copy = options_;
    copy.vfs.clear();
    copy.path = (folder_ / "copy.db").string();
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(copy.path + suffix);
      if (std::filesystem::exists(path() + suffix) && suffix != std::string("-shm")) {
        std::filesystem::copy_file(path() + suffix, copy.path + suffix);
      }
    }
    auto opened = SqliteStore::Open(copy, random_, log_);
    ASSERT_TRUE(opened.has_value()) << opened.error().ToString();
    EXPECT_EQ(Dump(**opened), Dump(*store_));
  }

  FaultyVfs vfs_;
};

// Each step is one object and one claim, so that half of a step would show.
bool Step(SqliteStore& store, int i) {
  const std::string name = "p" + std::to_string(i);
  auto done =
      store.Commit(Context(), {{Create(name, std::string(3'000, 'v')), Create(name + "-twin")},
                               {Acquire(PortClaim("host", i, name))},
                               {}});
  if (done) return true;
  EXPECT_EQ(done.error().code, Code::kUnavailable) << done.error().ToString();
  EXPECT_TRUE(done.error().reason == "StorageFull" || done.error().reason == "StorageFailed")
      << done.error().ToString();
  return false;
}

std::set<int> StepsIn(const SqliteStore& store, int steps) {
  std::set<int> present;
  for (int i = 0; i < steps; ++i) {
    const std::string name = "p" + std::to_string(i);
    const bool object = store.Get(PodKey(name)) != nullptr;
    EXPECT_EQ(store.Get(PodKey(name + "-twin")) != nullptr, object) << name;
    EXPECT_EQ(store.Claims()->Find(kClaimPortTcp, "host", std::to_string(i)).has_value(), object)
        << name;
    if (object) present.insert(i);
  }
  return present;
}

TEST_P(SqliteStoreFaultTest, AtEveryOperationLosesNothingAndRecovers) {
  constexpr int kSteps = 6;
  bool fired = true;
  int runs = 0;
  for (int n = 1; fired && n < 500; ++n, ++runs) {
    SCOPED_TRACE("operation " + std::to_string(n));
    StartAfresh();
    std::vector<EventPtr> told;
    auto watch = store_->Watch(kPods, 0, [&](const std::vector<EventPtr>& batch) {
      told.insert(told.end(), batch.begin(), batch.end());
    });
    vfs_.Use({n, GetParam().for_good, GetParam().code, GetParam().after});
    std::set<int> answered;
    for (int i = 0; i < kSteps; ++i) {
      const bool fired_before = vfs_.fired();
      if (Step(*store_, i)) answered.insert(i);
      if (vfs_.fired() && !fired_before && !GetParam().for_good) {
        ExpectACrashNowToLeaveWhatReadersSee();
      }
    }
    fired = vfs_.fired();
    const std::set<int> seen = StepsIn(*store_, kSteps);
    EXPECT_EQ(seen, answered) << "readers see what was answered";

    vfs_.Use({});  // the disk works again
    EXPECT_TRUE(Step(*store_, kSteps)) << "and so does the store";
    answered.insert(kSteps);
    const std::set<int> present = StepsIn(*store_, kSteps + 1);
    for (const int i : answered) EXPECT_TRUE(present.contains(i)) << "lost " << i;
    EXPECT_EQ(told.size(), present.size() * 2) << "each told once";
    for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i]->version, i + 1);

    const std::string before = Dump(*store_);
    watch->reset();
    Open();
    EXPECT_EQ(Dump(*store_), before) << "memory and file agree";
    if (HasFailure()) return;
  }
  EXPECT_GT(runs, 10) << "the scenario has that many operations";
}

INSTANTIATE_TEST_SUITE_P(
    Disk, SqliteStoreFaultTest,
    testing::Values(Fault{"FullOnce", SQLITE_FULL, false, false},
                    Fault{"FullForGood", SQLITE_FULL, true, false},
                    Fault{"WriteErrorOnce", SQLITE_IOERR_WRITE, false, false},
                    Fault{"WriteErrorForGood", SQLITE_IOERR_WRITE, true, false},
                    Fault{"DoneButReportedAsErrorOnce", SQLITE_IOERR_WRITE, false, true},
                    Fault{"DoneButReportedAsErrorForGood", SQLITE_IOERR_WRITE, true, true}),
    [](const auto& row) { return row.param.name; });

TEST_F(SqliteStoreFaultTest, AFullDiskIsCalledThatAndReadsGoOn) {
  Open();
  EXPECT_TRUE(Step(*store_, 0));
  vfs_.Use({1, true, SQLITE_FULL, false});
  auto refused = Commit({Create("x")});
  EXPECT_TRUE(FailsWith(refused, Code::kUnavailable, "StorageFull"));
  EXPECT_NE(refused.error().message.find("Free some space"), std::string::npos);
  EXPECT_NE(store_->Get(PodKey("p0")), nullptr);
  EXPECT_TRUE(FailsWith(Commit({Create("p0")}), Code::kAlreadyExists, "AlreadyExists"))
      << "what needs no disk is answered";
  vfs_.Use({});
  Do({Create("x")});
}

}  // namespace
}  // namespace nekoplane::store
