// What a transaction does to a state: pure, so that a group of transactions can be staged one on
// top of the other before one durable commit, and a failed one leaves nothing behind.
//
// Shared by MemoryStore and SqliteStore; not part of the store's contract.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "api/base/result.h"
#include "api/store/state.h"

namespace nekoplane::store {

// A transaction whose bodies have been read. Made on the caller's thread, because reading JSON is
// what would otherwise fill the one thread that writes.
struct PreparedTransaction {
  Transaction transaction;
  std::vector<std::size_t> insert_at;  // one per write: FindInsertionPoint; 0 for kDelete
};

// Errors: kInvalid, as Store::Commit.
Result<PreparedTransaction> Prepare(Transaction transaction);

// One row of the ledger before and after; null: not there.
struct ClaimDelta {
  ClaimPtr before;
  ClaimPtr after;
};

struct Applied {
  State state;
  Committed committed;
  std::vector<EventPtr> events;    // by version, from base.version + 1 on without gap
  std::vector<ClaimDelta> claims;  // in order

  bool changed() const { return !events.empty() || !claims.empty(); }
};

// Errors: as Store::Commit, kAlreadyExists to kInvalid. `base` is never changed.
Result<Applied> Apply(const State& base, const PreparedTransaction& prepared);

}  // namespace nekoplane::store
