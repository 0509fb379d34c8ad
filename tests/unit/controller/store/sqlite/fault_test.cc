// The disk fails in every way at every moment: no answered commit is lost, none that failed shows
// up later as half of one, and the store goes on when the disk does.
#include <set>

#include "tests/support/sim_disk/sim_disk.h"
#include "tests/unit/controller/store/sqlite/sqlite_testing.h"

namespace nekoplane::store {
namespace {

using Disk = sim::SimDisk;
using Fate = Disk::Fate;
using Op = Disk::Op;

struct Fault {
  const char* name;
  Fate fate;
  bool for_good;
  bool syncs_only = false;  // everything else works
};

class SqliteStoreFaultTest : public SqliteStoreTest, public testing::WithParamInterface<Fault> {
 protected:
  SqliteStoreFaultTest() { StartOnANewDisk(); }

  ~SqliteStoreFaultTest() override { store_.reset(); }

  void StartOnANewDisk() {
    store_.reset();
    disk_ = std::make_unique<Disk>(1);
    options_.path = "nekoplane.db";
    options_.threaded = false;
    options_.vfs = disk_->vfs();
  }

  // From now on the n-th change of the disk meets `fault`, and, for good, all after it.
  void FailAt(int n, const Fault& fault) {
    fired_ = false;
    disk_->SetPlan([this, left = n, fault](Op op) mutable {
      if (op == Op::kRead || op == Op::kDelete) return Fate::kWork;
      if (fault.syncs_only && op != Op::kSync) return Fate::kWork;
      if (--left > 0 || (left < 0 && !fault.for_good)) return Fate::kWork;
      fired_ = true;
      return fault.fate;
    });
  }

  void Repair() { disk_->SetPlan({}); }

  // However it ends, nothing of what was answered may be missing, nor half of anything be there.
  void ExpectACrashNowToLeaveWhatReadersSee() {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      auto copy = disk_->Fork(seed);
      if (seed > 0) copy->LosePower(random_);
      SqliteOptions options = options_;
      options.vfs = copy->vfs();
      auto opened = SqliteStore::Open(options, random_, log_);
      ASSERT_TRUE(opened.has_value()) << opened.error().ToString();
      EXPECT_EQ(Dump(**opened), Dump(*store_)) << (seed > 0 ? "power loss" : "crash");
    }
  }

  void ExpectAPowerLossNowToKeep(const std::set<int>& steps);

  std::unique_ptr<Disk> disk_;
  bool fired_ = false;
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

void SqliteStoreFaultTest::ExpectAPowerLossNowToKeep(const std::set<int>& steps) {
  auto copy = disk_->Fork(1);
  copy->LosePower(random_);
  SqliteOptions options = options_;
  options.vfs = copy->vfs();
  auto opened = SqliteStore::Open(options, random_, log_);
  ASSERT_TRUE(opened.has_value()) << opened.error().ToString();
  for (const int i : steps) {
    EXPECT_NE((*opened)->Get(PodKey("p" + std::to_string(i))), nullptr) << "lost " << i;
  }
}

TEST_P(SqliteStoreFaultTest, AtEveryOperationLosesNothingAndRecovers) {
  constexpr int kSteps = 6;
  bool fired = true;
  int runs = 0;
  for (int n = 1; fired && n < 500; ++n, ++runs) {
    SCOPED_TRACE("operation " + std::to_string(n));
    StartOnANewDisk();
    Open();
    std::vector<EventPtr> told;
    auto watch = store_->Watch(kPods, 0, [&](const std::vector<EventPtr>& batch) {
      told.insert(told.end(), batch.begin(), batch.end());
    });
    FailAt(n, GetParam());
    std::set<int> answered;
    for (int i = 0; i < kSteps; ++i) {
      const bool fired_before = fired_;
      if (Step(*store_, i)) answered.insert(i);
      if (fired_ && !fired_before && !GetParam().for_good) {
        ExpectACrashNowToLeaveWhatReadersSee();
      }
    }
    fired = fired_;
    const std::set<int> seen = StepsIn(*store_, kSteps);
    EXPECT_EQ(seen, answered) << "readers see what was answered";
    ExpectAPowerLossNowToKeep(answered);

    Repair();
    EXPECT_TRUE(Step(*store_, kSteps)) << "and so does the store";
    answered.insert(kSteps);
    const std::set<int> present = StepsIn(*store_, kSteps + 1);
    for (const int i : answered) EXPECT_TRUE(present.contains(i)) << "lost " << i;
    ExpectACrashNowToLeaveWhatReadersSee();
    EXPECT_EQ(told.size(), present.size() * 2) << "each told once";
    for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i]->version, i + 1);

    const std::string before = Dump(*store_);
    watch->reset();
    Open();
    EXPECT_EQ(Dump(*store_), before) << "memory and file agree";
    if (HasFailure()) return;
  }
  EXPECT_GE(runs, kSteps) << "the scenario has that many operations";
}

INSTANTIATE_TEST_SUITE_P(
    Disk, SqliteStoreFaultTest,
    testing::Values(Fault{"FullOnce", Fate::kFull, false}, Fault{"FullForGood", Fate::kFull, true},
                    Fault{"ErrorOnce", Fate::kIoError, false},
                    Fault{"ErrorForGood", Fate::kIoError, true},
                    Fault{"TornOnce", Fate::kTorn, false}, Fault{"TornForGood", Fate::kTorn, true},
                    Fault{"DoneButReportedAsErrorOnce", Fate::kIoErrorAfter, false},
                    Fault{"DoneButReportedAsErrorForGood", Fate::kIoErrorAfter, true},
                    Fault{"SyncErrorOnce", Fate::kIoError, false, true},
                    Fault{"SyncErrorForGood", Fate::kIoError, true, true}),
    [](const auto& row) { return row.param.name; });

TEST_F(SqliteStoreFaultTest, AFullDiskIsCalledThatAndReadsGoOn) {
  Open();
  EXPECT_TRUE(Step(*store_, 0));
  FailAt(1, {"", Fate::kFull, true});
  auto refused = Commit({Create("x")});
  EXPECT_TRUE(FailsWith(refused, Code::kUnavailable, "StorageFull"));
  EXPECT_NE(refused.error().message.find("Free some space"), std::string::npos);
  EXPECT_NE(store_->Get(PodKey("p0")), nullptr);
  EXPECT_TRUE(FailsWith(Commit({Create("p0")}), Code::kAlreadyExists, "AlreadyExists"))
      << "what needs no disk is answered";
  Repair();
  Do({Create("x")});
}

}  // namespace
}  // namespace nekoplane::store
