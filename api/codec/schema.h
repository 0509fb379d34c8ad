// The schemas of our kinds, read from the CRD YAML in manifests/crds (embedded at build time): the
// one source for defaults, pruning, validation, printer columns, list-map keys and OpenAPI.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/result.h"

namespace nekoplane::codec {

struct PrinterColumn {
  std::string name, type, format, description;
  std::string json_path;  // for EvalJsonPath
  int priority = 0;
};

// One served kind.
struct Kind {
  std::string group, version, kind, plural, singular;
  std::vector<std::string> short_names, categories;
  bool namespaced = true;
  bool status_subresource = false;
  std::vector<PrinterColumn> columns;
  std::shared_ptr<const nlohmann::json> schema;  // openAPIV3Schema; never null
  std::vector<std::string> verbs;

  std::string resource() const { return group.empty() ? plural : plural + "." + group; }

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }

  std::string list_kind() const { return kind + "List"; }

  // What a table shows: `columns`, after a column Name unless they have one (events do, at the end)
  // and followed by Age if there are none at all.
  std::vector<PrinterColumn> TableColumns() const;
};

// Our CRDs plus the core kinds we serve: v1 Namespace, Event, Secret; coordination.k8s.io/v1 Lease.
// Constant after construction.
class KindTable {
 public:
  static const KindTable& Builtin();

  const std::vector<Kind>& kinds() const { return kinds_; }

  // nullptr if unknown.
  const Kind* FindResource(std::string_view group, std::string_view version,
                           std::string_view plural) const;
  const Kind* FindKind(std::string_view api_version, std::string_view kind) const;
  const Kind* FindByResource(std::string_view resource) const;  // "browsersessions.nekoplane.dev"

  explicit KindTable(std::vector<Kind> kinds) : kinds_(std::move(kinds)) {}

 private:
  std::vector<Kind> kinds_;
};

// Reads one CustomResourceDefinition. Errors: kInvalid.
Result<Kind> KindFromCrd(const nlohmann::json& crd);

// Fills in `default`s, as Kubernetes does: absent fields only, from the outside in.
void ApplyDefaults(const nlohmann::json& schema, nlohmann::json& object);

// Removes what the schema does not name (metadata is left alone); returns the removed paths
// ("spec.bogus"), sorted.
std::vector<std::string> Prune(const nlohmann::json& schema, nlohmann::json& object);

// Everything wrong with the object, with Kubernetes' wording and field paths; empty = valid.
// Honours type, required, enum, pattern, minimum, maximum, minLength, maxLength, minItems,
// maxItems, maxProperties, items, properties, additionalProperties, x-kubernetes-list-type map/set
// (duplicates), x-kubernetes-int-or-string, nullable, format (date-time, int32, int64). Null counts
// as absent.
std::vector<FieldCause> Validate(const nlohmann::json& schema, const nlohmann::json& object);

// Kubernetes' printer column JSONPath subset: .a.b[0].c, .conditions[?(@.type=="Ready")].status,
// keys in brackets (['a.b']) or with escaped points (.a\.b). Returns null for what is not there.
// Beyond it, for the columns of core kinds: .a.length() is the number of members (0 if absent), and
// a path with braces is a text around paths, each as it is or in lower case:
// "{.kind|lower}/{.name}".
nlohmann::json EvalJsonPath(const nlohmann::json& object, std::string_view path);

}  // namespace nekoplane::codec
