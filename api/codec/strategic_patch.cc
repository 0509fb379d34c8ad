#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "api/codec/patch.h"
#include "api/codec/schema_node.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

constexpr std::string_view kOrder = "$setElementOrder/", kDeleteFrom = "$deleteFromPrimitiveList/";
// Items of keyed lists are compared with one another.
constexpr std::size_t kMaxComparisons = 1000000;

Status Malformed(std::string what) {
  return MakeStatus(Code::kInvalid, "MalformedPatch", std::move(what));
}

// The field that tells the items of a list apart; "" where lists are replaced whole.
std::string_view MergeKey(std::string_view list) {
  if (list == "ownerReferences") return "uid";
  if (list == "conditions") return "type";
  return "";
}

Result<json> MergeMap(json target, const json& patch);

Result<std::string> Directive(const json& map) {
  const json* const directive = Keyword(map, "$patch");
  if (directive == nullptr) return std::string("merge");
  if (*directive == "merge" || *directive == "replace" || *directive == "delete") {
    return directive->get<std::string>();
  }
  return Malformed("$patch must be merge, replace or delete, not " + directive->dump());
}

json WithoutDirectives(json map) {
  for (auto it = map.begin(); it != map.end();) {
    it = it.key().starts_with("$") ? map.erase(it) : std::next(it);
  }
  return map;
}

void Union(json& list, const json& more) {
  std::set<json> seen(list.begin(), list.end());
  for (const json& item : more) {
    if (seen.insert(item).second) list.push_back(item);
  }
}

json Without(const json& list, const json& unwanted) {
  const std::set<json> dropped(unwanted.begin(), unwanted.end());
  json kept = json::array();
  for (const json& item : list) {
    if (!dropped.contains(item)) kept.push_back(item);
  }
  return kept;
}

Result<json> MergeList(json target, const json& patch, std::string_view name) {
  const std::string key(MergeKey(name));
  bool replace = false;
  for (const json& item : patch) {
    NEKO_TRY(const std::string directive,
             item.is_object() ? Directive(item) : std::string("merge"));
    replace = replace || directive == "replace";
  }
  if (replace || !target.is_array()) target = json::array();
  if ((target.size() + patch.size()) * patch.size() > kMaxComparisons) {
    return Malformed("too many items of " + std::string(name));
  }
  for (const json& item : patch) {
    if (!item.is_object())
      return Malformed("the items of " + std::string(name) + " must be objects");
    NEKO_TRY(const std::string directive, Directive(item));
    if (directive == "replace") continue;
    const json* const id = Keyword(item, key);
    if (id == nullptr) return Malformed("an item of " + std::string(name) + " lacks " + key);
    const auto same = [&](const json& other) {
      const json* const other_id = Keyword(other, key);
      return other_id != nullptr && *other_id == *id;
    };
    const auto at = std::find_if(target.begin(), target.end(), same);
    if (directive == "delete") {
      if (at != target.end()) target.erase(at);
      continue;
    }
    NEKO_TRY(json merged, MergeMap(at == target.end() ? json::object() : *at, item));
    if (at == target.end()) {
      target.push_back(std::move(merged));
    } else {
      *at = std::move(merged);
    }
  }
  return target;
}

// Directives of a map that are about its fields; true if `name` was one.
Result<bool> FieldDirective(json& target, const std::string& name, const json& value) {
  if (!name.starts_with("$")) return false;
  if (name == "$patch" || name.starts_with(kOrder)) return true;
  if (name == "$retainKeys") {
    if (!value.is_array()) return Malformed("$retainKeys must be a list");
    const std::set<json> kept(value.begin(), value.end());
    for (auto it = target.begin(); it != target.end();) {
      it = kept.contains(it.key()) ? std::next(it) : target.erase(it);
    }
    return true;
  }
  if (name.starts_with(kDeleteFrom)) {
    if (!value.is_array()) return Malformed(name + " must be a list");
    const std::string field = name.substr(kDeleteFrom.size());
    const auto it = target.find(field);
    if (it != target.end() && it->is_array()) *it = Without(*it, value);
    return true;
  }
  return Malformed("unknown directive " + name);
}

Result<json> MergeField(json current, const std::string& name, const json& value) {
  if (value.is_object()) {
    return MergeMap(current.is_object() ? std::move(current) : json::object(), value);
  }
  if (value.is_array() && name == "finalizers" && current.is_array()) {
    Union(current, value);
    return current;
  }
  if (value.is_array() && !MergeKey(name).empty())
    return MergeList(std::move(current), value, name);
  return value;
}

Result<json> MergeMap(json target, const json& patch) {
  NEKO_TRY(const std::string directive, Directive(patch));
  if (directive == "delete") return json::object();
  if (directive == "replace") return WithoutDirectives(patch);
  // Directives first: a list that loses items and gains others must not lose the new ones.
  for (const auto& [name, value] : patch.items()) {
    NEKO_RETURN_IF_ERROR(FieldDirective(target, name, value));
  }
  for (const auto& [name, value] : patch.items()) {
    if (name.starts_with("$")) continue;
    const json* const inner = Keyword(value, "$patch");
    if (value.is_null() || (inner != nullptr && *inner == "delete")) {
      target.erase(name);
      continue;
    }
    const auto current = target.find(name);
    NEKO_TRY(json merged,
             MergeField(current == target.end() ? json() : std::move(*current), name, value));
    target[name] = std::move(merged);
  }
  return target;
}

}  // namespace

Result<json> StrategicMergePatch(json target, const json& patch) {
  if (!patch.is_object()) return Malformed("a strategic merge patch must be an object");
  return MergeMap(std::move(target), patch);
}

}  // namespace nekoplane::codec
