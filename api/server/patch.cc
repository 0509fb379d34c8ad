#include <nlohmann/json.hpp>
#include <utility>

#include "api/server/body.h"
#include "api/server/call.h"
#include "api/server/options.h"

namespace nekoplane::server {

void HandlePatch(const CallPtr& call) {
  auto options = ParseWriteOptions(call->request());
  if (!options) return call->Fail(options.error());
  auto body = ReadPatch(call->request());
  if (!body) return call->Fail(body.error());
  const Route& route = call->route;
  call->core().deps.registry.Patch(
      *call->kind, route.ns, route.name, body->type, std::move(*body->patch), SubresourceOf(route),
      std::move(*options),
      [call](const Result<registry::WriteReply>& reply) { AnswerWrite(*call, 200, reply); });
}

}  // namespace nekoplane::server
