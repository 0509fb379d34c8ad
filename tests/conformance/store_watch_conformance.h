// The part of the store's conformance suite on watches and asynchronous commits.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/conformance/store_conformance.h"

namespace nekoplane::store {

// Collects events from any thread.
class Recorder {
 public:
  Store::WatchCallback Callback() {
    return [this](const std::vector<EventPtr>& batch) {
      MutexLock lock(mu_);
      EXPECT_FALSE(batch.empty());
      events_.insert(events_.end(), batch.begin(), batch.end());
      changed_.NotifyAll();
    };
  }

  // Waits until there are `count` events, and a moment longer for what should not come.
  std::vector<EventPtr> Await(std::size_t count) {
    {
      MutexLock lock(mu_);
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
      while (events_.size() < count && std::chrono::steady_clock::now() < end) {
        changed_.WaitFor(mu_, std::chrono::milliseconds(50));
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    MutexLock lock(mu_);
    EXPECT_EQ(events_.size(), count);
    return events_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<EventPtr> events_ GUARDED_BY(mu_);
};

inline std::vector<std::uint64_t> Versions(const std::vector<EventPtr>& events) {
  std::vector<std::uint64_t> versions;
  versions.reserve(events.size());
  for (const EventPtr& event : events) versions.push_back(event->version);
  return versions;
}

inline void ExpectHistoryOfOneObject(const std::vector<EventPtr>& events) {
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0]->type, EventType::kAdded);
  EXPECT_EQ(events[0]->version, 1U);
  EXPECT_EQ(events[0]->object->bytes, Stored("a", "1", 1));
  EXPECT_EQ(events[0]->object->uid, "uid-a");
  EXPECT_EQ(events[0]->previous, nullptr);
  EXPECT_EQ(events[1]->type, EventType::kModified);
  EXPECT_EQ(events[1]->object->bytes, Stored("a", "2", 2));
  ASSERT_NE(events[1]->previous, nullptr);
  EXPECT_EQ(events[1]->previous->bytes, Stored("a", "1", 1));
  EXPECT_EQ(events[2]->type, EventType::kDeleted);
  EXPECT_EQ(events[2]->version, 3U);
  EXPECT_EQ(events[2]->object->version, 3U);
  EXPECT_EQ(events[2]->object->bytes, Stored("a", "2", 3)) << "the deletion's version";
  ASSERT_NE(events[2]->previous, nullptr);
  EXPECT_EQ(events[2]->previous->bytes, Stored("a", "2", 2));
}

TEST_P(StoreConformance, AWatchTellsEveryChangeWithWhatWasBefore) {
  Recorder seen;
  auto watch = store().Watch(kPods, 0, seen.Callback());
  ASSERT_TRUE(watch.has_value());
  Do({Create("a")});
  Do({Update("a", "2")});
  Do({Update("a", "2")});  // changes nothing, so nobody hears of it
  Do({Delete("a")});
  ExpectHistoryOfOneObject(seen.Await(3));
}

TEST_P(StoreConformance, AWatchReplaysThePastFirst) {
  Do({Create("a")});
  Do({Update("a", "2")});
  Do({Delete("a")});
  Recorder seen;
  auto watch = store().Watch(kPods, 0, seen.Callback());
  ASSERT_TRUE(watch.has_value());
  ExpectHistoryOfOneObject(seen.Await(3));
  Recorder late;
  auto late_watch = store().Watch(kPods, 2, late.Callback());
  EXPECT_EQ(Versions(late.Await(1)), std::vector<std::uint64_t>{3});
}

TEST_P(StoreConformance, AWatchHearsOnlyItsResource) {
  Recorder pods;
  Recorder nodes;
  auto watch_pods = store().Watch(kPods, 0, pods.Callback());
  auto watch_nodes = store().Watch(kNodes, 0, nodes.Callback());
  Do({Create("a"), {Write::Op::kCreate, {kNodes, "", "n"}, "u", Body("n", "1"), {}}, Create("b")});
  Do({}, {Acquire(PortClaim("host", 1, "x"))});
  EXPECT_EQ(Versions(pods.Await(2)), (std::vector<std::uint64_t>{1, 3}));
  EXPECT_EQ(Versions(nodes.Await(1)), std::vector<std::uint64_t>{2});
}

TEST_P(StoreConformance, TheLastChangeIsKnownOfWhatCameAndWent) {
  UseHistoryOf({.events = 3});
  EXPECT_EQ(store().LastChange(kPods), 0U);
  Do({Create("a")});
  Do({Delete("a")});
  EXPECT_EQ(store().LastChange(kPods), 2U);
  for (int i = 0; i < 20; ++i) {
    Do({{Write::Op::kCreate, {kNodes, "", "n" + std::to_string(i)}, "u", Body("n", "1"), {}}});
  }
  EXPECT_EQ(store().LastChange(kPods), 2U) << "also when its events are not kept any more";
  EXPECT_EQ(store().LastChange(kNodes), store().Version());
}

TEST_P(StoreConformance, AnEventIsVisibleToReadersWhenItIsTold) {
  std::atomic<int> early = 0;
  Recorder seen;
  auto watch = store().Watch(kPods, 0, [&](const std::vector<EventPtr>& batch) {
    for (const EventPtr& event : batch) {
      if (store().Version() < event->version) ++early;
      const ObjectPtr object = store().Get(event->object->key);
      if (object == nullptr || object->version < event->version) ++early;
    }
    seen.Callback()(batch);
  });
  for (int i = 0; i < 50; ++i) Do({Create("p" + std::to_string(i))});
  seen.Await(50);
  EXPECT_EQ(early, 0);
}

TEST_P(StoreConformance, AWatchFromTheFutureIsRefused) {
  Do({Create("a")});
  auto watch = store().Watch(kPods, 2, [](const auto&) {});
  ASSERT_FALSE(watch.has_value());
  EXPECT_EQ(watch.error().code, Code::kInvalid);
  EXPECT_EQ(watch.error().reason, "VersionFromTheFuture");
}

TEST_P(StoreConformance, AWatchFromBeforeTheHistoryIsExpired) {
  UseHistoryOf({.events = 10});
  for (int i = 0; i < 50; ++i) Do({Create("p" + std::to_string(i))});
  for (int i = 0; i < 5'000; ++i) {
    if (!store().Watch(kPods, 39, [](const auto&) {}).has_value()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(store().Watch(kPods, 39, [](const auto&) {}).is(Code::kExpired));
  Recorder seen;
  auto watch = store().Watch(kPods, 40, seen.Callback());
  ASSERT_TRUE(watch.has_value()) << watch.error().ToString();
  EXPECT_EQ(seen.Await(10).front()->version, 41U);
}

TEST_P(StoreConformance, HistoryIsBoundedByBytesToo) {
  UseHistoryOf({.events = 100'000, .bytes = 20'000});
  for (int i = 0; i < 20; ++i) Do({Create("p" + std::to_string(i), std::string(4'000, 'x'))});
  for (int i = 0; i < 5'000; ++i) {
    if (!store().Watch(kPods, 10, [](const auto&) {}).has_value()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(store().Watch(kPods, 10, [](const auto&) {}).is(Code::kExpired));
  EXPECT_TRUE(store().Watch(kPods, 18, [](const auto&) {}).has_value());
}

TEST_P(StoreConformance, ReplayAndLiveJoinWithoutGapOrRepeat) {
  constexpr std::uint64_t kEvents = 2'000;
  std::thread writer([&] {
    Do({Create("a", "0")});
    for (std::uint64_t i = 1; i < kEvents; ++i) Do({Update("a", std::to_string(i))});
  });
  // Watches that begin at all kinds of moments and versions, while the writer is at it.
  std::vector<std::unique_ptr<Recorder>> recorders;
  std::vector<std::unique_ptr<Subscription>> watches;
  std::vector<std::uint64_t> starts;
  while (recorders.size() < 40) {
    const std::uint64_t now = store().Version();
    const std::uint64_t start = recorders.size() % 2 == 0 ? now : now / 2;
    recorders.push_back(std::make_unique<Recorder>());
    auto watch = store().Watch(kPods, start, recorders.back()->Callback());
    ASSERT_TRUE(watch.has_value());
    watches.push_back(std::move(*watch));
    starts.push_back(start);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  writer.join();
  for (std::size_t w = 0; w < recorders.size(); ++w) {
    const auto events = recorders[w]->Await(kEvents - starts[w]);
    for (std::size_t i = 0; i < events.size(); ++i) {
      ASSERT_EQ(events[i]->version, starts[w] + i + 1);
    }
  }
}

TEST_P(StoreConformance, NoCallbackAfterASubscriptionIsGone) {
  std::atomic<int> calls = 0;
  std::atomic<bool> gone = false;
  for (int round = 0; round < 20; ++round) {
    gone = false;
    auto watch = store().Watch(kPods, store().Version(), [&](const auto&) {
      EXPECT_FALSE(gone);
      ++calls;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      EXPECT_FALSE(gone) << "destroyed while running";
    });
    std::thread writer([&, round] {
      for (int i = 0; i < 5; ++i) Do({Create(std::to_string(round) + "-" + std::to_string(i))});
    });
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    watch->reset();
    gone = true;
    writer.join();
  }
}

TEST_P(StoreConformance, ASubscriptionMayEndItselfInItsCallback) {
  std::unique_ptr<Subscription> watch;
  std::atomic<int> calls = 0;
  Recorder after;
  Do({Create("a")});
  Mutex mu;
  {
    MutexLock lock(mu);  // the callback waits until `watch` is set
    auto begun = store().Watch(kPods, store().Version(), [&](const auto&) {
      MutexLock inner(mu);
      ++calls;
      watch.reset();
    });
    ASSERT_TRUE(begun.has_value());
    watch = std::move(*begun);
  }
  auto other = store().Watch(kPods, store().Version(), after.Callback());
  Do({Create("b")});
  Do({Create("c")});
  after.Await(2);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(watch, nullptr);
}

TEST_P(StoreConformance, CallbacksMayReadWatchAndCommit) {
  Recorder inner;
  Recorder copies;
  std::vector<std::unique_ptr<Subscription>> inner_watches;
  auto copies_watch = store().Watch(kNodes, 0, copies.Callback());
  auto watch = store().Watch(kPods, 0, [&](const std::vector<EventPtr>& batch) {
    for (const EventPtr& event : batch) {
      EXPECT_NE(store().Get(event->object->key), nullptr);
      EXPECT_GE(store().List(kPods)->size(), 1U);
      auto again = store().Watch(kPods, 0, inner.Callback());
      EXPECT_TRUE(again.has_value());
      inner_watches.push_back(std::move(*again));
      const std::string name = event->object->key.name;
      store().CommitAsync(
          {{{Write::Op::kCreate, {kNodes, "", name}, "u", Body(name, "1"), {}}}, {}, {}},
          [](Result<Committed> done) { EXPECT_TRUE(done.has_value()); });
    }
  });
  Do({Create("a")});
  EXPECT_EQ(copies.Await(1)[0]->object->key.name, "a");
  EXPECT_EQ(Versions(inner.Await(1)), std::vector<std::uint64_t>{1});
}

TEST_P(StoreConformance, AsynchronousCommitsHappenAndAreAnsweredInOrder) {
  constexpr int kCommits = 200;
  Mutex mu;
  CondVar all;
  std::vector<std::pair<int, Result<Committed>>> answers;
  for (int i = 0; i < kCommits; ++i) {
    // Every tenth fails, and is answered in its place.
    const std::string name = i % 10 == 9 ? "p" + std::to_string(i - 1) : "p" + std::to_string(i);
    store().CommitAsync({{Create(name)}, {}, {}}, [&, i, name](Result<Committed> done) {
      if (done) {
        EXPECT_NE(store().Get(PodKey(name)), nullptr) << "visible before answered";
      }
      MutexLock lock(mu);
      answers.emplace_back(i, std::move(done));
      all.NotifyAll();
    });
  }
  MutexLock lock(mu);
  while (answers.size() < kCommits) all.Wait(mu);
  std::uint64_t version = 0;
  for (int i = 0; i < kCommits; ++i) {
    EXPECT_EQ(answers[static_cast<std::size_t>(i)].first, i);
    const Result<Committed>& answer = answers[static_cast<std::size_t>(i)].second;
    if (i % 10 == 9) {
      EXPECT_TRUE(answer.is(Code::kAlreadyExists));
    } else {
      ASSERT_TRUE(answer.has_value());
      EXPECT_EQ(answer->version, ++version);
      EXPECT_EQ(answer->objects.at(0)->version, version);
    }
  }
}

TEST_P(StoreConformance, AnInvalidAsynchronousCommitIsAnsweredToo) {
  Mutex mu;
  CondVar answered;
  bool done = false;
  Write write = Create("a");
  write.body = "no json";
  store().CommitAsync({{write}, {}, {}}, [&](Result<Committed> result) {
    EXPECT_TRUE(result.is(Code::kInvalid));
    MutexLock lock(mu);
    done = true;
    answered.NotifyAll();
  });
  MutexLock lock(mu);
  while (!done) answered.Wait(mu);
}

TEST_P(StoreConformance, TheHistorySurvivesAReopening) {
  if (!GetParam().durable) GTEST_SKIP() << "keeps nothing";
  Do({Create("a")});
  Do({Update("a", "2")});
  Do({Delete("a")});
  host().Reopen();
  Recorder seen;
  auto watch = store().Watch(kPods, 0, seen.Callback());
  ASSERT_TRUE(watch.has_value()) << watch.error().ToString();
  ExpectHistoryOfOneObject(seen.Await(3));
  Do({Create("b")});
  EXPECT_EQ(Versions(seen.Await(4)), (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST_P(StoreConformance, NothingIsLostByClosingWithCommitsUnderWay) {
  if (!GetParam().durable) GTEST_SKIP() << "keeps nothing";
  Mutex mu;
  std::vector<std::string> committed;
  int cancelled = 0;
  int answered = 0;
  constexpr int kCommits = 500;
  for (int i = 0; i < kCommits; ++i) {
    const std::string name = "p" + std::to_string(i);
    store().CommitAsync({{Create(name)}, {}, {}}, [&, name](Result<Committed> done) {
      MutexLock lock(mu);
      ++answered;
      if (done) {
        committed.push_back(name);
      } else {
        EXPECT_EQ(done.error().code, Code::kCancelled);
        ++cancelled;
      }
    });
  }
  host().Reopen();
  MutexLock lock(mu);
  EXPECT_EQ(answered, kCommits) << "everybody is answered";
  EXPECT_EQ(store().List(kPods)->size(), committed.size()) << "cancelled means not written";
  for (const std::string& name : committed) EXPECT_NE(store().Get(PodKey(name)), nullptr);
}

}  // namespace nekoplane::store
