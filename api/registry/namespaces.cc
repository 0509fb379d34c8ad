#include "api/registry/namespaces.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/registry/messages.h"
#include "api/registry/meta.h"
#include "api/v1alpha1/core.h"

namespace nekoplane::registry {
namespace {

using nlohmann::json;

void ForEachIn(const store::Store& store, const std::string& resource, std::string_view ns,
               const std::function<void(const store::ObjectPtr&)>& visit) {
  store.List(resource)->ForEach(ns, "", [&](const store::ObjectPtr& object) {
    if (object->key.ns != ns) return false;
    visit(object);
    return true;
  });
}

// The mark of a deletion under way, or its removal.
Step Mark(const Stored& stored, bool terminating, WallTime now) {
  json value = WithoutVersion(stored.value);
  if (terminating) {
    value["metadata"]["deletionTimestamp"] = FormatTime(now);
    value["metadata"]["deletionGracePeriodSeconds"] = 0;
  } else {
    value["metadata"].erase("deletionTimestamp");
    value["metadata"].erase("deletionGracePeriodSeconds");
  }
  value["status"]["phase"] = terminating ? "Terminating" : "Active";
  store::Write write;
  write.op = store::Write::Op::kUpdate;
  write.key = stored.object->key;
  write.uid = stored.object->uid;
  write.expected_version = stored.object->version;
  write.body = value.dump();
  Step step;
  step.transaction.writes.push_back(std::move(write));
  return step;
}

}  // namespace

bool IsNamespace(const codec::Kind& kind) {
  return kind.group.empty() && kind.plural == "namespaces";
}

bool IsTerminating(const json& namespace_object) {
  return !MetaString(namespace_object, "deletionTimestamp").empty();
}

std::string NamespaceContents(const store::Store& store, const codec::KindTable& kinds,
                              std::string_view ns) {
  std::string out;
  for (const codec::Kind& kind : kinds.kinds()) {
    if (!kind.namespaced || kind.resource() == v1alpha1::ObjectEvent::kResource) continue;
    std::size_t count = 0;
    ForEachIn(store, kind.resource(), ns, [&](const store::ObjectPtr&) { ++count; });
    if (count == 0) continue;
    out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + kind.resource();
  }
  return out;
}

Planner NamespaceDeletePlanner(const PlannerDeps& deps, const codec::Kind& kind, std::string name,
                               DeleteOptions given) {
  // The mark is our own write: once it is there it must not fail the caller's precondition. Until
  // then it must. What bears another uid is not what we marked.
  auto conditions = std::make_shared<DeleteOptions>(std::move(given));
  return [&store = deps.store, &kinds = deps.kinds, &clock = deps.clock, &kind,
          name = std::move(name), conditions]() -> Result<Step> {
    const DeleteOptions& options = *conditions;
    NEKO_TRY(const Stored stored, LoadStored(store, kind, "", name));
    if (name == kDefaultNamespace || name == kSystemNamespace) {
      return Forbidden("namespaces", name, "this namespace may not be deleted");
    }
    NEKO_TRY(Planned plan, PlanDelete(kind, stored, options, clock.WallNow()));
    const std::string contents = NamespaceContents(store, kinds, name);
    const bool marked = IsTerminating(stored.value);
    if (!contents.empty()) {
      Step step = marked && !options.dry_run ? Mark(stored, false, clock.WallNow()) : Step{};
      step.then_fail = NamespaceNotEmpty(name, contents);
      return step;
    }
    if (plan.action != Planned::Action::kRemove || options.dry_run) {
      return StepFor(kind, std::move(plan), &stored, options.dry_run);
    }
    if (!marked) {
      Step step = Mark(stored, true, clock.WallNow());
      step.then_again = [conditions, uid = stored.object->uid] { *conditions = {.uid = uid}; };
      return step;
    }
    Step step = StepFor(kind, std::move(plan), &stored, false);
    ForEachIn(store, v1alpha1::ObjectEvent::kResource, name, [&](const store::ObjectPtr& event) {
      store::Write write;
      write.op = store::Write::Op::kDelete;
      write.key = event->key;
      write.uid = event->uid;
      step.transaction.writes.push_back(std::move(write));
    });
    return step;
  };
}

}  // namespace nekoplane::registry
