#include <nlohmann/json.hpp>
#include <utility>

#include "api/server/body.h"
#include "api/server/call.h"
#include "api/server/options.h"

namespace nekoplane::server {

void HandleUpdate(const CallPtr& call) {
  auto options = ParseWriteOptions(call->request());
  if (!options) return call->Fail(options.error());
  auto object = ReadObject(call->request(), &options->duplicate_fields);
  if (!object) return call->Fail(object.error());
  const Route& route = call->route;
  call->core().deps.registry.Update(
      *call->kind, route.ns, route.name, std::move(*object), SubresourceOf(route),
      std::move(*options),
      [call](const Result<registry::WriteReply>& reply) { AnswerWrite(*call, 200, reply); });
}

}  // namespace nekoplane::server
