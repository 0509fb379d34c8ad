// L2, at every instant: who is Ready has answered.
#include "api/codec/json_codec.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/conditions.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckReadyAnswers(const View& view, Wrong& wrong) {
  using v1alpha1::BrowserSession;
  for (const auto& [node, engine] : view.world.engines) {
    for (const auto& container : engine->Containers()) {
      // It runs, but cannot have answered anybody yet.
      if (container.phase != runtime::Observed::Phase::kRunning ||
          container.healthy_from <= view.world.clock.Now()) {
        continue;
      }
      const auto object = view.program.store().Get(
          {BrowserSession::kResource, "default", container.spec.session_name});
      if (object == nullptr || object->uid != container.spec.session_uid) continue;
      const auto session = codec::Decode<BrowserSession>(object->bytes);
      if (!session || !session->status.instance) continue;
      const std::string id = "sim://" + node + "/" + container.id;
      if (session->status.instance->id == id &&
          reconcilers::IsTrue(session->status.conditions, v1alpha1::session::kReady)) {
        wrong.push_back(NameOf(*session) + " is Ready before it can have answered");
      }
    }
  }
}

}  // namespace nekoplane::sim
