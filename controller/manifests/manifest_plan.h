// What to do so that the objects are what the folder says: a pure function from manifests and live
// objects to actions.
//
// Three-way merge: what a file said when it was applied last is kept in an annotation, so that a
// field which disappears from the file is removed, and a field that others set stays.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "api/codec/schema.h"
#include "controller/manifests/manifest_set.h"

namespace nekoplane::manifests {

inline constexpr char kLabelAppliedBy[] = "nekoplane.dev/applied-by";
inline constexpr char kAppliedByManifests[] = "manifests";
inline constexpr char kAnnotationFile[] = "nekoplane.dev/manifest-file";
inline constexpr char kAnnotationLastApplied[] = "nekoplane.dev/last-applied";

// Live objects, parsed: everything the manifests name and everything that carries our label.
using LiveObjects = std::map<ObjectId, std::shared_ptr<const nlohmann::json>>;

struct Action {
  enum class Do { kCreate, kPatch, kDelete };
  Do what = Do::kCreate;
  ObjectId id;
  const codec::Kind* kind = nullptr;
  std::string file;                            // kDelete: the file it came from
  int line = 0;                                // 0 for kDelete
  std::string uid;                             // kDelete, kPatch: of exactly that object
  std::shared_ptr<const nlohmann::json> body;  // the object, or a merge patch; null for kDelete
};

struct ManifestPlan {
  // Creations and patches first, what others depend on before what depends on it; then deletions,
  // the other way round.
  std::vector<Action> actions;
  // Something declared is still being deleted: look again when it is gone.
  bool incomplete = false;
};

ManifestPlan PlanManifests(const codec::KindTable& kinds, const ManifestSet& set,
                           const LiveObjects& live);

// True for objects that the folder applied.
bool IsApplied(const nlohmann::json& object);

}  // namespace nekoplane::manifests
