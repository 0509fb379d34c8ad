// Whose start begins when.
#include "controller/runtime/taos_worker/start_queue.h"

#include <gtest/gtest.h>

#include <utility>

namespace nekoplane::runtime::taos {
namespace {

class StartQueueTest : public ::testing::Test {
 protected:
  void Add(const std::string& node, const std::string& session) {
    queue_.Add(node, session, [this, session](const Context&) { begun_.push_back(session); });
  }

  // The oldest job that was handed over, from beginning to end.
  void RunOne() {
    ASSERT_FALSE(jobs_.empty());
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    job(Context());
  }

  std::deque<StartQueue::Job> jobs_;  // have a thread
  std::vector<std::string> begun_;
  StartQueue queue_{[this](StartQueue::Job job) { jobs_.push_back(std::move(job)); },
                    {.per_node = 2, .total = 3}};
};

using Names = std::vector<std::string>;

TEST_F(StartQueueTest, SlowWorkerLeavesThreadsToOthers) {
  for (const char* session : {"a1", "a2", "a3", "a4"}) Add("a", session);
  EXPECT_EQ(jobs_.size(), 2u) << "two at once on a worker";
  Add("b", "b1");
  Add("c", "c1");
  EXPECT_EQ(jobs_.size(), 3u) << "b1 does not wait for a's; c1 waits for a thread";
  RunOne();
  EXPECT_EQ(jobs_.size(), 3u) << "a1 is over: the next in line may begin";
  while (!jobs_.empty()) RunOne();
  EXPECT_EQ(begun_, (Names{"a1", "a2", "b1", "a3", "a4", "c1"}));
}

TEST_F(StartQueueTest, OnlyWhatHasNotBegunIsCancelled) {
  for (const char* session : {"a1", "a2", "a3"}) Add("a", session);
  EXPECT_FALSE(queue_.Cancel("a", "a1")) << "it has its thread";
  EXPECT_FALSE(queue_.Cancel("b", "a3"));
  EXPECT_TRUE(queue_.Cancel("a", "a3"));
  EXPECT_FALSE(queue_.Cancel("a", "a3"));
  while (!jobs_.empty()) RunOne();
  EXPECT_EQ(begun_, (Names{"a1", "a2"}));
}

TEST_F(StartQueueTest, NothingBeginsAfterTheStop) {
  for (const char* session : {"a1", "a2", "a3"}) Add("a", session);
  queue_.Stop();
  Add("b", "b1");
  RunOne();
  RunOne();
  EXPECT_TRUE(jobs_.empty());
  EXPECT_EQ(begun_, (Names{"a1", "a2"}));
}

}  // namespace
}  // namespace nekoplane::runtime::taos
