#include "api/store/memory_store.h"

#include <utility>

#include "api/base/check.h"
#include "api/store/apply.h"

namespace nekoplane::store {

MemoryStore::MemoryStore(std::string installation_id, MemoryStoreOptions options)
    : CoreStore(std::move(installation_id), options.history, options.dispatch, State(), {}) {
  NEKO_CHECK(options.dispatch != Dispatch::kThread);
}

// What is still undelivered was committed, so its answers are the real ones.
MemoryStore::~MemoryStore() { hub().Drain(); }

Result<Committed> MemoryStore::Commit(const Context& ctx, Transaction transaction) {
  if (ctx.stopped()) {
    return MakeStatus(Code::kCancelled, "Cancelled", "stopped before the commit began");
  }
  Result<Committed> result = Run(std::move(transaction), nullptr);
  DeliverInline();
  return result;
}

void MemoryStore::CommitAsync(Transaction transaction, CommitDone done) {
  (void)Run(std::move(transaction), std::move(done));
  DeliverInline();
}

Result<Committed> MemoryStore::Run(Transaction transaction, CommitDone done) {
  auto prepared = Prepare(std::move(transaction));
  MutexLock lock(commit_mu_);
  auto applied = prepared ? Apply(*state(), *prepared) : Result<Applied>(prepared.error());
  Result<Committed> result = applied ? Result<Committed>(std::move(applied->committed))
                                     : Result<Committed>(std::move(applied).error());
  std::vector<Answer> answers;
  if (done) answers.push_back({std::move(done), result});
  if (applied && applied->changed()) {
    Publish(std::move(applied->state), std::move(applied->events), std::move(answers));
  } else {
    hub().Release({}, std::move(answers));
  }
  return result;
}

}  // namespace nekoplane::store
