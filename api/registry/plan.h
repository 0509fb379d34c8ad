// The pure half of every write: object in, stored object in, and out comes what would be stored, or
// why not. No store, no clock, no randomness: tables of cases test it.
//
// Sources: Kubernetes' registry and handlers, retold in docs/design/001-api-semantics.md.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/result.h"
#include "api/codec/schema.h"
#include "api/registry/registry.h"
#include "api/store/store.h"

namespace nekoplane::registry {

// A stored object with its JSON, parsed once per attempt.
struct Stored {
  store::ObjectPtr object;
  nlohmann::json value;  // with metadata.resourceVersion

  // Errors: kInternal: bytes that are not an object with metadata.
  static Result<Stored> Parse(store::ObjectPtr object);
};

struct Planned {
  enum class Action {
    kNothing,  // the write changes nothing
    kCreate,
    kUpdate,
    kRemove,  // the object goes away
  };
  Action action = Action::kNothing;
  nlohmann::json object;  // without metadata.resourceVersion
  std::vector<std::string> warnings;
};

// What a new object gets from outside.
struct Birth {
  std::string uid;
  std::string name_suffix;  // for generateName
  WallTime now;
};

Result<Planned> PlanCreate(const codec::Kind& kind, std::string_view ns, nlohmann::json object,
                           const WriteOptions& options, const Birth& birth);

// `from_patch`: the body was made from the stored object, so a missing resourceVersion means "the
// newest" for every kind.
Result<Planned> PlanUpdate(const codec::Kind& kind, const Stored& stored, nlohmann::json object,
                           Subresource sub, const WriteOptions& options, bool from_patch = false);

Result<Planned> PlanPatch(const codec::Kind& kind, const Stored& stored, PatchType type,
                          const nlohmann::json& patch, Subresource sub,
                          const WriteOptions& options);

// Rules of kinds that look at other objects (Namespace) are not part of it.
Result<Planned> PlanDelete(const codec::Kind& kind, const Stored& stored,
                           const DeleteOptions& options, WallTime now);

// Adds or removes one finalizer of the stored object, whatever its schema says today.
Planned PlanFinalizer(const Stored& stored, std::string_view finalizer, bool present);

// The write that puts a plan into effect, against exactly that stored object (null for kCreate).
// REQUIRES: action is not kNothing.
store::Write WriteFor(const codec::Kind& kind, const Planned& plan, const Stored* stored);

// `value` without metadata.resourceVersion, as the store wants bodies.
nlohmann::json WithoutVersion(nlohmann::json value);

}  // namespace nekoplane::registry
