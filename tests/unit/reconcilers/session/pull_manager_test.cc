#include "reconcilers/session/pull_manager.h"

#include <gtest/gtest.h>

#include <deque>

#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/sim/sim_engine.h"
#include "controller/runtime/static_driver_set.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::session {
namespace {

constexpr char kImage[] = "example.org/browser:1";

class PullManagerTest : public ::testing::Test {
 protected:
  class Jobs final : public BackgroundRunner {
   public:
    void Run(Job job) override { jobs.push_back(std::move(job)); }

    void RunAll() {
      while (!jobs.empty()) {
        const auto job = std::move(jobs.front());
        jobs.pop_front();
        job(Context());
      }
    }

    std::deque<Job> jobs;
  };

  Pull Look(const queue::Key& key = {"default", "a"}) { return pulls_.Look("host", kImage, key); }

  testing::FakeClock clock_;
  runtime::SimEngine engine_{clock_, {.registry = {kImage}}};
  runtime::StaticDriverSet drivers_{
      {{"host", std::make_shared<runtime::SimDriver>(engine_, clock_, "mine")}}};
  Jobs jobs_;
  std::vector<std::string> woken_;
  PullManager pulls_{
      drivers_, clock_, jobs_, {}, [this](const queue::Key& key) { woken_.push_back(key.name); }};
};

TEST_F(PullManagerTest, OnePullForAllWhoWaitAndAllAreWoken) {
  EXPECT_EQ(Look().kind, Pull::Kind::kNone);
  pulls_.Start("host", kImage, {"default", "a"});
  pulls_.Start("host", kImage, {"default", "b"});
  EXPECT_EQ(Look({"default", "c"}).kind, Pull::Kind::kRunning);
  EXPECT_EQ(jobs_.jobs.size(), 1U);
  jobs_.RunAll();
  EXPECT_EQ(woken_, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(Look().kind, Pull::Kind::kNone);
  EXPECT_TRUE(engine_.ImageId(kImage).has_value());
}

TEST_F(PullManagerTest, FailureBacksOffAndSaysWhy) {
  engine_.FailNext(runtime::SimCall::kPull,
                   {runtime::SimFault::Kind::kRefuse,
                    MakeStatus(Code::kUnavailable, "Registry", "the registry is away")});
  pulls_.Start("host", kImage, {"default", "a"});
  jobs_.RunAll();
  EXPECT_EQ(woken_, (std::vector<std::string>{"a"}));
  const Pull failed = Look();
  EXPECT_EQ(failed.kind, Pull::Kind::kFailed);
  EXPECT_EQ(failed.retry_in, std::chrono::seconds(10));
  EXPECT_NE(failed.text.find("the registry is away"), std::string::npos);

  pulls_.Start("host", kImage, {"default", "a"});
  EXPECT_TRUE(jobs_.jobs.empty());
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Look().kind, Pull::Kind::kNone);
  pulls_.Start("host", kImage, {"default", "a"});
  EXPECT_EQ(jobs_.jobs.size(), 1U);
}

}  // namespace
}  // namespace nekoplane::reconcilers::session
