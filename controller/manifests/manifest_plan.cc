#include "controller/manifests/manifest_plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "api/codec/three_way.h"

namespace nekoplane::manifests {
namespace {

using nlohmann::json;

std::string MapMember(const json& object, const char* map, const char* key) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end()) return "";
  const auto it = metadata->find(map);
  if (it == metadata->end() || !it->is_object()) return "";
  const auto value = it->find(key);
  return value != it->end() && value->is_string() ? value->get<std::string>() : "";
}

// Namespaces before their contents, what sessions refer to before sessions.
int Rank(const std::string& resource) {
  if (resource == "namespaces") return 0;
  if (resource == "secrets") return 1;
  if (resource == "browserclasses.nekoplane.dev") return 2;
  if (resource == "browsernodes.nekoplane.dev") return 3;
  if (resource == "browsersessions.nekoplane.dev") return 5;
  return 4;
}

// What the next look compares with. Values of a Secret are left out: their names are all that is
// needed, and annotations are shown to people.
json LastApplied(const Manifest& manifest) {
  json copy = *manifest.object;
  const auto data = copy.find("data");
  if (manifest.id.resource == "secrets" && data != copy.end() && data->is_object()) {
    for (auto& [key, value] : data->items()) value = "";
  }
  return copy;
}

json Decorate(const Manifest& manifest) {
  json object = *manifest.object;
  json& metadata = object["metadata"];
  metadata["labels"][kLabelAppliedBy] = kAppliedByManifests;
  metadata["annotations"][kAnnotationFile] = manifest.file;
  metadata["annotations"][kAnnotationLastApplied] = LastApplied(manifest).dump();
  return object;
}

bool IsDeleting(const json& object) { return object.at("metadata").contains("deletionTimestamp"); }

Action ActionFor(const Manifest& manifest, Action::Do what, json body) {
  Action action;
  action.what = what;
  action.id = manifest.id;
  action.kind = manifest.kind;
  action.file = manifest.file;
  action.line = manifest.line;
  action.body = std::make_shared<const json>(std::move(body));
  return action;
}

}  // namespace

bool IsApplied(const json& object) {
  return MapMember(object, "labels", kLabelAppliedBy) == kAppliedByManifests;
}

ManifestPlan PlanManifests(const codec::KindTable& kinds, const ManifestSet& set,
                           const LiveObjects& live) {
  ManifestPlan plan;
  std::set<ObjectId> declared;
  std::vector<Action> deletions;
  for (const Manifest& manifest : set.manifests) {
    declared.insert(manifest.id);
    const auto it = live.find(manifest.id);
    const json wanted = Decorate(manifest);
    if (it == live.end()) {
      plan.actions.push_back(ActionFor(manifest, Action::Do::kCreate, wanted));
      continue;
    }
    const json& object = *it->second;
    if (IsDeleting(object)) {
      plan.incomplete = true;
      continue;
    }
    const json last = json::parse(MapMember(object, "annotations", kAnnotationLastApplied), nullptr,
                                  /*allow_exceptions=*/false);
    json patch = codec::ThreeWayMergePatch(last.is_object() ? last : json(), wanted, object);
    if (patch.empty()) continue;
    Action action = ActionFor(manifest, Action::Do::kPatch, std::move(patch));
    action.uid = object.at("metadata").value("uid", std::string());
    plan.actions.push_back(std::move(action));
  }
  for (const auto& [id, object] : live) {
    if (declared.contains(id) || !IsApplied(*object) || IsDeleting(*object)) continue;
    const std::string file = MapMember(*object, "annotations", kAnnotationFile);
    if (set.broken_files.contains(file)) continue;
    Action action;
    action.what = Action::Do::kDelete;
    action.id = id;
    action.kind = kinds.FindByResource(id.resource);
    action.file = file;
    action.uid = object->at("metadata").value("uid", std::string());
    if (action.kind != nullptr) deletions.push_back(std::move(action));
  }
  const auto by_rank = [](const Action& a, const Action& b) {
    return Rank(a.id.resource) < Rank(b.id.resource);
  };
  std::stable_sort(plan.actions.begin(), plan.actions.end(), by_rank);
  std::stable_sort(deletions.begin(), deletions.end(),
                   [&](const Action& a, const Action& b) { return by_rank(b, a); });
  plan.actions.insert(plan.actions.end(), std::make_move_iterator(deletions.begin()),
                      std::make_move_iterator(deletions.end()));
  return plan;
}

}  // namespace nekoplane::manifests
