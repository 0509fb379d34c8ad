#include "controller/runtime/hint_hub.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace nekoplane::runtime {
namespace {

TEST(HintHubTest, SubscriptionMayEndFromInsideItsOwnCallback) {
  HintHub hub;
  int calls = 0;
  std::unique_ptr<Subscription> subscription;
  subscription = hub.Subscribe(
      [&](const Hint&) {
        ++calls;
        subscription.reset();
      },
      /*greet=*/false);
  hub.Publish(Hint{"a"});
  hub.Publish(Hint{"b"});
  EXPECT_EQ(calls, 1);
}

TEST(HintHubTest, CallbackMayPublish) {
  HintHub hub;
  std::vector<std::string> heard;
  const auto subscription = hub.Subscribe(
      [&](const Hint& hint) {
        heard.push_back(hint.session_uid);
        if (hint.session_uid == "a") hub.Publish(Hint{"b"});
      },
      /*greet=*/true);
  hub.Publish(Hint{"a"});
  EXPECT_EQ(heard, (std::vector<std::string>{"", "a", "b"}));
}

TEST(HintHubTest, EndOfSubscriptionWaitsForARunningCallback) {
  HintHub hub;
  std::atomic<bool> inside{false}, done{false};
  auto subscription = hub.Subscribe(
      [&](const Hint&) {
        inside = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        done = true;
      },
      /*greet=*/false);
  std::jthread publisher([&] { hub.Publish(Hint{}); });
  while (!inside) std::this_thread::yield();
  subscription.reset();
  EXPECT_TRUE(done);
}

TEST(HintHubTest, SubscriptionMayOutliveTheHub) {
  std::unique_ptr<Subscription> subscription;
  {
    HintHub hub;
    subscription = hub.Subscribe([](const Hint&) {}, /*greet=*/false);
  }
  subscription.reset();
}

}  // namespace
}  // namespace nekoplane::runtime
