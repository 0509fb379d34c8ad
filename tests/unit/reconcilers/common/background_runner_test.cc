#include "reconcilers/common/background_runner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace nekoplane::reconcilers {
namespace {

TEST(ThreadRunnerTest, RunsMoreJobsThanThreads) {
  std::atomic<int> done = 0;
  std::promise<void> all;
  const auto runner = MakeThreadRunner(2);
  for (int i = 0; i < 10; ++i) {
    runner->Run([&](const Context&) {
      if (++done == 10) all.set_value();
    });
  }
  all.get_future().wait();
  EXPECT_EQ(done, 10);
}

TEST(ThreadRunnerTest, DestructionStopsTheRunningJobAndDropsTheWaitingOnes) {
  std::promise<void> started;
  std::atomic<bool> stopped = false, second = false;
  {
    const auto runner = MakeThreadRunner(1);
    runner->Run([&](const Context& ctx) {
      started.set_value();
      while (!ctx.stopped()) std::this_thread::yield();
      stopped = true;
    });
    started.get_future().wait();
    runner->Run([&](const Context&) { second = true; });
  }
  EXPECT_TRUE(stopped);
  EXPECT_FALSE(second);
}

}  // namespace
}  // namespace nekoplane::reconcilers
