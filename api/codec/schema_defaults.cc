#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "api/codec/schema.h"
#include "api/codec/schema_node.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

class Pruner {
 public:
  std::vector<std::string> Take() {
    std::sort(removed_.begin(), removed_.end());
    return std::move(removed_);
  }

  void Root(const json& schema, json& object) {
    if (!object.is_object()) return;
    const json* const properties = Keyword(schema, "properties");
    const bool keep = KeepsUnknown(schema);
    Members(object, [&](const std::string& key, json& value) {
      if (key == "apiVersion" || key == "kind" || key == "metadata") return true;
      return Member(properties, nullptr, keep, key, value);
    });
  }

 private:
  void Node(const json& schema, json& value) {
    if (value.is_array()) {
      if (const json* const items = Keyword(schema, "items")) {
        for (std::size_t i = 0; i < value.size(); ++i) {
          const PathScope scope(path_, i);
          Node(*items, value[i]);
        }
      }
    } else if (value.is_object()) {
      const json* const properties = Keyword(schema, "properties");
      const json* const additional = Keyword(schema, "additionalProperties");
      const bool keep = KeepsUnknown(schema) || (additional != nullptr && *additional == true);
      Members(value, [&](const std::string& key, json& member) {
        return Member(properties, additional, keep, key, member);
      });
    }
  }

  // False if the member must go.
  bool Member(const json* properties, const json* additional, bool keep, const std::string& key,
              json& value) {
    const json* const known = properties != nullptr ? Keyword(*properties, key) : nullptr;
    const json* const schema =
        known != nullptr
            ? known
            : (additional != nullptr && additional->is_object() ? additional : nullptr);
    if (schema != nullptr) {
      Node(*schema, value);
      return true;
    }
    return keep;
  }

  template <class F>
  void Members(json& object, F&& stays) {
    for (auto it = object.begin(); it != object.end();) {
      const PathScope scope(path_, it.key());
      if (stays(it.key(), it.value())) {
        ++it;
        continue;
      }
      if (removed_.size() < kMaxRemoved) removed_.push_back(path_);
      it = object.erase(it);
    }
  }

  static constexpr std::size_t kMaxRemoved = 100;
  std::string path_;
  std::vector<std::string> removed_;
};

}  // namespace

void ApplyDefaults(const json& schema, json& object) {
  if (object.is_array()) {
    if (const json* const items = Keyword(schema, "items")) {
      for (json& item : object) ApplyDefaults(*items, item);
    }
    return;
  }
  if (!object.is_object()) return;
  const json* const properties = Keyword(schema, "properties");
  if (properties != nullptr) {
    for (const auto& [name, child] : properties->items()) {
      const auto it = object.find(name);
      const bool is_null = it != object.end() && it->is_null() && !Flag(child, "nullable");
      if (is_null) object.erase(it);
      if (is_null || it == object.end()) {
        const json* const initial = Keyword(child, "default");
        if (initial == nullptr) continue;
        object[name] = *initial;
      }
      ApplyDefaults(child, object[name]);
    }
  }
  const json* const additional = Keyword(schema, "additionalProperties");
  if (additional == nullptr || !additional->is_object()) return;
  for (const auto& [name, value] : object.items()) {
    if (properties == nullptr || !properties->contains(name)) ApplyDefaults(*additional, value);
  }
}

std::vector<std::string> Prune(const json& schema, json& object) {
  Pruner pruner;
  pruner.Root(schema, object);
  return pruner.Take();
}

}  // namespace nekoplane::codec
