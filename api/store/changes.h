// What differs between two moments of one store, found without looking at what they share: the cost
// is O(changes * log(size)), however large the store.
//
// For those who keep something worked out from objects or claims and want to bring it up to date.
// A watch tells of changes as they come; this tells exactly what two snapshots at hand disagree in.
//
// Thread safety: pure functions over immutable values.
#pragma once

#include <functional>

#include "api/store/store.h"

namespace nekoplane::store {

// Calls `visit` in order for each object that only one of the snapshots has (nullptr in the other),
// or that has another version in each. `before` need not be the older one.
// REQUIRES: both are of one resource, and from List or ListAt of one store.
void ForEachChange(
    const Snapshot& before, const Snapshot& after,
    const std::function<void(const ObjectPtr& before, const ObjectPtr& after)>& visit);

// The same for claims, ordered by (scope, kind, item); a claim differs if its owner or detail does.
// REQUIRES: both are from Claims() of one store.
void ForEachChange(const Ledger& before, const Ledger& after,
                   const std::function<void(const Claim* before, const Claim* after)>& visit);

}  // namespace nekoplane::store
