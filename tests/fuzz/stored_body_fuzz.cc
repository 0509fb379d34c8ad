// Where the store puts resourceVersion into the text of an object that came from outside.
#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"
#include "api/store/body.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {

NEKO_FUZZ(stored_body) {
  const auto raw = store::FindInsertionPoint(input);
  if (!raw) NEKO_PROMISE(fuzz::Explained(raw.error()));
  if (raw) NEKO_PROMISE(*raw <= input.size());

  auto object = codec::ParseJson(input);
  if (!object) return;
  const std::string body = object->dump();  // bodies are always written by us
  const auto at = store::FindInsertionPoint(body);
  const auto metadata = object->is_object() ? object->find("metadata") : object->end();
  const bool fit = metadata != object->end() && metadata->is_object() && !metadata->empty() &&
                   !metadata->contains("resourceVersion");
  NEKO_PROMISE(at.has_value() == fit);
  if (!at) return;
  const std::string bytes = store::InsertVersion(body, *at, 41);
  NEKO_PROMISE(store::EqualsWithVersion(body, *at, 41, bytes));
  NEKO_PROMISE(!store::EqualsWithVersion(body, *at, 42, bytes));
  const auto next = store::ReplaceVersion(bytes, 41, 1000);
  NEKO_PROMISE(next && *next == store::InsertVersion(body, *at, 1000));
  (*object)["metadata"]["resourceVersion"] = "41";
  const auto stored = codec::ParseJson(bytes);
  NEKO_PROMISE(stored && *stored == *object);
}

}  // namespace nekoplane
