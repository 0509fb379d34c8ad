// "merge", "json" or "strategic", then the object to be patched (a session if it is empty), then
// the patch.
#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"
#include "api/codec/patch.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_shape.h"
#include "tests/fuzz/planning.h"

namespace nekoplane {
namespace {

using nlohmann::json;

constexpr char kSession[] =
    R"({"apiVersion":"nekoplane.dev/v1alpha1","kind":"BrowserSession","metadata":{"name":"a",)"
    R"("labels":{"app":"x"},"annotations":{"note":"y"},"finalizers":["nekoplane.dev/instance"]},)"
    R"("spec":{"owner":{"kind":"User","name":"me"},"url":"https://example.org",)"
    R"("env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}})";

Result<json> Apply(registry::PatchType type, const json& target, const json& patch) {
  switch (type) {
    case registry::PatchType::kJson:
      return codec::JsonPatch(target, patch);
    case registry::PatchType::kStrategic:
      return codec::StrategicMergePatch(target, patch);
    case registry::PatchType::kMerge:
      break;
  }
  return codec::MergePatch(target, patch);
}

void CheckPlan(registry::PatchType type, const json& target, const json& patch) {
  const codec::Kind& kind = fuzz::KindOf(target);
  const auto created =
      registry::PlanCreate(kind, kind.namespaced ? "default" : "", target, {}, fuzz::kBirth);
  if (!created) return;
  const auto stored = fuzz::Store(kind, created->object);
  NEKO_PROMISE(stored.has_value());
  for (const auto sub : {registry::Subresource::kNone, registry::Subresource::kStatus}) {
    const auto planned = registry::PlanPatch(kind, *stored, type, patch, sub, {});
    if (!planned) {
      NEKO_PROMISE(fuzz::Explained(planned.error()));
    } else if (planned->action == registry::Planned::Action::kUpdate) {
      const json& metadata = planned->object["metadata"];
      NEKO_PROMISE(metadata["uid"] == fuzz::kBirth.uid);
      NEKO_PROMISE(metadata["name"] == stored->value["metadata"]["name"]);
      NEKO_PROMISE(codec::Validate(*kind.schema, planned->object).empty());
    }
  }
}

}  // namespace

NEKO_FUZZ(patch) {
  const std::string_view word = fuzz::TakeLine(input);
  const auto type = word == "json"        ? registry::PatchType::kJson
                    : word == "strategic" ? registry::PatchType::kStrategic
                                          : registry::PatchType::kMerge;
  std::string_view object = fuzz::TakeLine(input);
  if (object.empty()) object = kSession;
  const auto target = codec::ParseJson(object);
  const auto patch = codec::ParseJson(input);
  if (!target || !target->is_object() || !patch) return;

  const auto patched = Apply(type, *target, *patch);
  if (!patched) {
    NEKO_PROMISE(fuzz::Explained(patched.error()));
  } else {
    NEKO_PROMISE(patched->is_object());
    NEKO_PROMISE(fuzz::Depth(*patched) <= 200);
    const auto again = codec::ParseJson(patched->dump(), {.max_depth = 200});
    NEKO_PROMISE(again && *again == *patched);
    if (type == registry::PatchType::kMerge)
      NEKO_PROMISE(*Apply(type, *patched, *patch) == *patched);
  }
  CheckPlan(type, *target, *patch);
}

}  // namespace nekoplane
