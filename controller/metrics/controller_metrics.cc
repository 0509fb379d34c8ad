#include "controller/metrics/controller_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <array>
#include <map>
#include <string_view>

#include "api/base/check.h"
#include "api/base/mutex.h"
#include "controller/metrics/families.h"

namespace nekoplane::metrics {

namespace {

constexpr std::array<std::string_view, 4> kResults{"success", "error", "requeue", "requeue_after"};

const Buckets& QueueBuckets() {
  static const Buckets buckets = {1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000};
  return buckets;
}

const Buckets& ReconcileBuckets() {
  static const Buckets buckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3,  0.35,
                                  0.4,   0.45, 0.5,   0.6,  0.7, 0.8,  0.9, 1.0,  1.25, 1.5,
                                  1.75,  2.0,  2.5,   3.0,  3.5, 4.0,  4.5, 5,    6,    7,
                                  8,     9,    10,    15,   20,  25,   30,  40,   50,   60};
  return buckets;
}

// The families of both kinds; made once.
struct Families {
  explicit Families(prometheus::Registry& r)
      : depth(GaugeFamily(r, "workqueue_depth", "Current depth of workqueue")),
        adds(CounterFamily(r, "workqueue_adds_total", "Total number of adds handled by workqueue")),
        queue_duration(HistogramFamily(
            r, "workqueue_queue_duration_seconds",
            "How long in seconds an item stays in workqueue before being requested")),
        work_duration(
            HistogramFamily(r, "workqueue_work_duration_seconds",
                            "How long in seconds processing an item from workqueue takes")),
        unfinished(GaugeFamily(r, "workqueue_unfinished_work_seconds",
                               "How many seconds of work has been done that is in progress and "
                               "hasn't been observed by work_duration. Large values indicate stuck "
                               "threads")),
        longest(GaugeFamily(r, "workqueue_longest_running_processor_seconds",
                            "How many seconds has the longest running processor for workqueue "
                            "been running")),
        retries(CounterFamily(r, "workqueue_retries_total",
                              "Total number of retries handled by workqueue")),
        reconciles(CounterFamily(r, "controller_runtime_reconcile_total",
                                 "Total number of reconciliations per controller")),
        errors(CounterFamily(r, "controller_runtime_reconcile_errors_total",
                             "Total number of reconciliation errors per controller")),
        terminal_errors(
            CounterFamily(r, "controller_runtime_terminal_reconcile_errors_total",
                          "Total number of terminal reconciliation errors per controller")),
        panics(CounterFamily(r, "controller_runtime_reconcile_panics_total",
                             "Total number of reconciliation panics per controller")),
        time(HistogramFamily(r, "controller_runtime_reconcile_time_seconds",
                             "Length of time per reconciliation per controller")),
        max_workers(GaugeFamily(r, "controller_runtime_max_concurrent_reconciles",
                                "Maximum number of concurrent reconciles per controller")),
        active_workers(GaugeFamily(r, "controller_runtime_active_workers",
                                   "Number of currently used workers per controller")) {}

  prometheus::Family<prometheus::Gauge>& depth;
  prometheus::Family<prometheus::Counter>& adds;
  prometheus::Family<prometheus::Histogram>& queue_duration;
  prometheus::Family<prometheus::Histogram>& work_duration;
  prometheus::Family<prometheus::Gauge>& unfinished;
  prometheus::Family<prometheus::Gauge>& longest;
  prometheus::Family<prometheus::Counter>& retries;
  prometheus::Family<prometheus::Counter>& reconciles;
  prometheus::Family<prometheus::Counter>& errors;
  prometheus::Family<prometheus::Counter>& terminal_errors;
  prometheus::Family<prometheus::Counter>& panics;
  prometheus::Family<prometheus::Histogram>& time;
  prometheus::Family<prometheus::Gauge>& max_workers;
  prometheus::Family<prometheus::Gauge>& active_workers;
};

// One queue's series.
class QueueSeries final : public queue::QueueObserver {
 public:
  QueueSeries(Families& f, const prometheus::Labels& labels)
      : unfinished(f.unfinished.Add(labels)),
        longest(f.longest.Add(labels)),
        depth_(f.depth.Add(labels)),
        adds_(f.adds.Add(labels)),
        retries_(f.retries.Add(labels)),
        waited_(f.queue_duration.Add(labels, QueueBuckets())),
        worked_(f.work_duration.Add(labels, QueueBuckets())) {}

  void OnAdd() override { adds_.Increment(); }

  void OnDepth(int change) override { depth_.Increment(change); }

  void OnGet(Duration waited) override { waited_.Observe(Seconds(waited)); }

  void OnDone(Duration worked) override { worked_.Observe(Seconds(worked)); }

  void OnRetry() override { retries_.Increment(); }

  prometheus::Gauge& unfinished;
  prometheus::Gauge& longest;

 private:
  prometheus::Gauge& depth_;
  prometheus::Counter& adds_;
  prometheus::Counter& retries_;
  prometheus::Histogram& waited_;
  prometheus::Histogram& worked_;
};

// One controller's series, all made at once, so that rates exist from the first scrape on.
struct ControllerSeries {
  ControllerSeries(Families& f, const std::string& name)
      : queue(f, {{"name", name}, {"controller", name}}),
        errors(f.errors.Add({{"controller", name}})),
        terminal_errors(f.terminal_errors.Add({{"controller", name}})),
        panics(f.panics.Add({{"controller", name}})),
        time(f.time.Add({{"controller", name}}, ReconcileBuckets())),
        max_workers(f.max_workers.Add({{"controller", name}})),
        active_workers(f.active_workers.Add({{"controller", name}})) {
    for (std::size_t i = 0; i < kResults.size(); ++i) {
      results[i] = &f.reconciles.Add({{"controller", name}, {"result", std::string(kResults[i])}});
    }
  }

  QueueSeries queue;
  prometheus::Counter& errors;
  prometheus::Counter& terminal_errors;
  prometheus::Counter& panics;
  prometheus::Histogram& time;
  prometheus::Gauge& max_workers;
  prometheus::Gauge& active_workers;
  std::array<prometheus::Counter*, kResults.size()> results{};
};

}  // namespace

struct ControllerMetrics::Impl {
  explicit Impl(prometheus::Registry& registry) : families(registry) {}

  // Its parts are thread-safe and live as long as this.
  ControllerSeries& For(const std::string& controller) EXCLUDES(mu) {
    MutexLock lock(mu);
    auto& series = by_controller[controller];
    if (!series) series = std::make_unique<ControllerSeries>(families, controller);
    return *series;
  }

  Mutex mu;
  Families families GUARDED_BY(mu);
  std::map<std::string, std::unique_ptr<ControllerSeries>> by_controller GUARDED_BY(mu);
};

ControllerMetrics::ControllerMetrics(prometheus::Registry& registry)
    : impl_(std::make_unique<Impl>(registry)) {}

ControllerMetrics::~ControllerMetrics() = default;

queue::QueueObserver* ControllerMetrics::ForQueue(const std::string& controller) {
  return &impl_->For(controller).queue;
}

void ControllerMetrics::OnReconcile(const std::string& controller, const char* result,
                                    Duration took) {
  ControllerSeries& series = impl_->For(controller);
  series.time.Observe(Seconds(took));
  for (std::size_t i = 0; i < kResults.size(); ++i) {
    if (kResults[i] != result) continue;
    series.results[i]->Increment();
    if (kResults[i] == "error") series.errors.Increment();
    return;
  }
  NEKO_DCHECK(false && "an unknown result");
}

void ControllerMetrics::OnPanic(const std::string& controller) {
  impl_->For(controller).panics.Increment();
}

void ControllerMetrics::OnTerminalError(const std::string& controller) {
  impl_->For(controller).terminal_errors.Increment();
}

void ControllerMetrics::SetWorkers(const std::string& controller, int max) {
  impl_->For(controller).max_workers.Set(max);
}

void ControllerMetrics::AddActive(const std::string& controller, int delta) {
  impl_->For(controller).active_workers.Increment(delta);
}

void ControllerMetrics::SetInFlight(const std::string& controller,
                                    const queue::InFlight& in_flight) {
  QueueSeries& series = impl_->For(controller).queue;
  series.unfinished.Set(Seconds(in_flight.total));
  series.longest.Set(Seconds(in_flight.longest));
}

}  // namespace nekoplane::metrics
