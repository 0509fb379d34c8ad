#include "controller/runtime/taos_worker/start_job.h"

namespace nekoplane::runtime::taos {

Result<StartReply> StartOnWorker(const Context& ctx, WorkerApi& api, const StartRequest& request,
                                 std::optional<int> known_port) {
  const std::string name = WorkerContainerName(request.session_id);
  auto started = api.Start(ctx, request);
  if (started.is(Code::kConflict)) {
    NEKO_RETURN_IF_ERROR(api.Stop(ctx, name, known_port));
    started = api.Start(ctx, request);
  }
  if (started) return started;
  if (started.error().reason == "BadReply") {
    // It runs, and nobody would ever find it again.
    const auto stopped = api.Stop(ctx, name, std::nullopt);
    if (!stopped) return stopped.error();
  }
  if (started.is(Code::kConflict)) {
    return MakeStatus(
        Code::kUnavailable, "NameInUse",
        "the worker has not let go of the container before: " + started.error().message);
  }
  return started;
}

}  // namespace nekoplane::runtime::taos
