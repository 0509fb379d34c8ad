// A full disk: writes are refused in words that help, everything else goes on, and room is all it
// takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "tests/blackbox/checker.h"
#include "tests/blackbox/installation.h"
#include "tests/blackbox/small_disk.h"
#include "tests/blackbox/watcher.h"

namespace nekoplane::blackbox {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr int kObjects = 8;
constexpr int kWritesThatFillAnything = 3000;

class DiskFullTest : public testing::Test {
 protected:
  DiskFullTest() {
    folder_ = (std::filesystem::temp_directory_path() / "nekoplane-full-XXXXXX").string();
    if (mkdtemp(folder_.data()) == nullptr) std::abort();
    disk_ = std::make_unique<SmallDisk>(folder_ + "/data", 6);
    nekoplane_ = std::make_unique<Installation>(std::string(NEKO_BIN_DIR) + "/nekoplane", folder_);
    for (const Kind& kind : Kinds())
      watchers_.push_back(
          std::make_unique<Watcher>(kind, std::string("watcher of ") + kind.resource, recorder_));
  }

  ~DiskFullTest() override {
    if (HasFailure()) std::cerr << "last words of nekoplane:\n" << nekoplane_->LogTail() << '\n';
    watchers_.clear();
    nekoplane_.reset();
    disk_.reset();
    std::filesystem::remove_all(folder_);
  }

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartAndWatch());
    for (int i = 0; i < kObjects; ++i) ASSERT_TRUE(Put("POST", i).ok());
  }

  void StartAndWatch() {
    nekoplane_->Start();
    ASSERT_TRUE(nekoplane_->WaitReady(seconds(30))) << nekoplane_->LogTail();
    api_ = std::make_unique<Api>(nekoplane_->endpoint());
    for (const auto& watcher : watchers_) watcher->Watch(nekoplane_->endpoint());
    // Whoever comes first lists; what follows is heard by all.
    std::this_thread::sleep_for(milliseconds(500));
  }

  void KillAndStopWatching() {
    nekoplane_->Kill();
    recorder_.AddDeath();
    for (const auto& watcher : watchers_) watcher->Stop();
  }

  const Kind& kind() const { return Kinds().front(); }

  std::string Name(int i) const { return "bb-" + std::to_string(i % kObjects); }

  // Creates (POST) or changes (PATCH) an object of 60 kB, and records that.
  Answer Put(const std::string& method, int i) {
    Write write{.op = method == "POST" ? Write::Op::kCreate : Write::Op::kPatch,
                .key = KeyOf(kind(), Name(i)),
                .mark = recorder_.NewMark(),
                .invoked = recorder_.Now()};
    json object = json::object();
    if (method == "POST") object = NewObject(kind(), Name(i), write.mark);
    SetMark(kind(), object, write.mark);
    object["data"]["filler"] = std::string(60000, 'A');
    const Answer answer = method == "POST" ? api_->Call("POST", CollectionPath(kind()), object)
                                           : api_->Call("PATCH", ObjectPath(kind(), Name(i)),
                                                        object, "application/merge-patch+json");
    write.answered = recorder_.Now();
    if (answer.ok()) {
      write.result = Write::Result::kAcknowledged;
      write.state = StateOf(kind(), answer.body);
    }
    recorder_.Add(std::move(write));
    return answer;
  }

  // The answer to the first write that is.
  Answer WriteUntilRefused() {
    for (int i = 0; i < kWritesThatFillAnything; ++i) {
      Answer answer = Put("PATCH", i);
      if (!answer.ok()) return answer;
    }
    return {};
  }

  void ExpectReads() {
    EXPECT_TRUE(api_->List(kind(), recorder_));
    for (int i = 0; i < kObjects; ++i)
      EXPECT_FALSE(api_->Get(kind(), Name(i), recorder_).is_null());
  }

  // Lists, watches, reads and acknowledgements of the whole test fit together.
  void ExpectNothingLost() {
    std::uint64_t newest = 0;
    for (const Kind& each : Kinds()) {
      const auto listing = api_->List(each, recorder_);
      ASSERT_TRUE(listing) << each.resource;
      newest = std::max(newest, listing->version);
    }
    ExpectReads();
    recorder_.SetCompleteUntil(newest);
    (void)integration::Eventually(seconds(10), [&] { return recorder_.CompleteUntil(newest); });
    for (const auto& watcher : watchers_) watcher->Stop();
    for (const Violation& violation : Check(recorder_.history()))
      ADD_FAILURE() << violation.rule << ": " << violation.text;
    for (const std::string& complaint : recorder_.Complaints()) ADD_FAILURE() << complaint;
    EXPECT_GT(recorder_.Count().acknowledged, static_cast<std::uint64_t>(kObjects));
  }

  std::string folder_;
  Recorder recorder_;
  std::unique_ptr<SmallDisk> disk_;
  std::unique_ptr<Installation> nekoplane_;
  std::unique_ptr<Api> api_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
};

TEST_F(DiskFullTest, WritesAreRefusedUntilThereIsRoomAndEverythingElseGoesOn) {
  disk_->Fill();
  const Answer refused = WriteUntilRefused();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body.value("reason", ""), "ServiceUnavailable");
  EXPECT_THAT(refused.body.value("message", ""), HasSubstr("no room left for the database"));
  EXPECT_THAT(refused.body.value("message", ""), HasSubstr("Free some space"));
  EXPECT_EQ(api_->Call("DELETE", ObjectPath(kind(), Name(0))).status, 503);

  ExpectReads();
  Watcher late(kind(), "watcher that begins while the disk is full", recorder_);
  late.Watch(nekoplane_->endpoint());
  std::this_thread::sleep_for(milliseconds(1500));  // beyond the quiet second
  ExpectReads();
  EXPECT_TRUE(nekoplane_->Running());

  disk_->Free();
  EXPECT_TRUE(integration::Eventually(seconds(5), [&] { return Put("PATCH", 1).ok(); }));
  ExpectNothingLost();
  late.Stop();
  EXPECT_EQ(nekoplane_->Terminate(seconds(5)), 0);
}

TEST_F(DiskFullTest, ANekoplaneKilledWhileTheDiskIsFullComesBackWhenThereIsRoom) {
  // By its own growth this time.
  ASSERT_EQ(WriteUntilRefused().status, 503);
  ExpectReads();
  KillAndStopWatching();

  // It may serve what it has, or say what it needs; never end in any other way.
  disk_->Fill();
  nekoplane_->Start();
  if (nekoplane_->WaitReady(seconds(30))) {
    api_ = std::make_unique<Api>(nekoplane_->endpoint());
    ExpectReads();
    nekoplane_->Kill();
  } else {
    EXPECT_EQ(nekoplane_->Wait(seconds(5)), 1);
    EXPECT_THAT(nekoplane_->LogTail(), HasSubstr("no room left"));
    EXPECT_THAT(nekoplane_->LogTail(), HasSubstr("Free some space"));
  }
  recorder_.AddDeath();

  disk_->Free();
  disk_->Grow(32);
  ASSERT_NO_FATAL_FAILURE(StartAndWatch());
  EXPECT_TRUE(Put("PATCH", 1).ok());
  ExpectNothingLost();
}

}  // namespace
}  // namespace nekoplane::blackbox
