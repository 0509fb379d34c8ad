#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

#include "api/base/clock.h"

namespace nekoplane {
namespace {

using std::chrono::milliseconds;

TEST(ThreadTimersTest, FiresInDueOrder) {
  SystemClock clock;
  auto timers = MakeThreadTimers(clock);
  std::vector<int> order;
  std::promise<void> done;
  auto late = timers->After(milliseconds(30), [&] { order.push_back(2), done.set_value(); });
  auto early = timers->After(milliseconds(5), [&] { order.push_back(1); });
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(ThreadTimersTest, DestroyedHandleNeverFires) {
  SystemClock clock;
  auto timers = MakeThreadTimers(clock);
  std::atomic<bool> fired = false;
  auto handle = timers->After(milliseconds(10), [&] { fired = true; });
  handle.reset();
  std::promise<void> done;
  auto after = timers->After(milliseconds(30), [&] { done.set_value(); });
  done.get_future().wait();
  EXPECT_FALSE(fired);
}

TEST(ThreadTimersTest, DestroyingTheHandleWaitsForARunningCallback) {
  SystemClock clock;
  auto timers = MakeThreadTimers(clock);
  std::promise<void> entered, release;
  std::atomic<bool> finished = false;
  auto handle = timers->After(milliseconds(0), [&] {
    entered.set_value();
    release.get_future().wait();
    finished = true;
  });
  entered.get_future().wait();
  auto unblock = std::async(std::launch::async, [&] { release.set_value(); });
  handle.reset();
  EXPECT_TRUE(finished);
}

TEST(ThreadTimersTest, ACallbackMayDropItsOwnHandle) {
  SystemClock clock;
  auto timers = MakeThreadTimers(clock);
  std::promise<void> done, armed;
  std::unique_ptr<Timers::Handle> handle;
  handle = timers->After(milliseconds(0), [&] {
    armed.get_future().wait();
    handle.reset();
    done.set_value();
  });
  armed.set_value();
  done.get_future().wait();
}

}  // namespace
}  // namespace nekoplane
