#include "reconcilers/common/pull_manager.h"

#include <gtest/gtest.h>

#include <stop_token>

#include "controller/runtime/static_driver_set.h"
#include "tests/support/fake_clock.h"
#include "tests/support/image_driver.h"

namespace nekoplane::reconcilers {
namespace {

using std::chrono::seconds;
using State = NodePull::State;
using Words = std::vector<std::string>;

constexpr char kImage[] = "example.org/browser:1";
const queue::Key kA{"default", "a"}, kB{"default", "b"}, kC{"default", "c"};

class PullManagerTest : public ::testing::Test {
 protected:
  void FailPulls(const std::string& why) {
    driver_->in_pull = [why](const std::string&, const auto&) -> Result<void> {
      return MakeStatus(Code::kUnavailable, "Registry", why);
    };
  }

  Pull Look(const std::string& image = kImage) { return pulls_.Look("host", image, kA); }

  // "image state" of each on that node.
  Words Books(const std::string& node = "host") {
    Words out;
    for (const auto& pull : pulls_.OnNode(node)) {
      const char* state = pull.state == State::kQueued    ? " queued"
                          : pull.state == State::kRunning ? " running"
                                                          : " failed";
      out.push_back(pull.image + state);
    }
    return out;
  }

  testing::FakeClock clock_;
  std::shared_ptr<testing::ImageDriver> driver_ = std::make_shared<testing::ImageDriver>();
  runtime::StaticDriverSet drivers_{
      {{"host", driver_}, {"attic", std::make_shared<testing::ImageDriver>()}}};
  testing::StepRunner jobs_;
  Words woken_, changed_, ended_;
  PullManager pulls_{
      {.drivers = drivers_,
       .clock = clock_,
       .runner = jobs_,
       .wake = [this](const queue::Key& key) { woken_.push_back(key.name); },
       .changed = [this](const std::string& node) { changed_.push_back(node); },
       .ended = [this](std::string_view result, Duration) { ended_.emplace_back(result); }},
      {.backoff = {}, .per_node = 2, .total = 3}};
};

TEST_F(PullManagerTest, OnePullForAllWhoWaitAndAllAreWoken) {
  EXPECT_EQ(Look().kind, Pull::Kind::kNone);
  pulls_.Start("host", kImage, kA);
  pulls_.StartAhead("host", kImage, 0);
  pulls_.Start("host", kImage, kB);
  EXPECT_EQ(pulls_.Look("host", kImage, kC).kind, Pull::Kind::kRunning);
  EXPECT_EQ(jobs_.jobs.size(), 1U);
  EXPECT_EQ(pulls_.Running(), 1);
  jobs_.RunAll();
  EXPECT_EQ(woken_, (Words{"a", "b", "c"}));
  EXPECT_EQ(changed_, (Words{"host", "host"}));
  EXPECT_EQ(ended_, Words{"success"});
  EXPECT_EQ(pulls_.Running(), 0);
  EXPECT_EQ(Look().kind, Pull::Kind::kNone);
  EXPECT_EQ(driver_->pulled, Words{kImage});
  EXPECT_TRUE(Books().empty());
}

TEST_F(PullManagerTest, TheSameImageOnAnotherNodeIsAnotherPull) {
  pulls_.Start("host", kImage, kA);
  pulls_.Start("attic", kImage, kB);
  EXPECT_EQ(jobs_.jobs.size(), 2U);
  jobs_.RunNext();
  EXPECT_EQ(woken_, Words{"a"});
  EXPECT_EQ(Books("attic"), Words{std::string(kImage) + " running"});
}

TEST_F(PullManagerTest, FailureBacksOffAndSaysWhy) {
  FailPulls("the registry is away");
  pulls_.Start("host", kImage, kA);
  jobs_.RunAll();
  EXPECT_EQ(woken_, Words{"a"});
  EXPECT_EQ(ended_, Words{"error"});
  const Pull failed = Look();
  EXPECT_EQ(failed.kind, Pull::Kind::kFailed);
  EXPECT_EQ(failed.retry_in, seconds(10));
  EXPECT_NE(failed.text.find("the registry is away"), std::string::npos);
  const auto books = pulls_.OnNode("host");
  ASSERT_EQ(books.size(), 1U);
  EXPECT_EQ(books[0].state, State::kFailed);
  EXPECT_EQ(books[0].failures, 1);
  EXPECT_FALSE(books[0].due);
  EXPECT_EQ(books[0].retry_at, clock_.WallNow() + seconds(10));

  pulls_.Start("host", kImage, kA);
  EXPECT_TRUE(jobs_.jobs.empty());
  clock_.Advance(seconds(10));
  EXPECT_EQ(Look().kind, Pull::Kind::kNone);
  EXPECT_TRUE(pulls_.OnNode("host")[0].due);
  pulls_.Start("host", kImage, kA);
  EXPECT_EQ(jobs_.jobs.size(), 1U);
  jobs_.RunAll();
  EXPECT_EQ(Look().retry_in, seconds(20));
}

TEST_F(PullManagerTest, FailuresOfAnEarlierProcessCount) {
  FailPulls("still away");
  pulls_.StartAhead("host", kImage, 3);
  jobs_.RunAll();
  EXPECT_EQ(Look().retry_in, seconds(80));
  EXPECT_EQ(pulls_.OnNode("host")[0].failures, 4);
}

TEST_F(PullManagerTest, AFewAtOncePerNodeAndNotTooManyInAll) {
  for (const char* image : {"i1", "i2", "i3"}) pulls_.StartAhead("host", image, 0);
  EXPECT_EQ(Books(), (Words{"i1 running", "i2 running", "i3 queued"}));
  const Pull queued = Look("i3");
  EXPECT_EQ(queued.kind, Pull::Kind::kRunning);
  EXPECT_NE(queued.text.find("waiting for other pulls"), std::string::npos);
  pulls_.StartAhead("attic", "i1", 0);
  pulls_.StartAhead("attic", "i2", 0);
  EXPECT_EQ(Books("attic"), (Words{"i1 running", "i2 queued"}));
  EXPECT_EQ(jobs_.jobs.size(), 3U);
  jobs_.RunNext();
  EXPECT_EQ(pulls_.Running(), 3);
  EXPECT_EQ(Books(), (Words{"i2 running", "i3 running"}));
  jobs_.RunAll();
  EXPECT_EQ(driver_->images.size(), 3U);
  EXPECT_TRUE(Books("attic").empty());
  EXPECT_EQ(pulls_.Running(), 0);
}

TEST_F(PullManagerTest, WhatASessionWaitsForComesBeforeWhatNobodyDoes) {
  for (const char* image : {"i1", "i2", "i3", "i4"}) pulls_.StartAhead("host", image, 0);
  pulls_.Start("host", "i4", kA);
  jobs_.RunNext();
  EXPECT_EQ(Books(), (Words{"i2 running", "i3 queued", "i4 running"}));
}

TEST_F(PullManagerTest, ProgressIsFreshButNotEveryLineOfIt) {
  Words shown;
  driver_->in_pull = [&](const std::string&, const auto& progress) -> Result<void> {
    for (const char* text : {"0 MB", "1 MB", "2 MB"}) {
      progress({0, 0, text});
      shown.push_back(Look().text);
      clock_.Advance(seconds(1));
    }
    return {};
  };
  pulls_.Start("host", kImage, kA);
  EXPECT_EQ(Look().text, std::string("pulling image ") + kImage);
  jobs_.RunAll();
  const std::string start = std::string("pulling image ") + kImage + ": ";
  EXPECT_EQ(shown, (Words{start + "0 MB", start + "0 MB", start + "2 MB"}));
}

TEST_F(PullManagerTest, ToldToStopIsNoFailure) {
  pulls_.Start("host", kImage, kA);
  std::stop_source stop;
  stop.request_stop();
  jobs_.RunNext(Context(stop.get_token()));
  EXPECT_EQ(Look().kind, Pull::Kind::kNone);
  EXPECT_TRUE(ended_.empty());
  EXPECT_EQ(woken_, Words{"a"});
}

TEST_F(PullManagerTest, ANodeWithoutDriverFailsAndTheOthersGoOn) {
  pulls_.Start("shed", kImage, kA);
  jobs_.RunAll();
  EXPECT_EQ(pulls_.Look("shed", kImage, kA).kind, Pull::Kind::kFailed);
  pulls_.Forget("shed");
  EXPECT_TRUE(pulls_.OnNode("shed").empty());
  pulls_.Start("host", kImage, kA);
  EXPECT_EQ(jobs_.jobs.size(), 1U);
}

TEST_F(PullManagerTest, ForgettingANodeKeepsWhatRuns) {
  for (const char* image : {"i1", "i2", "i3"}) pulls_.StartAhead("host", image, 0);
  pulls_.Forget("host");
  EXPECT_EQ(Books(), (Words{"i1 running", "i2 running"}));
  jobs_.RunAll();
  EXPECT_TRUE(Books().empty());
}

TEST_F(PullManagerTest, OldFailuresAreForgotten) {
  FailPulls("gone");
  pulls_.Start("host", "old", kA);
  jobs_.RunAll();
  clock_.Advance(std::chrono::hours(2));
  pulls_.Start("host", "new", kA);
  jobs_.RunAll();
  EXPECT_EQ(Books(), Words{"new failed"});
}

}  // namespace
}  // namespace nekoplane::reconcilers
