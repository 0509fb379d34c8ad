// BrowserClass: at least one variant, each with something to run.
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "api/codec/json_codec.h"
#include "api/registry/messages.h"
#include "api/registry/strategies/checks.h"
#include "api/registry/strategy.h"

namespace nekoplane::registry {
namespace {

void ValidateVariant(const std::string& path, const v1alpha1::ClassVariant& variant,
                     Causes& causes) {
  if (variant.image.empty()) {
    causes.push_back(RequiredValue(path + ".image", "the container image to run"));
  } else if (variant.image.find_first_of(" \t\r\n") != std::string::npos) {
    causes.push_back(
        InvalidValue(path + ".image", Quoted(variant.image), "must not contain whitespace"));
  }
  for (std::size_t i = 0; i < variant.devices.size(); ++i) {
    if (!variant.devices[i].empty() && variant.devices[i].front() == '/') continue;
    causes.push_back(InvalidValue(path + ".devices[" + std::to_string(i) + "]",
                                  Quoted(variant.devices[i]), "must be an absolute path"));
  }
  if (variant.gpus < 0) {
    causes.push_back(InvalidValue(path + ".gpus", std::to_string(variant.gpus),
                                  "must be greater than or equal to 0"));
  }
  CheckBytes(path + ".shmSize", variant.shmSize, causes);
  CheckResources(path + ".resources", variant.resources, causes);
  CheckEnv(path + ".env", variant.env, EnvRules::kClass, causes);
}

class ClassStrategyImpl final : public Strategy {
 public:
  void Validate(const nlohmann::json& object, const nlohmann::json* /*old*/,
                Causes& causes) const override {
    const auto decoded = codec::Decode<v1alpha1::BrowserClass>(object);
    if (!decoded) return;
    const auto& variants = decoded->spec.variants;
    if (variants.empty()) {
      causes.push_back(RequiredValue("spec.variants", "at least one variant must be given"));
    }
    std::set<std::string> names;
    for (std::size_t i = 0; i < variants.size(); ++i) {
      const std::string path = "spec.variants[" + std::to_string(i) + "]";
      if (!variants[i].name.empty() && !names.insert(variants[i].name).second) {
        causes.push_back(DuplicateValue(path + ".name", Quoted(variants[i].name)));
      }
      ValidateVariant(path, variants[i], causes);
    }
  }
};

}  // namespace

const Strategy& ClassStrategy() {
  static const ClassStrategyImpl strategy;
  return strategy;
}

}  // namespace nekoplane::registry
