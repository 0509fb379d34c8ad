// Planners: the pure plans of plan.h fed from the store, one per kind of write. Whoever runs them
// (commit_loop.h) decides whether to wait for the disk.
//
// A planner owns copies of what it was given; `store`, `kind`, `clock` and `random` outlive it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/random.h"
#include "api/codec/schema.h"
#include "api/registry/commit_loop.h"
#include "api/registry/plan.h"
#include "api/registry/registry.h"

namespace nekoplane::registry {

struct PlannerDeps {
  store::Store& store;
  const codec::KindTable& kinds;
  const Clock& clock;
  Random& random;
};

Planner CreatePlanner(const PlannerDeps& deps, const codec::Kind& kind, std::string ns,
                      nlohmann::json object, WriteOptions options);

Planner UpdatePlanner(const PlannerDeps& deps, const codec::Kind& kind, std::string ns,
                      std::string name, nlohmann::json object, Subresource sub,
                      WriteOptions options);

Planner PatchPlanner(const PlannerDeps& deps, const codec::Kind& kind, std::string ns,
                     std::string name, PatchType type, nlohmann::json patch, Subresource sub,
                     WriteOptions options);

Planner DeletePlanner(const PlannerDeps& deps, const codec::Kind& kind, std::string ns,
                      std::string name, DeleteOptions options);

// The stored object of that name. Errors: kNotFound, kInternal.
Result<Stored> LoadStored(const store::Store& store, const codec::Kind& kind, std::string_view ns,
                          std::string_view name);

// The step that puts a plan into effect. A dry run commits nothing and shows what would be stored.
Step StepFor(const codec::Kind& kind, Planned plan, const Stored* stored, bool dry_run);

// Changes nothing, but fails with kConflict if the object was changed or deleted since it was read.
store::Write PinWrite(const Stored& stored);

// What a namespace must be for an object to be created in it, as a PinWrite. Errors: kNotFound;
// kForbidden: NamespaceTerminating.
Result<store::Write> NamespaceGuard(const store::Store& store, const codec::Kind& kind,
                                    std::string_view ns, std::string_view name);

}  // namespace nekoplane::registry
