#include "api/registry/registry.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "api/registry/commit_loop.h"
#include "api/registry/messages.h"
#include "api/registry/namespaces.h"
#include "api/registry/planners.h"

namespace nekoplane::registry {

using nlohmann::json;

Registry::Registry(store::Store& store, const codec::KindTable& kinds, const Clock& clock,
                   Random& random)
    : store_(store), kinds_(kinds), clock_(clock), random_(random) {}

Result<store::ObjectPtr> Registry::Get(const codec::Kind& kind, std::string_view ns,
                                       std::string_view name) const {
  store::ObjectPtr object = store_.Get({kind.resource(), std::string(ns), std::string(name)});
  if (object == nullptr) return NotFound(kind.resource(), name);
  return object;
}

void Registry::Create(const codec::Kind& kind, std::string_view ns, json object,
                      WriteOptions options, Done done) {
  const PlannerDeps deps{store_, kinds_, clock_, random_};
  CommitAsync(store_,
              CreatePlanner(deps, kind, std::string(ns), std::move(object), std::move(options)),
              std::move(done));
}

void Registry::Update(const codec::Kind& kind, std::string_view ns, std::string_view name,
                      json object, Subresource sub, WriteOptions options, Done done) {
  const PlannerDeps deps{store_, kinds_, clock_, random_};
  CommitAsync(store_,
              UpdatePlanner(deps, kind, std::string(ns), std::string(name), std::move(object), sub,
                            std::move(options)),
              std::move(done));
}

void Registry::Patch(const codec::Kind& kind, std::string_view ns, std::string_view name,
                     PatchType type, json patch, Subresource sub, WriteOptions options, Done done) {
  const PlannerDeps deps{store_, kinds_, clock_, random_};
  CommitAsync(store_,
              PatchPlanner(deps, kind, std::string(ns), std::string(name), type, std::move(patch),
                           sub, std::move(options)),
              std::move(done));
}

void Registry::Delete(const codec::Kind& kind, std::string_view ns, std::string_view name,
                      DeleteOptions options, Done done) {
  const PlannerDeps deps{store_, kinds_, clock_, random_};
  CommitAsync(store_,
              DeletePlanner(deps, kind, std::string(ns), std::string(name), std::move(options)),
              std::move(done));
}

Result<void> Registry::Bootstrap(const Context& ctx) {
  const codec::Kind* kind = kinds_.FindByResource("namespaces");
  if (kind == nullptr) {
    return MakeStatus(Code::kInternal, "KindMissing", "the kind table has no namespaces");
  }
  const PlannerDeps deps{store_, kinds_, clock_, random_};
  for (const char* name : {kDefaultNamespace, kSystemNamespace}) {
    auto reply = CommitBlocking(
        ctx, store_, CreatePlanner(deps, *kind, "", {{"metadata", {{"name", name}}}}, {}));
    if (!reply && !reply.is(Code::kAlreadyExists)) return std::move(reply).error();
  }
  return {};
}

}  // namespace nekoplane::registry
