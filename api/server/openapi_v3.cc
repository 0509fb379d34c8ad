#include <nlohmann/json.hpp>
#include <utility>

#include "api/server/openapi_build.h"
#include "api/server/openapi_schemas.h"

namespace nekoplane::server {
namespace {

using nlohmann::json;

json Query(const char* name, const char* description) {
  return {{"name", name},
          {"in", "query"},
          {"description", description},
          {"schema", {{"type", "string"}, {"uniqueItems", true}}}};
}

json PathParameter(const char* name, const char* description) {
  return {{"name", name},
          {"in", "path"},
          {"required", true},
          {"description", description},
          {"schema", {{"type", "string"}, {"uniqueItems", true}}}};
}

json WriteParameters() {
  return json::array(
      {Query("dryRun", "All: do everything but store the result."),
       Query("fieldManager", "Who is making these changes."),
       Query("fieldValidation",
             "What to do with unknown and duplicate fields: Ignore, Warn or Strict.")});
}

json Operation(const codec::Kind& kind, const char* action, const char* id, json parameters) {
  const json reference = {{"$ref", "#/components/schemas/" + DefinitionName(kind)}};
  json out = {
      {"operationId", std::string(id) + kind.kind},
      {"x-kubernetes-action", action},
      {"x-kubernetes-group-version-kind", GroupVersionKind(kind)},
      {"responses",
       {{"200",
         {{"description", "OK"}, {"content", {{"application/json", {{"schema", reference}}}}}}}}}};
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  return out;
}

// kubectl looks for a PATCH with fieldValidation to know that the server validates; explain wants
// any operation with the kind. Strategic merge is deliberately in no list of media types: kubectl
// would then compute strategic patches for kinds it has no type of.
json PathItems(const codec::Kind& kind) {
  json object = json::object(), collection = json::object(), out = json::object();
  json parameters = json::array();
  if (kind.namespaced) parameters.push_back(PathParameter("namespace", "Namespace of the object."));
  if (HasVerb(kind, "list")) collection["get"] = Operation(kind, "list", "list", json::array());
  if (HasVerb(kind, "create"))
    collection["post"] = Operation(kind, "post", "create", WriteParameters());
  if (!collection.empty()) {
    if (!parameters.empty()) collection["parameters"] = parameters;
    out[CollectionPath(kind)] = std::move(collection);
  }
  parameters.push_back(PathParameter("name", "Name of the object."));
  if (HasVerb(kind, "get")) object["get"] = Operation(kind, "get", "read", json::array());
  if (HasVerb(kind, "update")) object["put"] = Operation(kind, "put", "replace", WriteParameters());
  if (HasVerb(kind, "patch"))
    object["patch"] = Operation(kind, "patch", "patch", WriteParameters());
  if (HasVerb(kind, "delete")) {
    object["delete"] =
        Operation(kind, "delete", "delete",
                  json::array({Query("dryRun", "All: do everything but store the result.")}));
  }
  if (!object.empty()) {
    object["parameters"] = parameters;
    out[CollectionPath(kind) + "/{name}"] = std::move(object);
  }
  return out;
}

std::string GroupVersionPath(const codec::Kind& kind) {
  return kind.group.empty() ? "api/" + kind.version : "apis/" + kind.group + "/" + kind.version;
}

}  // namespace

std::map<std::string, Document> BuildOpenApiV3(const std::vector<const codec::Kind*>& kinds,
                                               const std::string& version) {
  std::map<std::string, Document> out;
  std::map<std::string, json> documents;
  for (const codec::Kind* kind : kinds) {
    json& document = documents[GroupVersionPath(*kind)];
    if (document.is_null()) {
      document = {{"openapi", "3.0.0"},
                  {"info", {{"title", "nekoplane"}, {"version", version}}},
                  {"paths", json::object()},
                  {"components", {{"schemas", MetaDefinitions(Dialect::kV3)}}}};
    }
    document["paths"].update(PathItems(*kind));
    document["components"]["schemas"][DefinitionName(*kind)] = KindDefinition(*kind, Dialect::kV3);
  }
  json index = {{"paths", json::object()}};
  for (const auto& [path, document] : documents) {
    Document made = Document::Make(document.dump());
    index["paths"][path] = {
        {"serverRelativeURL", "/openapi/v3/" + path + "?hash=" + std::string(made.hash())}};
    out.emplace(path, std::move(made));
  }
  out.emplace("", Document::Make(index.dump()));
  return out;
}

}  // namespace nekoplane::server
