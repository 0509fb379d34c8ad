// Keeps a NodeSet up to date from one decision to the next: only what changed in the store since is
// read, so that a placement costs the same among twenty sessions and among twenty thousand.
//
// Thread safety: any thread may call. No lock is held across a call of the store.
#pragma once

#include "api/base/mutex.h"
#include "api/store/store.h"
#include "reconcilers/common/node_set.h"

namespace nekoplane::reconcilers {

class NodeCache {
 public:
  // Both outlive this.
  NodeCache(const store::Store& store, const scheduler::Policy& policy)
      : store_(store), policy_(policy) {}

  // The nodes as they are stored now (those that do not decode are left out), with exactly what
  // `ledger` says is taken on them, be it newer or older than that of the call before.
  // REQUIRES: `ledger` is one of the store's. Never blocks for long: the first call decodes every
  // node, others those that changed.
  NodeSet At(const store::LedgerPtr& ledger);

 private:
  const store::Store& store_;
  const scheduler::Policy& policy_;
  Mutex mutex_;
  // What nodes_ was made from; null before the first call.
  store::SnapshotPtr objects_ GUARDED_BY(mutex_);
  store::LedgerPtr ledger_ GUARDED_BY(mutex_);
  NodeSet nodes_ GUARDED_BY(mutex_);
};

}  // namespace nekoplane::reconcilers
