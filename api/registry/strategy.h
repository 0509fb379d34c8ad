// What a kind adds to the rules that hold for all: fields it fills in and checks no schema can say.
//
// Strategies are stateless constants; every method is pure. They see objects whose schema may have
// failed, so they check JSON types themselves and stay silent about what the schema reports anyway.
//
// Thread safety: any thread may call.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "api/base/status.h"
#include "api/codec/schema.h"

namespace nekoplane::registry {

class Strategy {
 public:
  virtual ~Strategy() = default;

  // Called after defaults and pruning, before validation. `old` is null at creation.
  virtual void Prepare(nlohmann::json& /*object*/, const nlohmann::json* /*old*/) const {}

  // Appends what is wrong. `old` is null at creation.
  virtual void Validate(const nlohmann::json& /*object*/, const nlohmann::json* /*old*/,
                        std::vector<FieldCause>& /*causes*/) const {}

  // True for core kinds, as in Kubernetes: an update without resourceVersion means "whatever is
  // there".
  virtual bool AllowsUnconditionalUpdate() const { return false; }

  // True for kinds that count the changes of their spec.
  virtual bool HasGeneration() const { return true; }
};

// The strategy of a kind; kinds without rules of their own get those of their group.
const Strategy& StrategyFor(const codec::Kind& kind);

// One per file in strategies/.
const Strategy& SessionStrategy();
const Strategy& ProfileStrategy();
const Strategy& NodeStrategy();
const Strategy& ClassStrategy();
const Strategy& SecretStrategy();
const Strategy& NamespaceStrategy();

}  // namespace nekoplane::registry
