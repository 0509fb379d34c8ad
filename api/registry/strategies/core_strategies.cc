// Secret and Namespace, with Kubernetes' rules as far as nekoplane serves them.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "api/registry/base64.h"
#include "api/registry/messages.h"
#include "api/registry/strategies/checks.h"
#include "api/registry/strategy.h"

namespace nekoplane::registry {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxSecretBytes = 1024 * 1024;

bool IsDataKey(std::string_view key) {
  if (key.empty() || key.size() > 253 || key == "." || key == "..") return false;
  return std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

// The values are secret: causes name the key, never the value.
class SecretStrategyImpl final : public Strategy {
 public:
  void Prepare(json& object, const json* old) const override {
    const auto plain = object.find("stringData");
    if (plain != object.end()) {
      if (plain->is_object()) {
        for (const auto& [key, value] : plain->items()) {
          if (value.is_string()) object["data"][key] = Base64Encode(value.get<std::string>());
        }
      }
      object.erase("stringData");
    }
    const auto data = object.find("data");
    if (data != object.end() && data->empty()) object.erase(data);
    if (object.value("type", json("")) == "") {
      object["type"] = old != nullptr ? old->value("type", json("Opaque")) : json("Opaque");
    }
  }

  void Validate(const json& object, const json* old, Causes& causes) const override {
    std::size_t total = 0;
    const json data = object.value("data", json::object());
    for (const auto& [key, value] : data.items()) {
      const std::string path = "data[" + key + "]";
      if (!IsDataKey(key)) {
        causes.push_back(
            InvalidValue(path, Quoted(key),
                         "a valid config key must consist of alphanumeric characters, "
                         "'-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
                         "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"));
      }
      if (!value.is_string()) continue;
      const auto decoded = Base64Decode(value.get_ref<const std::string&>());
      if (!decoded) {
        causes.push_back(InvalidValue(path, "<hidden>",
                                      "must be base64; put plain text into stringData instead"));
      } else {
        total += decoded->size();
      }
    }
    if (total > kMaxSecretBytes) causes.push_back(TooLongValue("data", kMaxSecretBytes));
    if (old == nullptr) return;
    if (object.value("type", json()) != old->value("type", json("Opaque"))) {
      causes.push_back(ImmutableValue("type", object.value("type", json()).dump()));
    }
    if (old->value("immutable", json(false)) == json(true)) {
      if (object.value("immutable", json(false)) != json(true)) {
        causes.push_back(ForbiddenValue("immutable", "field is immutable when `immutable` is set"));
      }
      if (data != old->value("data", json::object())) {
        causes.push_back(ForbiddenValue("data", "field is immutable when `immutable` is set"));
      }
    }
  }

  bool AllowsUnconditionalUpdate() const override { return true; }

  bool HasGeneration() const override { return false; }
};

class NamespaceStrategyImpl final : public Strategy {
 public:
  void Prepare(json& object, const json* old) const override {
    if (old == nullptr) object["status"] = {{"phase", "Active"}};
  }

  bool AllowsUnconditionalUpdate() const override { return true; }

  bool HasGeneration() const override { return false; }
};

}  // namespace

const Strategy& SecretStrategy() {
  static const SecretStrategyImpl strategy;
  return strategy;
}

const Strategy& NamespaceStrategy() {
  static const NamespaceStrategyImpl strategy;
  return strategy;
}

}  // namespace nekoplane::registry
