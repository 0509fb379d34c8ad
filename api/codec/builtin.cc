#include "api/codec/builtin.h"

#include <nlohmann/json.hpp>

#include "api/codec/embedded.h"
#include "api/codec/json_parse.h"

namespace nekoplane::codec {

const std::vector<EmbeddedFile>& BuiltinCrds() {
  static const std::vector<EmbeddedFile> files = embedded::Crds();
  return files;
}

std::vector<std::string> BuiltinClassManifests() {
  std::vector<std::string> manifests;
  for (const EmbeddedFile& file : embedded::Classes()) manifests.emplace_back(file.text);
  return manifests;
}

const nlohmann::json& ObjectMetaSchema() {
  static const nlohmann::json schema = [] {
    const auto documents = ParseYaml(embedded::Schemas().at(1).text, "object_meta.yaml");
    NEKO_CHECK(documents.has_value() && documents->size() == 1);
    return *documents->front().value;
  }();
  return schema;
}

std::string_view CoreKindsYaml() { return embedded::Schemas().at(0).text; }

}  // namespace nekoplane::codec
