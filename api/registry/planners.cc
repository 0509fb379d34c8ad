#include "api/registry/planners.h"

#include <memory>
#include <utility>

#include "api/registry/messages.h"
#include "api/registry/meta.h"
#include "api/registry/namespaces.h"

namespace nekoplane::registry {
namespace {

using nlohmann::json;

// As Kubernetes' maxNameGenerationCreateAttempts; 26^5 names make a ninth look pointless.
constexpr int kMaxNameAttempts = 8;

// What a dry run shows: the planned bytes under the version that is stored today (0: none).
store::ObjectPtr Unstored(const codec::Kind& kind, const Planned& plan, const Stored* stored) {
  const store::Write write = WriteFor(kind, plan, stored);
  auto object = std::make_shared<store::Object>();
  object->key = write.key;
  object->uid = MetaString(plan.object, "uid");
  json value = plan.object;
  if (stored != nullptr) {
    object->version = stored->object->version;
    value["metadata"]["resourceVersion"] = std::to_string(object->version);
  }
  object->bytes = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return object;
}

}  // namespace

Result<Stored> LoadStored(const store::Store& store, const codec::Kind& kind, std::string_view ns,
                          std::string_view name) {
  store::ObjectPtr object = store.Get({kind.resource(), std::string(ns), std::string(name)});
  if (object == nullptr) return NotFound(kind.resource(), name);
  return Stored::Parse(std::move(object));
}

Step StepFor(const codec::Kind& kind, Planned plan, const Stored* stored, bool dry_run) {
  Step step;
  step.reply.warnings = std::move(plan.warnings);
  step.reply.created = plan.action == Planned::Action::kCreate;
  step.reply.gone = plan.action == Planned::Action::kRemove;
  if (plan.action == Planned::Action::kNothing) {
    step.reply.object = stored->object;
  } else if (dry_run) {
    step.reply.object = Unstored(kind, plan, stored);
  } else {
    step.transaction.writes.push_back(WriteFor(kind, plan, stored));
  }
  return step;
}

store::Write PinWrite(const Stored& stored) {
  store::Write pin;
  pin.op = store::Write::Op::kUpdate;
  pin.key = stored.object->key;
  pin.uid = stored.object->uid;
  pin.expected_version = stored.object->version;
  pin.body = WithoutVersion(stored.value).dump();
  return pin;
}

Result<store::Write> NamespaceGuard(const store::Store& store, const codec::Kind& kind,
                                    std::string_view ns, std::string_view name) {
  store::ObjectPtr object = store.Get({"namespaces", "", std::string(ns)});
  if (object == nullptr) return NotFound("namespaces", ns);
  NEKO_TRY(const Stored stored, Stored::Parse(std::move(object)));
  if (IsTerminating(stored.value)) return NamespaceTerminating(kind.resource(), name, ns);
  return PinWrite(stored);
}

Planner CreatePlanner(const PlannerDeps& deps, const codec::Kind& kind, std::string ns, json object,
                      WriteOptions options) {
  auto name_attempts = std::make_shared<int>(0);
  return [=, &store = deps.store, &clock = deps.clock, &random = deps.random, &kind,
          ns = std::move(ns), object = std::move(object),
          options = std::move(options)]() -> Result<Step> {
    const bool generates = MetaString(object, "name").empty();
    while (true) {
      const Birth birth{NewUid(random), NewNameSuffix(random, 5), clock.WallNow()};
      NEKO_TRY(Planned plan, PlanCreate(kind, ns, object, options, birth));
      const std::string name = MetaString(plan.object, "name");
      if (store.Get({kind.resource(), ns, name}) != nullptr) {
        if (!generates) return AlreadyExists(kind.resource(), name);
        if (++*name_attempts >= kMaxNameAttempts) return NoFreeName(kind.resource(), name);
        continue;
      }
      std::optional<store::Write> guard;
      if (kind.namespaced) {
        NEKO_TRY(guard, NamespaceGuard(store, kind, ns, name));
      }
      Step step = StepFor(kind, std::move(plan), nullptr, options.dry_run);
      if (guard && !options.dry_run) step.transaction.writes.push_back(*std::move(guard));
      return step;
    }
  };
}

Planner UpdatePlanner(const PlannerDeps& deps, const codec::Kind& kind, std::string ns,
                      std::string name, json object, Subresource sub, WriteOptions options) {
  return [=, &store = deps.store, &kind, ns = std::move(ns), name = std::move(name),
          object = std::move(object), options = std::move(options)]() -> Result<Step> {
    NEKO_TRY(const Stored stored, LoadStored(store, kind, ns, name));
    NEKO_TRY(Planned plan, PlanUpdate(kind, stored, object, sub, options));
    return StepFor(kind, std::move(plan), &stored, options.dry_run);
  };
}

Planner PatchPlanner(const PlannerDeps& deps, const codec::Kind& kind, std::string ns,
                     std::string name, PatchType type, json patch, Subresource sub,
                     WriteOptions options) {
  return [=, &store = deps.store, &kind, ns = std::move(ns), name = std::move(name),
          patch = std::move(patch), options = std::move(options)]() -> Result<Step> {
    NEKO_TRY(const Stored stored, LoadStored(store, kind, ns, name));
    NEKO_TRY(Planned plan, PlanPatch(kind, stored, type, patch, sub, options));
    return StepFor(kind, std::move(plan), &stored, options.dry_run);
  };
}

Planner DeletePlanner(const PlannerDeps& deps, const codec::Kind& kind, std::string ns,
                      std::string name, DeleteOptions options) {
  if (IsNamespace(kind)) return NamespaceDeletePlanner(deps, kind, std::move(name), options);
  return [=, &store = deps.store, &clock = deps.clock, &kind, ns = std::move(ns),
          name = std::move(name), options = std::move(options)]() -> Result<Step> {
    NEKO_TRY(const Stored stored, LoadStored(store, kind, ns, name));
    NEKO_TRY(Planned plan, PlanDelete(kind, stored, options, clock.WallNow()));
    return StepFor(kind, std::move(plan), &stored, options.dry_run);
  };
}

}  // namespace nekoplane::registry
