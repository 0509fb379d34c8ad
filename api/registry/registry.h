// Registry gives stored bytes the meaning that Kubernetes gives to objects: defaults, pruning,
// validation, system fields, generation, finalizers, no-op writes, optimistic concurrency.
// HTTP handlers, the taOS wrapper, the manifests folder and reconcilers all write through it.
//
// Writes come in two forms: with a callback (servers: no thread waits for the disk) and blocking
// (reconcilers, in registry/client.h). Both make the same transaction from the same pure plan, and
// plan again when somebody else was faster, unless the caller named a resourceVersion.
//
// Thread safety: any thread may call. Callbacks: as in Store::CommitAsync.
// Errors of all writes, besides the ones named below: what Store::Commit returns but
//     kConflict/ResourceVersion on writes that named no version; kInvalid with causes for objects
//     that do not fit their schema; reason FieldValidation (400) for strict decoding errors;
//     reason BadRequest for bodies that make no sense at all.
// Source of the rules: docs/design/001-api-semantics.md.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/context.h"
#include "api/base/random.h"
#include "api/codec/schema.h"
#include "api/store/store.h"

namespace nekoplane::registry {

enum class FieldValidation { kIgnore, kWarn, kStrict };
enum class PatchType { kMerge, kJson, kStrategic };
enum class Subresource { kNone, kStatus };

struct WriteOptions {
  bool dry_run = false;  // everything but the write
  FieldValidation field_validation = FieldValidation::kWarn;
  std::vector<std::string> duplicate_fields;  // found by the parser, reported like unknown ones
};

struct DeleteOptions {
  std::string uid;               // precondition; "" = any
  std::string resource_version;  // precondition; "" = any
  bool dry_run = false;
};

struct WriteReply {
  store::ObjectPtr object;  // as stored now; for a completed deletion the last state
  bool created = false;
  bool gone = false;  // Delete: removed at once; false: waits for finalizers
  std::vector<std::string> warnings;
};

class Registry {
 public:
  using Done = std::function<void(Result<WriteReply>)>;

  Registry(store::Store& store, const codec::KindTable& kinds, const Clock& clock, Random& random);

  const codec::KindTable& kinds() const { return kinds_; }

  store::Store& store() const { return store_; }

  // Errors: kNotFound, message as Kubernetes' (`browsersessions.nekoplane.dev "x" not found`).
  Result<store::ObjectPtr> Get(const codec::Kind& kind, std::string_view ns,
                               std::string_view name) const;

  // metadata.name may be absent if generateName is there. Errors: kAlreadyExists; kNotFound: the
  // namespace.
  void Create(const codec::Kind& kind, std::string_view ns, nlohmann::json object,
              WriteOptions options, Done done);

  // Replaces spec and metadata, or with kStatus only status. metadata.resourceVersion is required
  // (kInvalid) and must match (kConflict). Errors: kNotFound.
  void Update(const codec::Kind& kind, std::string_view ns, std::string_view name,
              nlohmann::json object, Subresource sub, WriteOptions options, Done done);

  // Errors: kNotFound; kConflict if the patch names another resourceVersion or uid; kInvalid.
  void Patch(const codec::Kind& kind, std::string_view ns, std::string_view name, PatchType type,
             nlohmann::json patch, Subresource sub, WriteOptions options, Done done);

  // Marks for deletion, or removes at once if there are no finalizers. Repeatable while finalizers
  // remain. Errors: kNotFound; kConflict: a precondition.
  void Delete(const codec::Kind& kind, std::string_view ns, std::string_view name,
              DeleteOptions options, Done done);

  // Creates what must exist before anything else can: the namespaces `default` and
  // `nekoplane-system`. Idempotent; blocks until durable. Errors: as Store::Commit.
  Result<void> Bootstrap(const Context& ctx);

  const Clock& clock() const { return clock_; }

  Random& random() const { return random_; }

 private:
  store::Store& store_;
  const codec::KindTable& kinds_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace nekoplane::registry
