#include <nlohmann/json.hpp>
#include <utility>

#include "api/server/openapi_build.h"
#include "api/server/openapi_schemas.h"

namespace nekoplane::server {
namespace {

using nlohmann::json;

json Query(const char* name) { return {{"name", name}, {"in", "query"}, {"type", "string"}}; }

json Operation(const codec::Kind& kind, bool write) {
  json out = {{"responses", {{"200", {{"description", "OK"}}}}},
              {"x-kubernetes-group-version-kind", GroupVersionKind(kind)}};
  // Old kubectl refuses --dry-run=server for kinds whose PATCH does not list it.
  if (write) {
    out["parameters"] =
        json::array({Query("dryRun"), Query("fieldManager"), Query("fieldValidation")});
  }
  return out;
}

}  // namespace

std::string BuildSwagger(const std::vector<const codec::Kind*>& kinds, const std::string& version) {
  json paths = json::object();
  json definitions = MetaDefinitions(Dialect::kV2);
  for (const codec::Kind* kind : kinds) {
    json item = json::object();
    if (HasVerb(*kind, "get")) item["get"] = Operation(*kind, false);
    if (HasVerb(*kind, "patch")) item["patch"] = Operation(*kind, true);
    if (HasVerb(*kind, "update")) item["put"] = Operation(*kind, true);
    if (HasVerb(*kind, "delete")) item["delete"] = Operation(*kind, false);
    paths[CollectionPath(*kind) + "/{name}"] = std::move(item);
    definitions[DefinitionName(*kind)] = KindDefinition(*kind, Dialect::kV2);
  }
  const json document = {{"swagger", "2.0"},
                         {"info", {{"title", "nekoplane"}, {"version", version}}},
                         {"paths", std::move(paths)},
                         {"definitions", std::move(definitions)}};
  return document.dump();
}

}  // namespace nekoplane::server
