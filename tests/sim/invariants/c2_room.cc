// C2: What sessions hold on a node is never more than it has to give.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "api/base/quantity.h"
#include "api/codec/json_codec.h"
#include "api/v1alpha1/browser_node.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {
namespace {

// What the simulated machines have, or what the spec says in its place.
v1alpha1::NodeResources RoomOf(const View& view, const std::string& node) {
  const auto object = view.program.store().Get({v1alpha1::BrowserNode::kResource, "", node});
  v1alpha1::NodeResources room;
  if (object != nullptr) {
    const auto decoded = codec::Decode<v1alpha1::BrowserNode>(std::string_view(object->bytes));
    if (decoded) room = decoded->spec.capacity;
  }
  if (room.memory.empty()) room.memory = "16Gi";
  if (room.cpu.empty()) room.cpu = "8";
  return room;
}

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
    const auto room = RoomOf(view, node);
    if (memory > ParseBytes(room.memory).value() || milli_cpu > ParseMilliCores(room.cpu).value()) {
      wrong.push_back(std::to_string(memory >> 20) + " MiB and " + std::to_string(milli_cpu) +
                      " milliCPU of " + node + " are held");
    }
  }
}

}  // namespace nekoplane::sim
