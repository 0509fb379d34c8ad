#include "api/server/openapi_schemas.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/codec/builtin.h"

namespace nekoplane::server {
namespace {

using nlohmann::json;

json Typed(const char* type, const char* description) {
  return {{"type", type}, {"description", description}};
}

json Reference(const std::string& name, Dialect dialect) {
  if (dialect == Dialect::kV2) return {{"$ref", "#/definitions/" + name}};
  return {{"$ref", "#/components/schemas/" + name}};
}

// A reference with a description beside it: v3 forbids siblings of $ref, v2 readers ignore them.
json DescribedReference(const std::string& name, const char* description, Dialect dialect) {
  json out = {{"description", description}};
  if (dialect == Dialect::kV2) {
    out.update(Reference(name, dialect));
  } else {
    out["allOf"] = json::array({Reference(name, dialect)});
    out["default"] = json::object();
  }
  return out;
}

// What swagger 2.0 has no word for is left out, at every depth.
void ReduceToV2(json& schema) {
  if (schema.is_array()) {
    for (json& item : schema) ReduceToV2(item);
    return;
  }
  if (!schema.is_object()) return;
  for (const char* key : {"nullable", "oneOf", "anyOf", "allOf", "not"}) schema.erase(key);
  if (schema.value("x-kubernetes-int-or-string", false)) {
    schema["type"] = "string";
    schema["format"] = "int-or-string";
  }
  if (auto it = schema.find("properties"); it != schema.end() && it->is_object()) {
    for (auto& [name, property] : it->items()) ReduceToV2(property);
  }
  for (const char* key : {"items", "additionalProperties"}) {
    if (auto it = schema.find(key); it != schema.end()) ReduceToV2(*it);
  }
}

// "nekoplane.dev" -> "dev.nekoplane"
std::string Reversed(const std::string& group) {
  std::string out, part;
  for (auto it = group.begin();; ++it) {
    if (it != group.end() && *it != '.') {
      part += *it;
      continue;
    }
    out = out.empty() ? part : part + "." + out;
    part.clear();
    if (it == group.end()) return out;
  }
}

}  // namespace

std::string DefinitionName(const codec::Kind& kind) {
  // The names that upstream gives its own kinds.
  if (kind.group.empty()) return "io.k8s.api.core." + kind.version + "." + kind.kind;
  if (kind.group == "coordination.k8s.io") {
    return "io.k8s.api.coordination." + kind.version + "." + kind.kind;
  }
  return Reversed(kind.group) + "." + kind.version + "." + kind.kind;
}

json GroupVersionKind(const codec::Kind& kind) {
  return {{"group", kind.group}, {"version", kind.version}, {"kind", kind.kind}};
}

json KindDefinition(const codec::Kind& kind, Dialect dialect) {
  json out = kind.schema && kind.schema->is_object() ? *kind.schema : json::object();
  out["type"] = "object";
  if (dialect == Dialect::kV2) ReduceToV2(out);
  json& properties = out["properties"];
  if (!properties.is_object()) properties = json::object();
  properties["apiVersion"] = Typed(
      "string", "APIVersion defines the versioned schema of this representation of an object.");
  properties["kind"] = Typed(
      "string", "Kind is a string value representing the REST resource this object represents.");
  properties["metadata"] =
      DescribedReference(kObjectMetaName, "Standard object's metadata.", dialect);
  out["x-kubernetes-group-version-kind"] = json::array({GroupVersionKind(kind)});
  return out;
}

json MetaDefinitions(Dialect dialect) {
  json meta = codec::ObjectMetaSchema();
  // Not kept by this server, but clients send it, and must be told that they may.
  meta["properties"]["managedFields"] = {{"type", "array"},
                                         {"description", "Who set which fields. Not kept."},
                                         {"items", {{"type", "object"}}}};
  if (dialect == Dialect::kV2) ReduceToV2(meta);
  return {{kObjectMetaName, std::move(meta)}};
}

std::string CollectionPath(const codec::Kind& kind) {
  std::string path = kind.group.empty() ? "/api/" : "/apis/" + kind.group + "/";
  path += kind.version;
  if (kind.namespaced) path += "/namespaces/{namespace}";
  return path + "/" + kind.plural;
}

bool HasVerb(const codec::Kind& kind, const char* verb) {
  return std::find(kind.verbs.begin(), kind.verbs.end(), verb) != kind.verbs.end();
}

}  // namespace nekoplane::server
