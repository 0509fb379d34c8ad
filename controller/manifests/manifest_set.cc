#include "controller/manifests/manifest_set.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/base/result.h"
#include "api/codec/json_parse.h"
#include "api/registry/base64.h"

namespace nekoplane::manifests {
namespace {

using nlohmann::json;

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string At(const std::string& file, int line) {
  return file + ":" + std::to_string(line) + ": ";
}

std::string StringMember(const json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

// What `kubectl get -o yaml` shows besides the object itself.
void StripServerFields(json& object) {
  object.erase("status");
  for (const char* member :
       {"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "managedFields", "selfLink"}) {
    object["metadata"].erase(member);
  }
}

// As the server stores it, so that manifest and object can be compared.
void FoldStringData(json& object) {
  const auto plain = object.find("stringData");
  if (plain == object.end() || !plain->is_object()) return;
  for (const auto& [key, value] : plain->items()) {
    if (value.is_string()) {
      object["data"][key] = registry::Base64Encode(value.get_ref<const std::string&>());
    }
  }
  object.erase("stringData");
}

class Reader {
 public:
  Reader(const codec::KindTable& kinds, const std::string& default_ns)
      : kinds_(kinds), default_ns_(default_ns) {}

  // All of a file or nothing of it.
  Result<std::vector<Manifest>> File(const ManifestFile& file) const {
    if (file.error) {
      return MakeStatus(Code::kInvalid, "Unreadable", file.name + ": " + file.error->message);
    }
    NEKO_TRY(const auto documents, codec::ParseYaml(file.text, file.name));
    std::vector<Manifest> out;
    for (const codec::YamlDocument& document : documents) {
      NEKO_RETURN_IF_ERROR(Document(*document.value, file.name, document.line, out));
    }
    return out;
  }

 private:
  Result<void> Document(const json& value, const std::string& file, int line,
                        std::vector<Manifest>& out) const {
    const auto wrong = [&](const std::string& what) {
      return MakeStatus(Code::kInvalid, "InvalidManifest", At(file, line) + what);
    };
    if (!value.is_object())
      return wrong("a manifest must be an object, not " + std::string(value.type_name()));
    const std::string api_version = StringMember(value, "apiVersion");
    const std::string kind_name = StringMember(value, "kind");
    if (api_version.empty() || kind_name.empty()) {
      return wrong("a manifest needs apiVersion and kind");
    }
    if (api_version == "v1" && kind_name == "List") {
      const auto items = value.find("items");
      if (items == value.end() || !items->is_array()) return wrong("a List needs items");
      for (const json& item : *items) NEKO_RETURN_IF_ERROR(Document(item, file, line, out));
      return {};
    }
    Manifest manifest;
    manifest.kind = kinds_.FindKind(api_version, kind_name);
    if (manifest.kind == nullptr) {
      return wrong("no matches for kind \"" + kind_name + "\" in version \"" + api_version + "\"");
    }
    json object = value;
    if (!object.contains("metadata") || !object["metadata"].is_object()) {
      return wrong(kind_name + " needs metadata with a name");
    }
    const std::string name = StringMember(object["metadata"], "name");
    if (name.empty()) {
      return wrong(kind_name +
                   " needs metadata.name (generateName would make a new object at every "
                   "start)");
    }
    std::string ns = StringMember(object["metadata"], "namespace");
    if (!manifest.kind->namespaced && !ns.empty()) {
      return wrong(kind_name + " \"" + name + "\" belongs to no namespace, but names " + ns);
    }
    if (manifest.kind->namespaced && ns.empty()) ns = default_ns_;
    if (!ns.empty()) object["metadata"]["namespace"] = ns;
    StripServerFields(object);
    if (manifest.kind->resource() == "secrets") FoldStringData(object);
    manifest.id = {manifest.kind->resource(), ns, name};
    manifest.file = file;
    manifest.line = line;
    manifest.object = std::make_shared<const json>(std::move(object));
    out.push_back(std::move(manifest));
    return {};
  }

  const codec::KindTable& kinds_;
  const std::string& default_ns_;
};

}  // namespace

bool IsManifestName(const std::string& name) {
  return EndsWith(name, ".yaml") || EndsWith(name, ".yml") || EndsWith(name, ".json");
}

ManifestSet ReadManifests(const codec::KindTable& kinds, const std::vector<ManifestFile>& files,
                          const std::string& default_ns) {
  const Reader reader(kinds, default_ns);
  ManifestSet set;
  std::map<ObjectId, std::string> declared;  // where, for the message
  for (const ManifestFile& file : files) {
    auto read = reader.File(file);
    std::map<ObjectId, std::string> here;
    std::string problem = read ? "" : read.error().message;
    for (std::size_t i = 0; read && i < read->size() && problem.empty(); ++i) {
      const Manifest& manifest = (*read)[i];
      const std::string where = file.name + ":" + std::to_string(manifest.line);
      const auto before = declared.find(manifest.id);
      const auto twice = here.emplace(manifest.id, where);
      if (before != declared.end() || !twice.second) {
        problem = where + ": " + manifest.kind->kind + " \"" + manifest.id.name +
                  "\" is already declared in " +
                  (before != declared.end() ? before->second : twice.first->second);
      }
    }
    if (!problem.empty()) {
      set.broken_files.insert(file.name);
      set.problems.push_back(std::move(problem));
      continue;
    }
    declared.merge(here);
    for (Manifest& manifest : *read) set.manifests.push_back(std::move(manifest));
  }
  return set;
}

}  // namespace nekoplane::manifests
