#include "api/codec/three_way.h"

#include <nlohmann/json.hpp>

namespace nekoplane::codec {

using nlohmann::json;

namespace {

void Collect(const json& original, const json& modified, const json& current, json& patch) {
  for (const auto& [key, value] : modified.items()) {
    const bool had = current.is_object() && current.contains(key);
    if (value.is_object()) {
      // Set one by one, so that neighbours which others own survive.
      const json none = json::object();
      const bool was = original.is_object() && original.contains(key) && original[key].is_object();
      json inner = json::object();
      Collect(was ? original[key] : none, value,
              had && current[key].is_object() ? current[key] : none, inner);
      if (!inner.empty() || !had || !current[key].is_object()) patch[key] = std::move(inner);
    } else if (value.is_null()) {
      if (had) patch[key] = nullptr;
    } else if (!had || current[key] != value) {
      patch[key] = value;
    }
  }
  if (!original.is_object()) return;
  for (const auto& [key, value] : original.items()) {
    if (!modified.contains(key) && current.is_object() && current.contains(key))
      patch[key] = nullptr;
  }
}

}  // namespace

json ThreeWayMergePatch(const json& original, const json& modified, const json& current) {
  json patch = json::object();
  if (modified.is_object()) Collect(original, modified, current, patch);
  return patch;
}

}  // namespace nekoplane::codec
