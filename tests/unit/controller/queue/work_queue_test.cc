#include "controller/queue/work_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include "api/base/random.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::queue {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeClock;

Key K(std::string name) { return {"default", std::move(name)}; }

// Adds up what it is told.
struct CountingObserver final : QueueObserver {
  std::atomic<int> adds{0}, depth{0}, gets{0}, dones{0}, retries{0};
  Duration waited{}, worked{};

  void OnAdd() override { ++adds; }

  void OnDepth(int change) override { depth += change; }

  void OnGet(Duration d) override {
    ++gets;
    waited = d;
  }

  void OnDone(Duration d) override {
    ++dones;
    worked = d;
  }

  void OnRetry() override { ++retries; }
};

// For the tests with many threads: counts only what is safe to count.
struct DepthObserver final : QueueObserver {
  std::atomic<int> depth{0}, adds{0}, gets{0};

  void OnAdd() override { ++adds; }

  void OnDepth(int change) override { depth += change; }

  void OnGet(Duration) override { ++gets; }
};

class WorkQueueTest : public ::testing::Test {
 protected:
  std::string TakeName() {
    auto key = queue_.TryGet();
    if (!key) return "";
    queue_.Done(*key);
    return key->name;
  }

  FakeClock clock_;
  CountingObserver seen_;
  WorkQueue queue_{clock_, &seen_};
};

TEST_F(WorkQueueTest, EmptyQueueGivesNothing) {
  EXPECT_EQ(queue_.TryGet(), std::nullopt);
  EXPECT_EQ(queue_.NextDue(), std::nullopt);
  EXPECT_EQ(queue_.ready_size(), 0u);
}

TEST_F(WorkQueueTest, KeysLeaveInTheOrderTheyCame) {
  queue_.Add(K("b"));
  queue_.Add(K("a"));
  queue_.Add(K("c"));
  EXPECT_EQ(TakeName(), "b");
  EXPECT_EQ(TakeName(), "a");
  EXPECT_EQ(TakeName(), "c");
}

TEST_F(WorkQueueTest, BurstForOneKeyIsOneRun) {
  for (int i = 0; i < 100; ++i) queue_.Add(K("a"));
  EXPECT_EQ(queue_.ready_size(), 1u);
  EXPECT_EQ(TakeName(), "a");
  EXPECT_EQ(TakeName(), "");
  EXPECT_EQ(seen_.adds, 1);
}

TEST_F(WorkQueueTest, NamespacesAreDifferentKeys) {
  queue_.Add({"one", "a"});
  queue_.Add({"two", "a"});
  EXPECT_EQ(queue_.ready_size(), 2u);
}

TEST_F(WorkQueueTest, KeyAddedWhileProcessedRunsAgainAfterDone) {
  queue_.Add(K("a"));
  const auto key = queue_.TryGet();
  queue_.Add(K("a"));
  queue_.Add(K("a"));
  EXPECT_EQ(queue_.TryGet(), std::nullopt) << "the key would be with two workers";
  queue_.Done(*key);
  EXPECT_EQ(TakeName(), "a");
  EXPECT_EQ(TakeName(), "");
}

TEST_F(WorkQueueTest, KeyAddedWhileProcessedQueuesBehindOthers) {
  queue_.Add(K("a"));
  const auto key = queue_.TryGet();
  queue_.Add(K("a"));
  queue_.Add(K("b"));
  queue_.Done(*key);
  EXPECT_EQ(TakeName(), "b");
  EXPECT_EQ(TakeName(), "a");
}

TEST_F(WorkQueueTest, HigherPriorityLeavesFirst) {
  queue_.Add(K("restart-1"), kPriorityLow);
  queue_.Add(K("restart-2"), kPriorityLow);
  queue_.Add(K("user"));
  EXPECT_EQ(TakeName(), "user");
  EXPECT_EQ(TakeName(), "restart-1");
  EXPECT_EQ(TakeName(), "restart-2");
}

TEST_F(WorkQueueTest, RaisedKeyJoinsTheEndOfItsNewPriority) {
  queue_.Add(K("low"), kPriorityLow);
  queue_.Add(K("normal"));
  queue_.Add(K("low"));
  EXPECT_EQ(TakeName(), "normal");
  EXPECT_EQ(TakeName(), "low");
}

TEST_F(WorkQueueTest, PriorityIsNeverLowered) {
  queue_.Add(K("a"));
  queue_.Add(K("a"), kPriorityLow);
  queue_.Add(K("b"));
  EXPECT_EQ(TakeName(), "a");
}

TEST_F(WorkQueueTest, PriorityRaisedWhileProcessedCountsAfterDone) {
  queue_.Add(K("a"));
  const auto key = queue_.TryGet();
  queue_.Add(K("a"), kPriorityLow);
  queue_.Add(K("a"), 5);
  queue_.Add(K("b"));
  queue_.Done(*key);
  EXPECT_EQ(TakeName(), "a");
}

TEST_F(WorkQueueTest, DelayedKeyIsReadyWhenItsTimeComes) {
  const MonoTime due = clock_.Now() + seconds(10);
  queue_.AddAfter(K("a"), seconds(10));
  EXPECT_EQ(queue_.TryGet(), std::nullopt);
  EXPECT_EQ(queue_.NextDue(), due);
  clock_.Advance(seconds(10) - Duration(1));
  EXPECT_EQ(queue_.TryGet(), std::nullopt);
  clock_.Advance(Duration(1));
  EXPECT_EQ(queue_.ready_size(), 1u);
  EXPECT_EQ(TakeName(), "a");
  EXPECT_EQ(queue_.NextDue(), std::nullopt);
}

TEST_F(WorkQueueTest, EarliestDueTimeWins) {
  const MonoTime now = clock_.Now();
  queue_.AddAfter(K("a"), seconds(10));
  queue_.AddAfter(K("a"), seconds(30));
  EXPECT_EQ(queue_.NextDue(), now + seconds(10));
  queue_.AddAfter(K("a"), seconds(2));
  EXPECT_EQ(queue_.NextDue(), now + seconds(2));
  clock_.Advance(seconds(60));
  EXPECT_EQ(TakeName(), "a");
  EXPECT_EQ(TakeName(), "") << "one run for all three";
}

TEST_F(WorkQueueTest, DelayedKeysBecomeReadyInDueOrder) {
  queue_.AddAfter(K("late"), seconds(3));
  queue_.AddAfter(K("early"), seconds(1));
  queue_.AddAfter(K("early-too"), seconds(1));
  clock_.Advance(seconds(5));
  EXPECT_EQ(TakeName(), "early");
  EXPECT_EQ(TakeName(), "early-too");
  EXPECT_EQ(TakeName(), "late");
}

TEST_F(WorkQueueTest, AddingADelayedKeyRunsItNowAndKeepsTheAppointment) {
  queue_.AddAfter(K("a"), seconds(10));
  queue_.Add(K("a"));
  EXPECT_EQ(TakeName(), "a");
  clock_.Advance(seconds(10));
  EXPECT_EQ(TakeName(), "a");
  EXPECT_EQ(TakeName(), "");
}

TEST_F(WorkQueueTest, KeyThatFallsDueWhileProcessedRunsAfterDone) {
  queue_.Add(K("a"));
  const auto key = queue_.TryGet();
  queue_.AddAfter(K("a"), seconds(1));
  clock_.Advance(seconds(2));
  EXPECT_EQ(queue_.TryGet(), std::nullopt);
  queue_.Done(*key);
  EXPECT_EQ(TakeName(), "a");
}

TEST_F(WorkQueueTest, DelayOfNothingOrLessIsAnAdd) {
  queue_.AddAfter(K("a"), Duration::zero());
  queue_.AddAfter(K("b"), Duration(-5));
  EXPECT_EQ(queue_.ready_size(), 2u);
  EXPECT_EQ(seen_.retries, 0);
}

TEST_F(WorkQueueTest, EndlessDelayDoesNotOverflow) {
  queue_.AddAfter(K("a"), Duration::max());
  EXPECT_EQ(queue_.TryGet(), std::nullopt);
  EXPECT_EQ(queue_.NextDue(), MonoTime::max());
}

TEST_F(WorkQueueTest, ReadyKeyIsDueNow) {
  queue_.AddAfter(K("later"), seconds(10));
  queue_.Add(K("now"));
  EXPECT_EQ(queue_.NextDue(), clock_.Now());
}

TEST_F(WorkQueueTest, ShutDownRefusesAddsAndGivesNothingMore) {
  queue_.Add(K("a"));
  queue_.ShutDown();
  queue_.Add(K("b"));
  queue_.AddAfter(K("c"), seconds(1));
  EXPECT_EQ(queue_.TryGet(), std::nullopt);
  EXPECT_EQ(queue_.Get({}), std::nullopt);
  EXPECT_EQ(queue_.NextDue(), std::nullopt);
}

TEST_F(WorkQueueTest, WorkInHandCanBeDoneAfterShutDown) {
  queue_.Add(K("a"));
  const auto key = queue_.TryGet();
  queue_.ShutDown();
  queue_.Done(*key);
  EXPECT_EQ(seen_.dones, 1);
}

TEST_F(WorkQueueTest, ObserverLearnsWaitAndWork) {
  queue_.Add(K("a"));
  EXPECT_EQ(seen_.depth, 1);
  clock_.Advance(milliseconds(30));
  const auto key = queue_.TryGet();
  EXPECT_EQ(seen_.depth, 0);
  EXPECT_EQ(seen_.waited, milliseconds(30));
  clock_.Advance(milliseconds(70));
  queue_.Done(*key);
  EXPECT_EQ(seen_.worked, milliseconds(70));
  queue_.AddAfter(K("a"), seconds(1));
  EXPECT_EQ(seen_.retries, 1);
}

TEST_F(WorkQueueTest, KeyInHandKnowsItsPriority) {
  queue_.Add(K("a"), kPriorityLow);
  const auto key = queue_.TryGet();
  queue_.Add(K("a"), 7);
  EXPECT_EQ(queue_.PriorityInHand(*key), kPriorityLow);
  queue_.Done(*key);
}

TEST_F(WorkQueueTest, InFlightAddsUpTheTimeSpentSoFar) {
  queue_.Add(K("a"));
  queue_.Add(K("b"));
  const auto a = queue_.TryGet();
  clock_.Advance(seconds(2));
  const auto b = queue_.TryGet();
  clock_.Advance(seconds(1));
  EXPECT_EQ(queue_.in_flight().keys, 2u);
  EXPECT_EQ(queue_.in_flight().total, seconds(4));
  EXPECT_EQ(queue_.in_flight().longest, seconds(3));
  queue_.Done(*a);
  queue_.Done(*b);
  EXPECT_EQ(queue_.in_flight().keys, 0u);
}

using WorkQueueDeathTest = WorkQueueTest;

TEST_F(WorkQueueDeathTest, DoneWithoutGetIsABug) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(queue_.Done(K("a")), "broken invariant");
}

// The queue against a model that is too simple to be wrong: random calls, same answers.
TEST(WorkQueueModelTest, AgreesWithASimpleModel) {
  struct Model {
    struct Item {
      int priority = 0;
      std::uint64_t order = 0;
    };

    std::map<Key, Item> ready, again;
    std::map<Key, std::pair<MonoTime, int>> delayed;
    std::map<Key, std::uint64_t> delayed_order;
    std::set<Key> processing;
    std::uint64_t order = 0;

    void Add(const Key& key, int priority) {
      auto& map = processing.contains(key) ? again : ready;
      auto [it, added] = map.try_emplace(key, Item{priority, order});
      if (added) {
        ++order;
      } else if (priority > it->second.priority) {
        it->second = {priority, order++};
      }
    }

    void Promote(MonoTime now) {
      while (true) {
        auto next = delayed.end();
        for (auto it = delayed.begin(); it != delayed.end(); ++it) {
          if (it->second.first > now) continue;
          if (next == delayed.end() ||
              std::pair(it->second.first, delayed_order[it->first]) <
                  std::pair(next->second.first, delayed_order[next->first])) {
            next = it;
          }
        }
        if (next == delayed.end()) return;
        const Key key = next->first;
        const int priority = next->second.second;
        delayed.erase(next);
        Add(key, priority);
      }
    }

    std::optional<Key> TryGet(MonoTime now) {
      Promote(now);
      auto best = ready.end();
      for (auto it = ready.begin(); it != ready.end(); ++it) {
        if (best == ready.end() || std::pair(-it->second.priority, it->second.order) <
                                       std::pair(-best->second.priority, best->second.order)) {
          best = it;
        }
      }
      if (best == ready.end()) return std::nullopt;
      Key key = best->first;
      ready.erase(best);
      processing.insert(key);
      return key;
    }
  };

  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    FakeClock clock;
    WorkQueue queue(clock, nullptr);
    Model model;
    std::vector<Key> held;
    for (int step = 0; step < 400; ++step) {
      const Key key = K(std::string(1, static_cast<char>('a' + random.Below(6))));
      const int priority = static_cast<int>(random.Below(3)) * 10;
      switch (random.Below(5)) {
        case 0:
          queue.Add(key, priority);
          model.Add(key, priority);
          break;
        case 1: {
          const Duration delay = seconds(1 + random.Below(5));
          queue.AddAfter(key, delay, priority);
          auto [it, added] = model.delayed.try_emplace(key, clock.Now() + delay, priority);
          if (added) model.delayed_order[key] = model.order++;
          it->second.first = std::min(it->second.first, clock.Now() + delay);
          it->second.second = std::max(it->second.second, priority);
          break;
        }
        case 2: {
          const auto got = queue.TryGet();
          ASSERT_EQ(got, model.TryGet(clock.Now()));
          if (got) held.push_back(*got);
          break;
        }
        case 3:
          if (!held.empty()) {
            const Key done = held.front();
            held.erase(held.begin());
            queue.Done(done);
            model.processing.erase(done);
            if (auto again = model.again.extract(done)) {
              model.ready[done] = {again.mapped().priority, model.order++};
            }
          }
          break;
        default:
          clock.Advance(milliseconds(random.Below(2000)));
      }
    }
  }
}

TEST(WorkQueueThreadsTest, GetReturnsWhenStopIsRequested) {
  SystemClock clock;
  WorkQueue queue(clock, nullptr);
  std::optional<Key> got = K("unset");
  std::jthread worker([&](std::stop_token stop) { got = queue.Get(stop); });
  worker.request_stop();
  worker.join();
  EXPECT_EQ(got, std::nullopt);
}

TEST(WorkQueueThreadsTest, ShutDownWakesAllWaiters) {
  SystemClock clock;
  WorkQueue queue(clock, nullptr);
  std::vector<std::jthread> workers;
  std::atomic<int> ended{0};
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      EXPECT_EQ(queue.Get({}), std::nullopt);
      ++ended;
    });
  }
  queue.ShutDown();
  workers.clear();
  EXPECT_EQ(ended, 4);
}

TEST(WorkQueueThreadsTest, BlockedGetWakesForADelayedKey) {
  SystemClock clock;
  WorkQueue queue(clock, nullptr);
  queue.AddAfter(K("far"), std::chrono::hours(1));
  std::optional<Key> got;
  std::jthread worker([&] { got = queue.Get({}); });
  queue.AddAfter(K("near"), milliseconds(5));
  worker.join();
  EXPECT_EQ(got, K("near"));
}

// Producers and workers on a few keys: no key is ever with two workers, and the last change of each
// key is seen by a run that began after it.
TEST(WorkQueueThreadsTest, NoKeyIsLostOrDoubledUnderLoad) {
  constexpr int kKeys = 8, kProducers = 3, kWorkers = 4, kChanges = 2000;
  SystemClock clock;
  DepthObserver observer;
  WorkQueue queue(clock, &observer);

  struct State {
    std::atomic<int> written{0}, seen{0}, busy{0};
  };

  std::vector<State> states(kKeys);
  std::atomic<int> doubled{0};

  std::vector<std::jthread> workers;
  for (int w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&](std::stop_token stop) {
      while (auto key = queue.Get(stop)) {
        State& state = states[static_cast<std::size_t>(std::stoi(key->name))];
        if (state.busy.fetch_add(1) != 0) ++doubled;
        state.seen.store(state.written.load());
        state.busy.fetch_sub(1);
        queue.Done(*key);
      }
    });
  }
  {
    std::vector<std::jthread> producers;
    for (int p = 0; p < kProducers; ++p) {
      producers.emplace_back([&, p] {
        SeededRandom random(static_cast<std::uint64_t>(p) + 1);
        for (int i = 0; i < kChanges; ++i) {
          const auto k = random.Below(kKeys);
          ++states[k].written;
          const int priority = random.Below(2) == 0 ? kPriorityLow : kPriorityNormal;
          const Duration delay = random.Below(4) == 0 ? Duration(1000) : Duration::zero();
          queue.AddAfter(K(std::to_string(k)), delay, priority);
        }
      });
    }
  }
  const auto settled = [&] {
    return std::all_of(states.begin(), states.end(),
                       [](const State& state) { return state.seen == state.written; });
  };
  const MonoTime give_up = clock.Now() + seconds(30);
  while (!settled() && clock.Now() < give_up) std::this_thread::yield();
  for (auto& worker : workers) worker.request_stop();
  workers.clear();
  EXPECT_EQ(doubled, 0);
  for (int k = 0; k < kKeys; ++k) {
    EXPECT_EQ(states[static_cast<std::size_t>(k)].seen, states[static_cast<std::size_t>(k)].written)
        << "key " << k;
  }
  EXPECT_EQ(observer.adds, observer.gets + static_cast<int>(queue.ready_size()));
  EXPECT_EQ(observer.depth, static_cast<int>(queue.ready_size()));
}

}  // namespace
}  // namespace nekoplane::queue
