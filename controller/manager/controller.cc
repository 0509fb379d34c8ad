#include "controller/manager/controller.h"

#include <algorithm>
#include <exception>
#include <type_traits>
#include <variant>

#include "api/base/mutant.h"

namespace nekoplane::manager {

QueueController::QueueController(const Clock& clock, Random& random, Logger& log,
                                 metrics::ControllerMetrics* metrics, Reconciler& reconciler,
                                 ControllerOptions options)
    : clock_(clock),
      log_(log),
      metrics_(metrics),
      reconciler_(reconciler),
      options_(options),
      name_(reconciler.name()),
      limiter_(options.backoff, random),
      queue_(clock, metrics == nullptr ? nullptr : metrics->ForQueue(name_)) {
  if (metrics_ != nullptr) metrics_->SetWorkers(name_, options_.workers);
}

bool QueueController::ProcessNext(const Context& ctx) {
  const auto key = queue_.TryGet();
  if (!key) return false;
  Process(ctx, *key);
  return true;
}

void QueueController::StartWorkers() {
  for (int i = 0; i < options_.workers; ++i) {
    workers_.emplace_back([this](const std::stop_token& stop) {
      const Context ctx(stop);
      while (const auto key = queue_.Get(stop)) Process(ctx, *key);
    });
  }
}

void QueueController::RequestStop() {
  queue_.ShutDown();
  for (auto& worker : workers_) worker.request_stop();
}

void QueueController::Join() { workers_.clear(); }

void QueueController::Process(const Context& ctx, const queue::Key& key) {
  const MonoTime start = clock_.Now();
  if (metrics_ != nullptr) metrics_->AddActive(name_, 1);
  const Outcome outcome = ReconcileSafely(ctx, key);
  const char* result = Settle(ctx, key, outcome);
  // After Settle: a key that waits for its next turn is never forgotten in between.
  queue_.Done(key);
  if (metrics_ != nullptr) {
    metrics_->AddActive(name_, -1);
    metrics_->OnReconcile(name_, result, clock_.Now() - start);
  }
}

Outcome QueueController::ReconcileSafely(const Context& ctx, const queue::Key& key) {
  std::string what;
  try {
    return reconciler_.Reconcile(ctx, key);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    what = "not a std::exception";
  }
  if (metrics_ != nullptr) metrics_->OnPanic(name_);
  log_.Error("reconciler threw an exception; this is a bug",
             {{"controller", name_}, {"namespace", key.ns}, {"name", key.name}, {"what", what}});
  return Retry{MakeStatus(Code::kInternal, "Panic", std::move(what))};
}

const char* QueueController::Settle(const Context& ctx, const queue::Key& key,
                                    const Outcome& outcome) {
  if (std::holds_alternative<Done>(outcome)) {
    limiter_.Forget(key);
    return "success";
  }
  if (const auto* again = std::get_if<RequeueAfter>(&outcome)) {
    if (again->delay > Duration::zero()) limiter_.Forget(key);
    queue_.AddAfter(key, again->delay, queue_.PriorityInHand(key));
    return again->delay > Duration::zero() ? "requeue_after" : "requeue";
  }
  if (const auto* give_up = std::get_if<GiveUp>(&outcome)) {
    limiter_.Forget(key);
    if (metrics_ != nullptr) metrics_->OnTerminalError(name_);
    log_.Error("reconcile cannot go on until the object changes",
               {{"controller", name_},
                {"namespace", key.ns},
                {"name", key.name},
                {"error", give_up->why.ToString()}});
    return "error";
  }
  const Status& why = std::get<Retry>(outcome).why;
  if (why.code == Code::kCancelled && ctx.stopped()) return "requeue";  // we are going down
  if (NEKO_MUTANT(kErrorNotRequeued)) return "error";
  const Duration delay = std::max<Duration>(limiter_.When(key),
                                            why.retry_after.value_or(std::chrono::milliseconds(0)));
  queue_.AddAfter(key, delay, queue_.PriorityInHand(key));
  log_.Warning("reconcile failed, will retry", {{"controller", name_},
                                                {"namespace", key.ns},
                                                {"name", key.name},
                                                {"error", why.ToString()},
                                                {"retry_in", FormatDuration(delay)}});
  return "error";
}

}  // namespace nekoplane::manager
