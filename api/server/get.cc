#include "api/server/call.h"
#include "api/server/errors.h"
#include "api/server/options.h"

namespace nekoplane::server {

// One object, the newest there is: fresher than any version that a client can ask for.
void HandleGet(const CallPtr& call) {
  const auto version = ParseVersion(call->request().param("resourceVersion"));
  if (!version) return call->Fail(version.error());
  const Core& core = call->core();
  const std::uint64_t current = core.deps.store.Version();
  if (version->value_or(0) > current) return call->Fail(TooLargeVersionError(**version, current));
  const Route& route = call->route;
  const auto object = core.deps.registry.Get(*call->kind, route.ns, route.name);
  if (!object) return call->Fail(object.error());
  call->SendObject(200, **object);
}

}  // namespace nekoplane::server
