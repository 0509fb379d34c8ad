// BrowserProfile: kept until its volume is dealt with.
#include <nlohmann/json.hpp>

#include "api/registry/strategies/checks.h"
#include "api/registry/strategy.h"
#include "api/v1alpha1/browser_profile.h"

namespace nekoplane::registry {
namespace {

class ProfileStrategyImpl final : public Strategy {
 public:
  void Prepare(nlohmann::json& object, const nlohmann::json* /*old*/) const override {
    KeepFinalizer(object, v1alpha1::BrowserProfile::kFinalizer);
  }
};

}  // namespace

const Strategy& ProfileStrategy() {
  static const ProfileStrategyImpl strategy;
  return strategy;
}

}  // namespace nekoplane::registry
