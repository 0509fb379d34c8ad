// Reads a whole database into memory, and believes none of it until its checksums fit.
//
// Thread safety: a pure function over a Database of the caller's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/base/result.h"
#include "api/store/event_history.h"
#include "api/store/state.h"
#include "controller/store/sqlite/database.h"
#include "controller/store/sqlite/schema.h"

namespace nekoplane::store {

struct Loaded {
  Head head;
  State state;
  std::vector<EventPtr> events;      // the newest that fit `limits`; they end at head.version
  std::uint64_t oldest_log_row = 0;  // version; head.version + 1 if the log is empty
};

// `boots` makes scope versions differ from those of every earlier run, which a guard could still
// hold. Errors: kUnavailable StoreCorrupt, StorageFailed.
Result<Loaded> Load(Database& db, HistoryLimits limits, std::uint64_t boots);

}  // namespace nekoplane::store
