// Whether a worker's node may go. Thread safety: any thread. Never blocks.
#pragma once

#include <string>

#include "api/store/store.h"

namespace nekoplane::taos {

// Sessions have room there, or their place: those that are suspended or drained come back to it.
bool InUse(const store::Store& store, const std::string& node);

}  // namespace nekoplane::taos
