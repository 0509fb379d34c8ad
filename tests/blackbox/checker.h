// Judges a history. Knows nothing of nekoplane but what its API promises:
//   - an acknowledged write is in the log, whole, at the version that the answer named, for ever;
//   - a write without an answer is in the log once, whole, from the life it was made in, or never;
//   - versions are dense, increase, and are never used again for something else;
//   - a watcher hears each version of its resource once, in order, across deaths; 410 makes it
//   list;
//   - of writers that expect the same version one succeeds;
//   - lists and reads are the log at a version, and no older than what was known when they were
//   asked.
#pragma once

#include <vector>

#include "tests/blackbox/event_log.h"
#include "tests/blackbox/history.h"

namespace nekoplane::blackbox {

// Pure. Empty if all is well. A damage may break several rules.
std::vector<Violation> Check(const History& history);

}  // namespace nekoplane::blackbox
