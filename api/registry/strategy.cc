#include "api/registry/strategy.h"

#include "api/v1alpha1/browser_class.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_profile.h"
#include "api/v1alpha1/browser_session.h"
#include "api/v1alpha1/core.h"

namespace nekoplane::registry {
namespace {

class PlainCoreStrategy final : public Strategy {
 public:
  bool AllowsUnconditionalUpdate() const override { return true; }

  bool HasGeneration() const override { return false; }
};

}  // namespace

const Strategy& StrategyFor(const codec::Kind& kind) {
  static const Strategy ours;
  static const PlainCoreStrategy core;
  if (kind.group != v1alpha1::kGroup) {
    if (kind.group.empty() && kind.kind == v1alpha1::Secret::kKind) return SecretStrategy();
    if (kind.group.empty() && kind.kind == "Namespace") return NamespaceStrategy();
    return core;
  }
  if (kind.kind == v1alpha1::BrowserSession::kKind) return SessionStrategy();
  if (kind.kind == v1alpha1::BrowserProfile::kKind) return ProfileStrategy();
  if (kind.kind == v1alpha1::BrowserNode::kKind) return NodeStrategy();
  if (kind.kind == v1alpha1::BrowserClass::kKind) return ClassStrategy();
  return ours;
}

}  // namespace nekoplane::registry
