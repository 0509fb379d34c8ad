#include "api/registry/plan.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/base/mutant.h"
#include "api/codec/json_parse.h"
#include "api/codec/patch.h"
#include "api/registry/admit.h"
#include "api/registry/messages.h"
#include "api/registry/meta.h"
#include "api/registry/strategy.h"

namespace nekoplane::registry {
namespace {

using nlohmann::json;

// Members of metadata that only the server sets; an update keeps the stored ones.
constexpr const char* kServerOwned[] = {"uid",        "creationTimestamp",
                                        "generation", "deletionTimestamp",
                                        "namespace",  "deletionGracePeriodSeconds"};

Status NamespaceMismatch() {
  return BadRequest(
      "the namespace of the provided object does not match the namespace sent on the request");
}

// A resourceVersion a caller wrote; nullopt if it names none ("", "0").
Result<std::optional<std::uint64_t>> NamedVersion(const codec::Kind& kind, const json& metadata,
                                                  std::string_view name) {
  const std::string text = metadata.value("resourceVersion", std::string());
  if (text.empty() || text == "0") return std::optional<std::uint64_t>();
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '0') {
    return Invalid(kind, name,
                   {InvalidValue("metadata.resourceVersion", Quoted(text),
                                 "must be a positive decimal integer as returned by the server")});
  }
  return std::optional(version);
}

// Name, namespace, uid and version of an update against what is stored.
Result<void> CheckIdentity(const codec::Kind& kind, const Stored& stored, const json& metadata,
                           bool unconditional_allowed) {
  const store::Key& key = stored.object->key;
  const std::string name = metadata.value("name", std::string());
  if (name != key.name) {
    return BadRequest("the name of the object (" + name + ") does not match the name on the URL (" +
                      key.name + ")");
  }
  const std::string ns = metadata.value("namespace", key.ns);
  if (ns != key.ns) return NamespaceMismatch();
  const std::string uid = metadata.value("uid", stored.object->uid);
  if (uid != stored.object->uid) {
    return UidPrecondition(key.resource, key.name, uid, stored.object->uid);
  }
  NEKO_TRY(const std::optional<std::uint64_t> version, NamedVersion(kind, metadata, name));
  if (!version && !unconditional_allowed) {
    return Invalid(
        kind, name,
        {InvalidValue("metadata.resourceVersion", "0x0", "must be specified for an update")});
  }
  if (NEKO_MUTANT(kStaleUpdateAccepted)) return {};
  if (version && *version != stored.object->version) return ObjectModified(key.resource, key.name);
  return {};
}

void BumpGeneration(json& metadata) {
  metadata["generation"] = metadata.value("generation", std::int64_t{0}) + 1;
}

// What an update with this outcome does: last finalizer gone, nothing changed, or an ordinary
// write.
Planned Conclude(const Stored& stored, json object, std::vector<std::string> warnings) {
  Planned plan;
  plan.warnings = std::move(warnings);
  plan.object = std::move(object);
  const bool deleting = plan.object["metadata"].contains("deletionTimestamp");
  // Without any finalizer before, it is a namespace whose deletion is under way and removes it
  // itself.
  if (deleting && Finalizers(plan.object).empty() && !Finalizers(stored.value).empty()) {
    plan.action = Planned::Action::kRemove;
  } else if (plan.object == WithoutVersion(stored.value)) {
    plan.action = Planned::Action::kNothing;
  } else {
    plan.action = Planned::Action::kUpdate;
  }
  return plan;
}

Result<Planned> PlanStatusUpdate(const codec::Kind& kind, const Stored& stored, json body,
                                 const WriteOptions& options) {
  if (!kind.status_subresource) {
    return MakeStatus(Code::kNotFound, kReasonNotFound,
                      "the server could not find the requested resource");
  }
  json object = WithoutVersion(stored.value);
  if (body.contains("status")) {
    object["status"] = std::move(body["status"]);
  } else {
    object.erase("status");
  }
  if (NEKO_MUTANT(kStatusWriteTakesSpec) && body.contains("spec")) object["spec"] = body["spec"];
  std::vector<std::string> warnings;
  const Admission admission{kind, StrategyFor(kind), options, &stored.value};
  NEKO_RETURN_IF_ERROR(AdmitStatus(admission, object, warnings));
  return Conclude(stored, std::move(object), std::move(warnings));
}

}  // namespace

json WithoutVersion(json value) {
  value["metadata"].erase("resourceVersion");
  return value;
}

Result<Stored> Stored::Parse(store::ObjectPtr object) {
  json value = json::parse(object->bytes, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object() || !value.contains("metadata") || !value["metadata"].is_object()) {
    return MakeStatus(Code::kInternal, "DamagedObject",
                      "the stored bytes of " + object->key.resource + " " +
                          Quoted(object->key.name) + " are not an object with metadata");
  }
  return Stored{std::move(object), std::move(value)};
}

Result<Planned> PlanCreate(const codec::Kind& kind, std::string_view ns, json object,
                           const WriteOptions& options, const Birth& birth) {
  const Strategy& strategy = StrategyFor(kind);
  std::vector<std::string> unknown;
  NEKO_RETURN_IF_ERROR(AcceptBody(kind, object, unknown));
  json& metadata = object["metadata"];
  if (metadata.contains("resourceVersion")) {
    return BadRequest("resourceVersion should not be set on objects to be created");
  }
  for (const char* member : {"deletionTimestamp", "deletionGracePeriodSeconds", "generation"}) {
    metadata.erase(member);
  }
  if (kind.namespaced) {
    if (ns.empty()) return BadRequest("an empty namespace may not be set during creation");
    if (metadata.value("namespace", std::string(ns)) != ns) return NamespaceMismatch();
    metadata["namespace"] = ns;
  } else if (metadata.contains("namespace")) {
    return NamespaceMismatch();
  }
  const std::string base = metadata.value("generateName", std::string());
  if (!metadata.contains("name") && !base.empty()) {
    metadata["name"] = GeneratedName(base, birth.name_suffix);
  }
  metadata["uid"] = birth.uid;
  metadata["creationTimestamp"] = FormatTime(birth.now);
  if (strategy.HasGeneration()) metadata["generation"] = 1;
  if (kind.status_subresource) object.erase("status");

  Planned plan;
  const Admission admission{kind, strategy, options, nullptr};
  NEKO_RETURN_IF_ERROR(AdmitMain(admission, object, std::move(unknown), plan.warnings));
  plan.action = Planned::Action::kCreate;
  plan.object = std::move(object);
  return plan;
}

Result<Planned> PlanUpdate(const codec::Kind& kind, const Stored& stored, json object,
                           Subresource sub, const WriteOptions& options, bool from_patch) {
  const Strategy& strategy = StrategyFor(kind);
  std::vector<std::string> unknown;
  NEKO_RETURN_IF_ERROR(AcceptBody(kind, object, unknown));
  json& metadata = object["metadata"];
  NEKO_RETURN_IF_ERROR(
      CheckIdentity(kind, stored, metadata, from_patch || strategy.AllowsUnconditionalUpdate()));
  if (sub == Subresource::kStatus) {
    return PlanStatusUpdate(kind, stored, std::move(object), options);
  }

  metadata.erase("resourceVersion");
  const json& old_metadata = stored.value.at("metadata");
  for (const char* member : kServerOwned) {
    if (old_metadata.contains(member)) {
      metadata[member] = old_metadata[member];
    } else {
      metadata.erase(member);
    }
  }
  if (kind.status_subresource) object.erase("status");

  std::vector<std::string> warnings;
  const Admission admission{kind, strategy, options, &stored.value};
  NEKO_RETURN_IF_ERROR(AdmitMain(admission, object, std::move(unknown), warnings));
  if (kind.status_subresource && stored.value.contains("status") &&
      !NEKO_MUTANT(kStatusLostOnUpdate)) {
    object["status"] = stored.value["status"];
  }
  if (strategy.HasGeneration() && !SameSpec(kind, object, stored.value) &&
      !NEKO_MUTANT(kGenerationNotBumped)) {
    BumpGeneration(object["metadata"]);
  }
  return Conclude(stored, std::move(object), std::move(warnings));
}

Result<Planned> PlanPatch(const codec::Kind& kind, const Stored& stored, PatchType type,
                          const json& patch, Subresource sub, const WriteOptions& options) {
  const bool core = StrategyFor(kind).AllowsUnconditionalUpdate();
  if (type == PatchType::kJson) {
    NEKO_TRY(json patched, codec::JsonPatch(stored.value, patch));
    return PlanUpdate(kind, stored, std::move(patched), sub, options, true);
  }
  if (!patch.is_object()) {
    return BadRequest("the patch must be an object, not " + std::string(patch.type_name()));
  }
  if (type == PatchType::kStrategic && core) {
    NEKO_TRY(json patched, codec::StrategicMergePatch(stored.value, patch));
    return PlanUpdate(kind, stored, std::move(patched), sub, options, true);
  }
  return PlanUpdate(kind, stored, codec::MergePatch(stored.value, patch), sub, options, true);
}

Result<Planned> PlanDelete(const codec::Kind& kind, const Stored& stored,
                           const DeleteOptions& options, WallTime now) {
  const store::Key& key = stored.object->key;
  if (!options.uid.empty() && options.uid != stored.object->uid &&
      !NEKO_MUTANT(kUidPreconditionIgnored)) {
    return DeleteUidPrecondition(key.resource, key.name, options.uid, stored.object->uid);
  }
  const std::string version = std::to_string(stored.object->version);
  if (!options.resource_version.empty() && options.resource_version != version) {
    return DeleteVersionPrecondition(key.resource, key.name, options.resource_version, version);
  }
  Planned plan;
  plan.object = WithoutVersion(stored.value);
  if (Finalizers(plan.object).empty() || NEKO_MUTANT(kFinalizersIgnored)) {
    plan.action = Planned::Action::kRemove;
    return plan;
  }
  json& metadata = plan.object["metadata"];
  if (metadata.contains("deletionTimestamp")) return plan;
  metadata["deletionTimestamp"] = FormatTime(now);
  metadata["deletionGracePeriodSeconds"] = 0;
  if (StrategyFor(kind).HasGeneration()) BumpGeneration(metadata);
  plan.action = Planned::Action::kUpdate;
  return plan;
}

Planned PlanFinalizer(const Stored& stored, std::string_view finalizer, bool present) {
  json object = WithoutVersion(stored.value);
  std::vector<std::string> finalizers = Finalizers(object);
  const auto it = std::find(finalizers.begin(), finalizers.end(), finalizer);
  if (present && it == finalizers.end()) finalizers.emplace_back(finalizer);
  if (!present && it != finalizers.end()) finalizers.erase(it);
  SetFinalizers(object, finalizers);
  return Conclude(stored, std::move(object), {});
}

store::Write WriteFor(const codec::Kind& kind, const Planned& plan, const Stored* stored) {
  store::Write write;
  if (stored != nullptr) {
    write.key = stored->object->key;
    write.uid = stored->object->uid;
    write.expected_version = stored->object->version;
  } else {
    write.key = {kind.resource(), MetaString(plan.object, "namespace"),
                 MetaString(plan.object, "name")};
    write.uid = MetaString(plan.object, "uid");
  }
  switch (plan.action) {
    case Planned::Action::kCreate:
      write.op = store::Write::Op::kCreate;
      break;
    case Planned::Action::kRemove:
      write.op = store::Write::Op::kDelete;
      return write;
    case Planned::Action::kUpdate:
    case Planned::Action::kNothing:
      write.op = store::Write::Op::kUpdate;
      break;
  }
  write.body = plan.object.dump(-1, ' ', false, json::error_handler_t::replace);
  return write;
}

}  // namespace nekoplane::registry
