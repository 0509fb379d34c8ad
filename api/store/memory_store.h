// A store that forgets: for tests, simulation and the API server's own tests. Everything store.h
// promises but durability holds, and it passes the same conformance suite as SqliteStore.
//
// Thread safety: as Store. It owns no thread: a commit is done when Commit or CommitAsync returns,
//     and its callbacks run inside (Dispatch::kInline; if another thread is already calling back,
//     or a callback committed, they run there) or in DeliverPending (kManual).
#pragma once

#include <string>

#include "api/store/core_store.h"

namespace nekoplane::store {

struct MemoryStoreOptions {
  HistoryLimits history = {};
  Dispatch dispatch = Dispatch::kInline;  // or kManual
};

class MemoryStore final : public CoreStore {
 public:
  explicit MemoryStore(std::string installation_id, MemoryStoreOptions options = {});
  ~MemoryStore() override;

  Result<Committed> Commit(const Context& ctx, Transaction transaction) override
      EXCLUDES(commit_mu_);
  void CommitAsync(Transaction transaction, CommitDone done) override EXCLUDES(commit_mu_);

 private:
  // Answers through `done` unless it is null.
  Result<Committed> Run(Transaction transaction, CommitDone done) EXCLUDES(commit_mu_);

  Mutex commit_mu_;  // one commit at a time
};

}  // namespace nekoplane::store
