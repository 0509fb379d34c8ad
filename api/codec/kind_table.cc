#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/codec/builtin.h"
#include "api/codec/json_parse.h"
#include "api/codec/schema.h"

namespace nekoplane::codec {
namespace {

// Its format is not settled, so nothing may be stored in it yet.
constexpr std::string_view kNotServed = "browserpools";

// The texts are part of the program: a mistake in them is a bug of ours, and a test parses them.
void AddKinds(std::string_view yaml, std::string_view name, std::vector<Kind>& kinds) {
  const auto documents = ParseYaml(yaml, name);
  NEKO_CHECK(documents.has_value());
  for (const YamlDocument& document : *documents) {
    auto kind = KindFromCrd(*document.value);
    NEKO_CHECK(kind.has_value());
    kinds.push_back(*std::move(kind));
  }
}

}  // namespace

std::vector<PrinterColumn> Kind::TableColumns() const {
  const bool named = std::any_of(columns.begin(), columns.end(),
                                 [](const PrinterColumn& c) { return c.format == "name"; });
  std::vector<PrinterColumn> all;
  if (!named) {
    all.push_back({"Name", "string", "name", "The object's name, unique in its namespace.",
                   ".metadata.name"});
  }
  all.insert(all.end(), columns.begin(), columns.end());
  if (columns.empty()) {
    all.push_back(
        {"Age", "date", "", "How long the object has existed.", ".metadata.creationTimestamp"});
  }
  return all;
}

const KindTable& KindTable::Builtin() {
  static const KindTable table = [] {
    std::vector<Kind> kinds;
    AddKinds(CoreKindsYaml(), "core_kinds.yaml", kinds);
    for (const EmbeddedFile& file : BuiltinCrds()) {
      if (file.name != kNotServed) AddKinds(file.text, file.name, kinds);
    }
    return KindTable(std::move(kinds));
  }();
  return table;
}

const Kind* KindTable::FindResource(std::string_view group, std::string_view version,
                                    std::string_view plural) const {
  const auto it = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& kind) {
    return kind.plural == plural && kind.group == group && kind.version == version;
  });
  return it == kinds_.end() ? nullptr : &*it;
}

const Kind* KindTable::FindKind(std::string_view api_version, std::string_view kind_name) const {
  const auto it = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& kind) {
    return kind.kind == kind_name && kind.api_version() == api_version;
  });
  return it == kinds_.end() ? nullptr : &*it;
}

const Kind* KindTable::FindByResource(std::string_view resource) const {
  const auto it = std::find_if(kinds_.begin(), kinds_.end(),
                               [&](const Kind& kind) { return kind.resource() == resource; });
  return it == kinds_.end() ? nullptr : &*it;
}

}  // namespace nekoplane::codec
