// A file of the manifests folder.
#include <nlohmann/json.hpp>

#include "controller/manifests/manifest_set.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {

NEKO_FUZZ(manifest) {
  const auto set = manifests::ReadManifests(
      codec::KindTable::Builtin(), {{"a.yaml", std::string(input), std::nullopt}}, "default");
  NEKO_PROMISE(set.broken_files.size() == set.problems.size());
  if (!set.broken_files.empty()) NEKO_PROMISE(set.manifests.empty());
  for (const std::string& problem : set.problems) NEKO_PROMISE(problem.starts_with("a.yaml:"));
  std::set<manifests::ObjectId> ids;
  for (const manifests::Manifest& manifest : set.manifests) {
    NEKO_PROMISE(manifest.kind != nullptr && manifest.object != nullptr);
    NEKO_PROMISE(!manifest.id.name.empty() && manifest.line >= 1);
    NEKO_PROMISE(manifest.kind->namespaced != manifest.id.ns.empty());
    NEKO_PROMISE(!manifest.object->contains("status"));
    NEKO_PROMISE(ids.insert(manifest.id).second);
  }
}

}  // namespace nekoplane
