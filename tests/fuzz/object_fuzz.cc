// A JSON object of any kind we serve, through defaults, pruning and validation to what is stored.
#include <nlohmann/json.hpp>

#include "api/codec/json_codec.h"
#include "api/codec/json_parse.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/planning.h"

namespace nekoplane {
namespace {

template <class T>
void CheckTyped(const nlohmann::json& object) {
  const auto typed = codec::Decode<T>(object);
  NEKO_PROMISE(typed.has_value());  // it has passed the schema
  if (!typed) return;
  const auto again = codec::Decode<T>(codec::EncodeText(*typed));
  NEKO_PROMISE(again && codec::Encode(*again) == codec::Encode(*typed));
}

void CheckStored(const codec::Kind& kind, const nlohmann::json& object) {
  NEKO_PROMISE(codec::Validate(*kind.schema, object).empty());
  auto copy = object;
  codec::ApplyDefaults(*kind.schema, copy);
  NEKO_PROMISE(codec::Prune(*kind.schema, copy).empty());
  NEKO_PROMISE(copy == object);
  for (const codec::PrinterColumn& column : kind.TableColumns()) {
    (void)codec::EvalJsonPath(object, column.json_path);
  }
  if (kind.kind == "BrowserSession") CheckTyped<v1alpha1::BrowserSession>(object);
  if (kind.kind == "BrowserNode") CheckTyped<v1alpha1::BrowserNode>(object);
  if (kind.kind == "BrowserClass") CheckTyped<v1alpha1::BrowserClass>(object);
  if (kind.kind == "BrowserProfile") CheckTyped<v1alpha1::BrowserProfile>(object);
  if (kind.kind == "Secret") CheckTyped<v1alpha1::Secret>(object);
}

}  // namespace

NEKO_FUZZ(object) {
  auto object = codec::ParseJson(input);
  if (!object || !object->is_object()) return;
  const codec::Kind& kind = fuzz::KindOf(*object);
  const auto created =
      registry::PlanCreate(kind, kind.namespaced ? "default" : "", *object, {}, fuzz::kBirth);
  if (!created) {
    NEKO_PROMISE(fuzz::Explained(created.error()));
    return;
  }
  NEKO_PROMISE(created->action == registry::Planned::Action::kCreate);
  CheckStored(kind, created->object);
  const auto stored = fuzz::Store(kind, created->object);
  NEKO_PROMISE(stored.has_value());
  // What is written back as it was read changes nothing.
  const auto same =
      registry::PlanUpdate(kind, *stored, stored->value, registry::Subresource::kNone, {});
  NEKO_PROMISE(same && same->action == registry::Planned::Action::kNothing);
}

}  // namespace nekoplane
