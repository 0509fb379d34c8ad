// C2: What sessions hold on a node is never more than it has to give.
#include <nlohmann/json.hpp>

#include "api/v1alpha1/browser_node.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {
namespace {

constexpr std::int64_t kGi = std::int64_t{1} << 30;

}  // namespace

void CheckRoom(const View& view, Wrong& wrong) {
  const auto ledger = view.program.store().Claims();
  for (const auto& [node, engine] : view.world.engines) {
    std::int64_t memory = 0, milli_cpu = 0;
    ledger->ForEachInScope(node, [&](const store::Claim& claim) {
      if (claim.kind != store::kClaimInstance) return;
      const auto detail = nlohmann::json::parse(claim.detail, nullptr, false);
      memory += detail.value("memory", std::int64_t{0});
      milli_cpu += detail.value("milliCpu", std::int64_t{0});
    });
    if (memory == 0) continue;
    const auto object = view.program.store().Get({v1alpha1::BrowserNode::kResource, "", node});
    // As Prepare makes them: what the simulated machines have, or the smaller figure of the spec.
    const bool small =
        object != nullptr && object->bytes.find(R"("memory":"5Gi")") != std::string::npos;
    if (memory > (small ? 5 : 16) * kGi || milli_cpu > 8000) {
      wrong.push_back(std::to_string(memory >> 20) + " MiB and " + std::to_string(milli_cpu) +
                      " milliCPU of " + node + " are held");
    }
  }
}

}  // namespace nekoplane::sim
