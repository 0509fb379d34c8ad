// A process that dies at any moment keeps every commit it answered.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/unit/controller/store/sqlite/sqlite_testing.h"

namespace nekoplane::store {
namespace {

using SqliteStoreCrashTest = SqliteStoreTest;

TEST_F(SqliteStoreCrashTest, TheFilesAsTheyAreAtAnyMomentHoldEveryAnsweredCommit) {
  Open();
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 5; ++i) {
      const std::string name = std::to_string(round) + "-" + std::to_string(i);
      Do({Create(name), Create(name + "-twin")}, {Acquire(PortClaim("host", round * 5 + i, name))});
    }
    // As the disk would look had the power failed now.
    SqliteOptions copy = options_;
    copy.path = (folder_ / ("copy-" + std::to_string(round) + ".db")).string();
    std::filesystem::copy_file(path(), copy.path);
    std::filesystem::copy_file(path() + "-wal", copy.path + "-wal");
    auto opened = SqliteStore::Open(copy, random_, log_);
    ASSERT_TRUE(opened.has_value()) << opened.error().ToString();
    EXPECT_EQ(Dump(**opened), Dump(*store_));
  }
}

TEST_F(SqliteStoreCrashTest, AWalCutAnywhereLeavesACleanPrefix) {
  Open();
  std::vector<std::string> states = {Dump(*store_)};
  for (int i = 0; i < 20; ++i) {
    const std::string name = "p" + std::to_string(i);
    Do({Create(name), Create(name + "-twin")}, {Acquire(PortClaim("host", i, name))});
    states.push_back(Dump(*store_));
  }
  const std::string db = ReadFile(path());
  const std::string wal = ReadFile(path() + "-wal");
  store_.reset();
  SeededRandom random(5);
  for (int round = 0; round < 40; ++round) {
    SqliteOptions copy = options_;
    copy.path = (folder_ / ("cut-" + std::to_string(round) + ".db")).string();
    WriteFile(copy.path, db);
    std::string damaged = wal;
    const std::size_t at = random.Below(wal.size());
    if (round % 2 == 0) {
      damaged.resize(at);
    } else {
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    }
    WriteFile(copy.path + "-wal", damaged);
    auto opened = SqliteStore::Open(copy, random_, log_);
    // A WAL cut before the tables were made leaves a fresh database.
    ASSERT_TRUE(opened.has_value()) << opened.error().ToString();
    EXPECT_NE(std::find(states.begin(), states.end(), Dump(**opened)), states.end());
  }
}

// The child commits and reports each answer through a pipe until it is killed.
[[noreturn]] void CommitUntilKilled(const SqliteOptions& options, int report) {
  SystemRandom random;
  NullLogger log;
  auto store = SqliteStore::Open(options, random, log);
  if (!store) ::_exit(1);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0;; ++i) {
        const int number = t * 1'000'000 + static_cast<int>((*store)->Version());
        const std::string name = std::to_string(number);
        auto done = (*store)->Commit(Context(), {{Create(name), Create(name + "-twin")},
                                                 {Acquire(PortClaim("host", number, name))},
                                                 {}});
        if (done && ::write(report, &number, sizeof(number)) != sizeof(number)) ::_exit(2);
      }
    });
  }
  for (;;) ::pause();
}

TEST_F(SqliteStoreCrashTest, KilledUnderLoadLosesNoAnsweredCommit) {
  std::vector<int> answered;
  SeededRandom random(3);
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      CommitUntilKilled(options_, ends[1]);
    }
    ::close(ends[1]);
    // Not before it has begun, then at any moment.
    int number = 0;
    ASSERT_EQ(::read(ends[0], &number, sizeof(number)), static_cast<ssize_t>(sizeof(number)));
    answered.push_back(number);
    std::this_thread::sleep_for(std::chrono::microseconds(random.Below(60'000)));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    while (::read(ends[0], &number, sizeof(number)) == static_cast<ssize_t>(sizeof(number))) {
      answered.push_back(number);
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "ended by itself with " << WEXITSTATUS(status);

    Open();
    for (const int n : answered) {
      const std::string name = std::to_string(n);
      ASSERT_NE(store_->Get(PodKey(name)), nullptr) << "lost " << name;
      ASSERT_NE(store_->Get(PodKey(name + "-twin")), nullptr);
    }
    // Nor is there half of one that was not answered.
    std::size_t claims = 0;
    store_->Claims()->ForEach([&](const Claim&) { ++claims; });
    EXPECT_EQ(store_->List(kPods)->size(), claims * 2);
    EXPECT_EQ(store_->Version(), claims * 2);
    store_.reset();
  }
}

}  // namespace
}  // namespace nekoplane::store
