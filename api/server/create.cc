#include <nlohmann/json.hpp>
#include <utility>

#include "api/server/body.h"
#include "api/server/call.h"
#include "api/server/options.h"

namespace nekoplane::server {

void HandleCreate(const CallPtr& call) {
  auto options = ParseWriteOptions(call->request());
  if (!options) return call->Fail(options.error());
  auto object = ReadObject(call->request(), &options->duplicate_fields);
  if (!object) return call->Fail(object.error());
  if (object->is_object() && object->contains("metadata") && (*object)["metadata"].is_object()) {
    const auto& metadata = (*object)["metadata"];
    if (metadata.contains("name") && metadata["name"].is_string()) {
      call->body_name = metadata["name"].get<std::string>();
    }
  }
  call->core().deps.registry.Create(
      *call->kind, call->route.ns, std::move(*object), std::move(*options),
      [call](const Result<registry::WriteReply>& reply) { AnswerWrite(*call, 201, reply); });
}

}  // namespace nekoplane::server
