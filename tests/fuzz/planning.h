// Objects as a registry would store them, without a store.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "api/codec/schema.h"
#include "api/registry/plan.h"

namespace nekoplane::fuzz {

inline const registry::Birth kBirth{"11111111-2222-4333-8444-555555555555", "abcde",
                                    WallTime(std::chrono::seconds(1767225600))};

// The kind that the object says it is, else that of sessions.
inline const codec::Kind& KindOf(const nlohmann::json& object) {
  const auto text = [&](const char* key) {
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  const auto& kinds = codec::KindTable::Builtin();
  const codec::Kind* kind = kinds.FindKind(text("apiVersion"), text("kind"));
  return kind != nullptr ? *kind : *kinds.FindByResource("browsersessions.nekoplane.dev");
}

// `object`, which was planned, as stored at version 41.
inline Result<registry::Stored> Store(const codec::Kind& kind, nlohmann::json object) {
  object["metadata"]["resourceVersion"] = "41";
  auto stored = std::make_shared<store::Object>();
  stored->key = {kind.resource(), object["metadata"].value("namespace", ""),
                 object["metadata"].value("name", "")};
  stored->uid = object["metadata"].value("uid", "");
  stored->version = 41;
  stored->bytes = object.dump();
  return registry::Stored::Parse(std::move(stored));
}

}  // namespace nekoplane::fuzz
