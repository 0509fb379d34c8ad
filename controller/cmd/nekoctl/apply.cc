#include <iostream>
#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"
#include "api/codec/three_way.h"
#include "controller/cmd/nekoctl/commands.h"

namespace nekoplane::ctl {

using nlohmann::json;

namespace {

// kubectl's own annotation, so that both tools can apply the same object in turn.
constexpr char kLastApplied[] = "kubectl.kubernetes.io/last-applied-configuration";

struct Planned {
  const codec::Kind* kind;
  std::string ns, name;
  json object;
};

Result<Planned> Check(Env& env, const FileObject& file) {
  const json& value = *file.value;
  const std::string api_version = value.value("apiVersion", ""),
                    kind_name = value.value("kind", "");
  const codec::Kind* kind = env.kinds.FindKind(api_version, kind_name);
  if (kind == nullptr) {
    return MakeStatus(
        Code::kInvalid, "UnknownKind",
        file.place + ": nekoplane does not serve " + kind_name + " in " + api_version);
  }
  const json none = json::object();
  const json& metadata = value.contains("metadata") ? value["metadata"] : none;
  const std::string name = metadata.is_object() ? metadata.value("name", "") : "";
  if (name.empty()) {
    return MakeStatus(Code::kInvalid, "MissingName", file.place + ": metadata.name is missing");
  }
  Planned out{kind, kind->namespaced ? metadata.value("namespace", env.ns) : "", name, value};
  return out;
}

Result<std::string> ApplyOne(Env& env, Planned planned, bool dry_run) {
  json& object = planned.object;
  if (object["metadata"].contains("annotations") && object["metadata"]["annotations"].is_object()) {
    object["metadata"]["annotations"].erase(kLastApplied);
  }
  const json configuration = object;
  object["metadata"]["annotations"][kLastApplied] = configuration.dump() + "\n";
  const std::string query =
      std::string("?fieldManager=nekoctl&fieldValidation=Strict") + (dry_run ? "&dryRun=All" : "");
  const std::string path = ApiClient::PathOf(*planned.kind, planned.ns, planned.name);
  auto current = env.api.Get(path);
  if (current.is(Code::kNotFound)) {
    auto created =
        env.api.Send("POST", ApiClient::PathOf(*planned.kind, planned.ns, "") + query, object);
    if (!created) return std::move(created).error();
    return std::string("created");
  }
  if (!current) return std::move(current).error();
  json original;
  const auto pointer = json::json_pointer("/metadata/annotations") / std::string(kLastApplied);
  if (current->contains(pointer) && current->at(pointer).is_string()) {
    // Damaged by hand: then nothing is deleted, as if never applied.
    if (auto parsed = codec::ParseJson(current->at(pointer).get<std::string>())) original = *parsed;
  }
  json patch = codec::ThreeWayMergePatch(original, object, *current);
  // Only the note about the file differs, and the file says the same as before.
  json without_note = patch;
  if (without_note.contains("/metadata/annotations"_json_pointer)) {
    without_note["metadata"]["annotations"].erase(kLastApplied);
    if (without_note["metadata"]["annotations"].empty())
      without_note["metadata"].erase("annotations");
    if (without_note["metadata"].empty()) without_note.erase("metadata");
  }
  if (patch.empty() || (without_note.empty() && original == configuration)) {
    return std::string("unchanged");
  }
  auto patched = env.api.Send("PATCH", path + query, patch, "application/merge-patch+json");
  if (!patched) return std::move(patched).error();
  return std::string(patched->value("/metadata/resourceVersion"_json_pointer, "") ==
                             current->value("/metadata/resourceVersion"_json_pointer, "")
                         ? "unchanged"
                         : "configured");
}

}  // namespace

Result<void> Apply(Env& env, const ApplyArgs& args) {
  NEKO_TRY(const auto files, LoadFiles(args.files));
  std::vector<Planned> planned;
  for (const FileObject& file : files) {
    NEKO_TRY(Planned one, Check(env, file));
    planned.push_back(std::move(one));
  }
  Result<void> outcome;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    const std::string label =
        planned[i].kind->singular + "." + planned[i].kind->group + "/" + planned[i].name;
    auto done = ApplyOne(env, planned[i], args.dry_run);
    if (!done) {
      // The others are tried all the same, as kubectl does.
      outcome = Annotate(std::move(done).error(), files[i].place);
      std::cerr << "nekoctl: " << outcome.error().message << '\n';
      continue;
    }
    std::cout << label << ' ' << *done << (args.dry_run ? " (server dry run)" : "") << std::endl;
  }
  return outcome;
}

}  // namespace nekoplane::ctl
