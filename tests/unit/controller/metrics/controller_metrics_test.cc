#include "controller/metrics/controller_metrics.h"

#include <gtest/gtest.h>

#include "tests/unit/controller/metrics/samples.h"

namespace nekoplane::metrics {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const prometheus::Labels kQueue{{"controller", "gc"}, {"name", "gc"}};
const prometheus::Labels kController{{"controller", "gc"}};

TEST(ControllerMetricsTest, QueueObserverFillsTheWorkqueueFamilies) {
  prometheus::Registry registry;
  ControllerMetrics metrics(registry);
  auto* observer = metrics.ForQueue("gc");
  EXPECT_EQ(metrics.ForQueue("gc"), observer);
  observer->OnAdd();
  observer->OnDepth(3);
  observer->OnDepth(-1);
  observer->OnGet(milliseconds(5));
  observer->OnDone(seconds(2));
  observer->OnRetry();
  metrics.SetInFlight("gc", {.keys = 2, .total = seconds(9), .longest = seconds(6)});

  EXPECT_EQ(Value(registry, "workqueue_adds_total", kQueue), 1);
  EXPECT_EQ(Value(registry, "workqueue_depth", kQueue), 2);
  EXPECT_EQ(Value(registry, "workqueue_queue_duration_seconds", kQueue), 1);
  EXPECT_EQ(Value(registry, "workqueue_work_duration_seconds", kQueue), 1);
  EXPECT_EQ(Value(registry, "workqueue_retries_total", kQueue), 1);
  EXPECT_EQ(Value(registry, "workqueue_unfinished_work_seconds", kQueue), 9);
  EXPECT_EQ(Value(registry, "workqueue_longest_running_processor_seconds", kQueue), 6);
}

TEST(ControllerMetricsTest, HistogramsHaveTheStandardBuckets) {
  prometheus::Registry registry;
  ControllerMetrics metrics(registry);
  metrics.ForQueue("gc");
  const auto families = registry.Collect();
  const auto& work = FindSample(families, "workqueue_work_duration_seconds", kQueue)->histogram;
  ASSERT_EQ(work.bucket.size(), 13u);  // 12 and +Inf
  EXPECT_EQ(work.bucket.front().upper_bound, 1e-8);
  EXPECT_EQ(work.bucket[11].upper_bound, 1000);
  const auto& time =
      FindSample(families, "controller_runtime_reconcile_time_seconds", kController)->histogram;
  ASSERT_EQ(time.bucket.size(), 41u);  // 40 and +Inf
  EXPECT_EQ(time.bucket.front().upper_bound, 0.005);
  EXPECT_EQ(time.bucket[39].upper_bound, 60);
}

TEST(ControllerMetricsTest, ErrorsCountTwiceOnceByResult) {
  prometheus::Registry registry;
  ControllerMetrics metrics(registry);
  metrics.OnReconcile("gc", "error", milliseconds(3));
  metrics.OnReconcile("gc", "success", milliseconds(3));
  EXPECT_EQ(Value(registry, "controller_runtime_reconcile_total",
                  {{"controller", "gc"}, {"result", "error"}}),
            1);
  EXPECT_EQ(Value(registry, "controller_runtime_reconcile_errors_total", kController), 1);
  EXPECT_EQ(Value(registry, "controller_runtime_reconcile_time_seconds", kController), 2);
}

TEST(ControllerMetricsTest, ActiveWorkersGoUpAndDown) {
  prometheus::Registry registry;
  ControllerMetrics metrics(registry);
  metrics.SetWorkers("gc", 2);
  metrics.AddActive("gc", 1);
  metrics.AddActive("gc", 1);
  metrics.AddActive("gc", -1);
  EXPECT_EQ(Value(registry, "controller_runtime_max_concurrent_reconciles", kController), 2);
  EXPECT_EQ(Value(registry, "controller_runtime_active_workers", kController), 1);
}

}  // namespace
}  // namespace nekoplane::metrics
