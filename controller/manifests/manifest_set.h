// From the texts of a folder to the objects they declare, or to what is wrong with them. Pure.
#pragma once

#include <compare>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/base/status.h"
#include "api/codec/schema.h"

namespace nekoplane::manifests {

struct ManifestFile {
  std::string name;
  std::string text;
  std::optional<Status> error;  // it could not be read
};

struct ObjectId {
  std::string resource, ns, name;

  friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
};

struct Manifest {
  ObjectId id;
  const codec::Kind* kind = nullptr;
  std::string file;
  int line = 1;
  // The object without status and system fields, in the shape in which it is stored.
  std::shared_ptr<const nlohmann::json> object;
};

struct ManifestSet {
  std::vector<Manifest> manifests;     // of files without mistakes, in the order of files and lines
  std::set<std::string> broken_files;  // what came from them before stays as it is
  std::vector<std::string> problems;   // "file:line: what is wrong", one per broken file
};

// True for *.yaml, *.yml and *.json.
bool IsManifestName(const std::string& name);

// `files` ordered by name: of two files that declare one object, the later one is broken. Objects
// without a namespace get `default_ns`. Lists (v1 List) stand for their items.
ManifestSet ReadManifests(const codec::KindTable& kinds, const std::vector<ManifestFile>& files,
                          const std::string& default_ns);

}  // namespace nekoplane::manifests
