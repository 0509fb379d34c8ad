// What is built into the program: the CRDs and classes of manifests/, and the core kinds.
//
// Thread safety: all of it is constant after its first use.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace nekoplane::codec {

// A file of the source tree as it was at build time.
struct EmbeddedFile {
  std::string_view name;  // without folder and extension, "browsersessions"
  std::string_view text;
};

const std::vector<EmbeddedFile>& BuiltinCrds();  // manifests/crds, ordered by name

// The shipped BrowserClasses as YAML, one object each, ordered by name: created at the first start
// where they are absent.
std::vector<std::string> BuiltinClassManifests();

// The schema of metadata, which CRDs leave out: for validation and for OpenAPI.
const nlohmann::json& ObjectMetaSchema();

// Kubernetes' core kinds, in the form of CRDs, as a stream of YAML documents.
std::string_view CoreKindsYaml();

}  // namespace nekoplane::codec
