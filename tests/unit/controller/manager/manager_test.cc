#include "controller/manager/manager.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "api/base/random.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/controller/metrics/samples.h"

namespace nekoplane::manager {
namespace {

using metrics::Value;
using std::chrono::milliseconds;
using std::chrono::seconds;

const queue::Key kKey{"default", "a"};

// Answers what it was told to, then Done.
class ScriptedReconciler final : public Reconciler {
 public:
  std::string name() const override { return "session"; }

  Outcome Reconcile(const Context&, const queue::Key& key) override {
    seen.push_back(key.name);
    if (during) during();
    if (answers.empty()) return Done{};
    auto answer = answers.front();
    answers.pop_front();
    return answer();
  }

  void Answer(Outcome outcome) {
    answers.push_back([outcome] { return outcome; });
  }

  std::deque<std::function<Outcome()>> answers;
  std::function<void()> during;
  std::vector<std::string> seen;
};

// Remembers what was logged at warning level or above.
class RecordingLogger final : public Logger {
 public:
  void Write(LogLevel level, std::string_view message, Fields) override {
    if (level >= LogLevel::kWarning) messages.emplace_back(message);
  }

  std::vector<std::string> messages;
};

class ManagerTest : public ::testing::Test {
 protected:
  bool Run() { return controller_.ProcessNext({}); }

  std::optional<Duration> NextIn() {
    const auto due = controller_.NextDue();
    return due ? std::optional(*due - clock_.Now()) : std::nullopt;
  }

  double Reconciles(const char* result) {
    return Value(registry_, "controller_runtime_reconcile_total",
                 {{"controller", "session"}, {"result", result}});
  }

  double Of(const char* name) { return Value(registry_, name, {{"controller", "session"}}); }

  testing::FakeClock clock_;
  SeededRandom random_{1};
  RecordingLogger log_;
  prometheus::Registry registry_;
  metrics::ControllerMetrics metrics_{registry_};
  ScriptedReconciler reconciler_;
  Manager manager_{clock_, random_, log_, &metrics_};
  Controller& controller_ = manager_.Add(
      reconciler_, {.workers = 3, .backoff = {.base = seconds(1), .cap = seconds(4), .jitter = 0}});
};

TEST_F(ManagerTest, NothingReadyIsNothingDone) {
  EXPECT_FALSE(Run());
  EXPECT_EQ(controller_.name(), "session");
}

TEST_F(ManagerTest, DoneWaitsForTheNextEvent) {
  controller_.Enqueue(kKey);
  EXPECT_TRUE(Run());
  EXPECT_EQ(NextIn(), std::nullopt);
  EXPECT_EQ(Reconciles("success"), 1);
}

TEST_F(ManagerTest, RequeueAfterComesBackWithoutBeingAnError) {
  reconciler_.Answer(RequeueAfter{seconds(30)});
  controller_.Enqueue(kKey);
  Run();
  EXPECT_EQ(NextIn(), seconds(30));
  EXPECT_EQ(Reconciles("requeue_after"), 1);
  EXPECT_EQ(Of("controller_runtime_reconcile_errors_total"), 0);
  EXPECT_TRUE(log_.messages.empty());
}

TEST_F(ManagerTest, RequeueAfterNothingRunsAgainAtOnce) {
  reconciler_.Answer(RequeueAfter{});
  controller_.Enqueue(kKey);
  Run();
  EXPECT_TRUE(Run());
  EXPECT_FALSE(Run());
  EXPECT_EQ(Reconciles("requeue"), 1);
}

TEST_F(ManagerTest, RetryBacksOffAndSuccessForgets) {
  const Retry retry{MakeStatus(Code::kUnavailable, "EngineUnavailable", "no answer")};
  for (int i = 0; i < 4; ++i) reconciler_.Answer(retry);
  controller_.Enqueue(kKey);
  for (const auto delay : {seconds(1), seconds(2), seconds(4), seconds(4)}) {
    ASSERT_TRUE(Run());
    ASSERT_EQ(NextIn(), delay);
    clock_.Advance(delay);
  }
  ASSERT_TRUE(Run());
  EXPECT_EQ(NextIn(), std::nullopt);
  EXPECT_EQ(Reconciles("error"), 4);
  EXPECT_EQ(Of("controller_runtime_reconcile_errors_total"), 4);
  EXPECT_EQ(log_.messages.size(), 4u);

  reconciler_.Answer(retry);
  controller_.Enqueue(kKey);
  Run();
  EXPECT_EQ(NextIn(), seconds(1));
}

TEST_F(ManagerTest, RetryWaitsAtLeastAsLongAsTheStatusSays) {
  Status busy = MakeStatus(Code::kTooManyRequests, "Busy", "slow down");
  busy.retry_after = std::chrono::milliseconds(2500);
  reconciler_.Answer(Retry{busy});
  controller_.Enqueue(kKey);
  Run();
  EXPECT_EQ(NextIn(), milliseconds(2500));
}

TEST_F(ManagerTest, RequeueAfterForgetsTheBackOff) {
  const Retry retry{MakeStatus(Code::kUnavailable, "X", "x")};
  reconciler_.Answer(retry);
  reconciler_.Answer(RequeueAfter{seconds(1)});
  reconciler_.Answer(retry);
  controller_.Enqueue(kKey);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Run());
    ASSERT_EQ(NextIn(), seconds(1));
    clock_.Advance(seconds(1));
  }
}

// As one that writes down what it is about to do, and fails at doing it, again and again.
TEST_F(ManagerTest, GoingOnAtOnceKeepsTheBackOff) {
  const Retry retry{MakeStatus(Code::kUnavailable, "X", "x")};
  controller_.Enqueue(kKey);
  for (const auto delay : {seconds(1), seconds(2), seconds(4)}) {
    reconciler_.Answer(RequeueAfter{});
    reconciler_.Answer(retry);
    ASSERT_TRUE(Run());
    ASSERT_TRUE(Run());
    ASSERT_EQ(NextIn(), delay);
    clock_.Advance(delay);
  }
}

TEST_F(ManagerTest, GiveUpWaitsForTheObjectToChange) {
  reconciler_.Answer(GiveUp{MakeStatus(Code::kInvalid, "InvalidSpec", "no")});
  controller_.Enqueue(kKey);
  Run();
  EXPECT_EQ(NextIn(), std::nullopt);
  EXPECT_EQ(Of("controller_runtime_terminal_reconcile_errors_total"), 1);
  EXPECT_EQ(Reconciles("error"), 1);
  controller_.Enqueue(kKey);
  EXPECT_TRUE(Run());
}

TEST_F(ManagerTest, ExceptionIsCountedAndRetried) {
  reconciler_.answers.push_back([]() -> Outcome { throw std::runtime_error("boom"); });
  reconciler_.answers.push_back([]() -> Outcome { throw 5; });
  controller_.Enqueue(kKey);
  Run();
  EXPECT_EQ(NextIn(), seconds(1));
  clock_.Advance(seconds(1));
  Run();
  EXPECT_EQ(NextIn(), seconds(2));
  EXPECT_EQ(Of("controller_runtime_reconcile_panics_total"), 2);
  EXPECT_EQ(Of("controller_runtime_active_workers"), 0);
}

TEST_F(ManagerTest, ChangeDuringAReconcileRunsAgain) {
  reconciler_.during = [&] {
    if (reconciler_.seen.size() == 1) controller_.Enqueue(kKey);
  };
  controller_.Enqueue(kKey);
  EXPECT_TRUE(Run());
  EXPECT_TRUE(Run());
  EXPECT_FALSE(Run());
}

TEST_F(ManagerTest, RetryKeepsThePriorityOfItsKey) {
  reconciler_.Answer(Retry{MakeStatus(Code::kUnavailable, "X", "x")});
  controller_.Enqueue({"default", "restart"}, queue::kPriorityLow);
  Run();
  clock_.Advance(seconds(1));
  controller_.EnqueueAfter({"default", "user"}, milliseconds(1));
  clock_.Advance(milliseconds(1));
  Run();
  Run();
  EXPECT_EQ(reconciler_.seen, (std::vector<std::string>{"restart", "user", "restart"}));
}

TEST_F(ManagerTest, StopInTheMiddleIsNotAnError) {
  std::stop_source stop;
  stop.request_stop();
  reconciler_.Answer(Retry{MakeStatus(Code::kCancelled, "Stopped", "told to stop")});
  controller_.Enqueue(kKey);
  EXPECT_TRUE(controller_.ProcessNext(Context(stop.get_token())));
  EXPECT_EQ(Reconciles("error"), 0);
  EXPECT_TRUE(log_.messages.empty());
}

TEST_F(ManagerTest, MetricsExistBeforeTheFirstReconcile) {
  for (const char* result : {"success", "error", "requeue", "requeue_after"}) {
    EXPECT_EQ(Reconciles(result), 0);
  }
  EXPECT_EQ(Of("controller_runtime_max_concurrent_reconciles"), 3);
}

TEST_F(ManagerTest, WorkInHandIsMeasuredBeforeItEnds) {
  reconciler_.during = [&] {
    clock_.Advance(seconds(7));
    manager_.RefreshMetrics();
  };
  controller_.Enqueue(kKey);
  Run();
  const prometheus::Labels queue{{"controller", "session"}, {"name", "session"}};
  EXPECT_EQ(Value(registry_, "workqueue_unfinished_work_seconds", queue), 7);
  EXPECT_EQ(Value(registry_, "workqueue_longest_running_processor_seconds", queue), 7);
  manager_.RefreshMetrics();
  EXPECT_EQ(Value(registry_, "workqueue_unfinished_work_seconds", queue), 0);
}

// Counts how many reconciles of one key overlap.
class CountingReconciler final : public Reconciler {
 public:
  std::string name() const override { return "counting"; }

  Outcome Reconcile(const Context&, const queue::Key&) override {
    if (busy.fetch_add(1) != 0) overlapped = true;
    ++runs;
    runs.notify_all();
    busy.fetch_sub(1);
    return Done{};
  }

  std::atomic<int> busy{0}, runs{0};
  std::atomic<bool> overlapped{false};
};

TEST(ManagerThreadsTest, WorkersRunKeysUntilStopped) {
  SystemClock clock;
  SystemRandom random;
  NullLogger log;
  CountingReconciler reconciler;
  Manager manager(clock, random, log, nullptr);
  Controller& controller = manager.Add(reconciler, {.workers = 4});
  manager.Start();
  for (int i = 0; i < 1000; ++i) controller.Enqueue(kKey);
  reconciler.runs.wait(0);
  manager.Stop();
  manager.Stop();
  const int runs = reconciler.runs;
  EXPECT_GE(runs, 1);
  EXPECT_FALSE(reconciler.overlapped);
  controller.Enqueue(kKey);
  EXPECT_EQ(reconciler.runs, runs);
}

// Blocks until it is told to stop, as a driver call would.
class BlockingReconciler final : public Reconciler {
 public:
  std::string name() const override { return "blocking"; }

  Outcome Reconcile(const Context& ctx, const queue::Key&) override {
    entered = true;
    entered.notify_all();
    while (!ctx.stopped()) std::this_thread::yield();
    finished = true;
    return Retry{MakeStatus(Code::kCancelled, "Stopped", "told to stop")};
  }

  std::atomic<bool> entered{false}, finished{false};
};

TEST(ManagerThreadsTest, StopTellsTheReconcileInHandAndWaitsForIt) {
  SystemClock clock;
  SystemRandom random;
  NullLogger log;
  BlockingReconciler reconciler;
  Manager manager(clock, random, log, nullptr);
  Controller& controller = manager.Add(reconciler, {.workers = 1});
  manager.Start();
  controller.Enqueue(kKey);
  reconciler.entered.wait(false);
  manager.Stop();
  EXPECT_TRUE(reconciler.finished);
}

}  // namespace
}  // namespace nekoplane::manager
