#include "api/registry/commit_loop.h"

#include <memory>
#include <utility>

#include "api/registry/messages.h"

namespace nekoplane::registry {
namespace {

bool IsEmpty(const store::Transaction& t) {
  return t.writes.empty() && t.claims.empty() && t.guards.empty();
}

// The answer after a commit; nullopt: plan again.
std::optional<Result<WriteReply>> Conclude(Step& step, Result<store::Committed> committed) {
  if (!committed) {
    if (WorthPlanningAgain(committed.error())) return std::nullopt;
    return Result<WriteReply>(std::move(committed).error());
  }
  if (step.then_again) {
    step.then_again();
    return std::nullopt;
  }
  if (step.then_fail) return Result<WriteReply>(std::move(*step.then_fail));
  if (!committed->objects.empty()) step.reply.object = std::move(committed->objects.front());
  return Result<WriteReply>(std::move(step.reply));
}

Status Contention(const Step& step) {
  if (step.transaction.writes.empty()) return TooMuchContention("claims", "");
  const store::Key& key = step.transaction.writes.front().key;
  return TooMuchContention(key.resource, key.name);
}

// Owns itself through the callbacks it hands to the store.
class AsyncLoop : public std::enable_shared_from_this<AsyncLoop> {
 public:
  AsyncLoop(store::Store& store, Planner planner, Registry::Done done)
      : store_(store), planner_(std::move(planner)), done_(std::move(done)) {}

  void Run() {
    Result<Step> planned = planner_();
    if (!planned) return Finish(std::move(planned).error());
    Step step = *std::move(planned);
    if (IsEmpty(step.transaction)) {
      if (step.then_fail) return Finish(std::move(*step.then_fail));
      return Finish(std::move(step.reply));
    }
    if (++attempts_ > kMaxAttempts) return Finish(Contention(step));
    store::Transaction transaction = std::move(step.transaction);
    step.transaction = {};
    auto shared = std::make_shared<Step>(std::move(step));
    store_.CommitAsync(std::move(transaction),
                       [self = shared_from_this(), shared](Result<store::Committed> committed) {
                         auto answer = Conclude(*shared, std::move(committed));
                         if (answer) return self->Finish(std::move(*answer));
                         self->Run();
                       });
  }

 private:
  void Finish(Result<WriteReply> reply) { done_(std::move(reply)); }

  store::Store& store_;
  const Planner planner_;
  const Registry::Done done_;
  int attempts_ = 0;
};

}  // namespace

bool WorthPlanningAgain(const Status& error) {
  switch (error.code) {
    case Code::kNotFound:
    case Code::kAlreadyExists:
      return true;
    case Code::kConflict:
      return error.reason == kReasonResourceVersion || error.reason == kReasonUid;
    default:
      return false;
  }
}

Result<WriteReply> CommitBlocking(const Context& ctx, store::Store& store, const Planner& planner) {
  for (int attempt = 1;; ++attempt) {
    NEKO_TRY(Step step, planner());
    if (IsEmpty(step.transaction)) {
      if (step.then_fail) return std::move(*step.then_fail);
      return std::move(step.reply);
    }
    if (attempt > kMaxAttempts) return Contention(step);
    if (ctx.stopped()) return MakeStatus(Code::kCancelled, "Stopping", "nekoplane is stopping");
    auto answer = Conclude(step, store.Commit(ctx, step.transaction));
    if (answer) return std::move(*answer);
  }
}

void CommitAsync(store::Store& store, Planner planner, Registry::Done done) {
  std::make_shared<AsyncLoop>(store, std::move(planner), std::move(done))->Run();
}

}  // namespace nekoplane::registry
