// The start of one browser on a worker, from the first request to a usable answer.
#pragma once

#include <optional>

#include "controller/runtime/taos_worker/worker_api.h"

namespace nekoplane::runtime::taos {

// A container of that name that is there already is one of an earlier start whose answer was lost:
// it is stopped, and another one started. `known_port`: its HTTP port, if that is on record.
// Blocks for as long as the worker pulls its image. Errors: as WorkerApi::Start, but never
// kConflict.
Result<StartReply> StartOnWorker(const Context& ctx, WorkerApi& api, const StartRequest& request,
                                 std::optional<int> known_port);

}  // namespace nekoplane::runtime::taos
