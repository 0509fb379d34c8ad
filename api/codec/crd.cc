#include <nlohmann/json.hpp>
#include <string>

#include "api/codec/schema.h"
#include "api/codec/schema_node.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

Status Bad(const std::string& what) {
  return MakeStatus(Code::kInvalid, "BadCrd", "CustomResourceDefinition: " + what);
}

std::string Text(const json& object, const char* name) {
  const json* const value = Keyword(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::vector<std::string> Texts(const json& object, const char* name) {
  std::vector<std::string> texts;
  if (const json* const list = Keyword(object, name); list != nullptr && list->is_array()) {
    for (const json& item : *list) {
      if (item.is_string()) texts.push_back(item.get<std::string>());
    }
  }
  return texts;
}

Result<std::vector<PrinterColumn>> Columns(const json& version) {
  std::vector<PrinterColumn> columns;
  const json* const list = Keyword(version, "additionalPrinterColumns");
  if (list == nullptr || !list->is_array()) return columns;
  for (const json& item : *list) {
    PrinterColumn column{Text(item, "name"), Text(item, "type"), Text(item, "format"),
                         Text(item, "description"), Text(item, "jsonPath")};
    if (const json* const priority = Keyword(item, "priority"); priority != nullptr) {
      if (!priority->is_number_integer()) return Bad("a column's priority must be an integer");
      column.priority = priority->get<int>();
    }
    if (column.name.empty() || column.type.empty() || column.json_path.empty()) {
      return Bad("a printer column needs name, type and jsonPath");
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace

Result<Kind> KindFromCrd(const json& crd) {
  const json* const spec = Keyword(crd, "spec");
  if (Text(crd, "kind") != "CustomResourceDefinition" || spec == nullptr) {
    return Bad("kind or spec is missing");
  }
  const json* const names = Keyword(*spec, "names");
  const json* const versions = Keyword(*spec, "versions");
  if (names == nullptr) return Bad("spec.names is missing");
  if (versions == nullptr || !versions->is_array()) return Bad("spec.versions is missing");

  Kind kind;
  kind.group = Text(*spec, "group");
  kind.kind = Text(*names, "kind");
  kind.plural = Text(*names, "plural");
  kind.singular = Text(*names, "singular");
  kind.short_names = Texts(*names, "shortNames");
  kind.categories = Texts(*names, "categories");
  const std::string scope = Text(*spec, "scope");
  if (kind.kind.empty() || kind.plural.empty()) return Bad("spec.names.kind or plural is missing");
  if (scope != "Namespaced" && scope != "Cluster") {
    return Bad("spec.scope must be Namespaced or Cluster");
  }
  kind.namespaced = scope == "Namespaced";

  for (const json& version : *versions) {
    if (!Flag(version, "served") || !Flag(version, "storage")) continue;
    const json* const schema = Keyword(version, "schema");
    const json* const root = schema != nullptr ? Keyword(*schema, "openAPIV3Schema") : nullptr;
    if (root == nullptr || !root->is_object()) return Bad("openAPIV3Schema is missing");
    kind.version = Text(version, "name");
    kind.schema = std::make_shared<const json>(*root);
    const json* const subresources = Keyword(version, "subresources");
    kind.status_subresource = subresources != nullptr && subresources->contains("status");
    NEKO_TRY(kind.columns, Columns(version));
    break;
  }
  if (kind.version.empty()) return Bad("no version is served and stored");
  kind.verbs = {"create", "delete", "get", "list", "patch", "update", "watch"};
  return kind;
}

}  // namespace nekoplane::codec
