// L1: The machines run exactly what is declared now.
#include <algorithm>
#include <map>

#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/conditions.h"
#include "reconcilers/session/instance_spec.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {
namespace {

using v1alpha1::BrowserSession;
namespace cond = v1alpha1::session;

// It runs as the session asks now, not as it asked once.
void Compare(const runtime::SimContainer& container, const std::string& node,
             const BrowserSession& session, Wrong& wrong) {
  if (session.status.nodeName != node) wrong.push_back(NameOf(session) + " runs on another node");
  if (container.phase != runtime::Observed::Phase::kRunning || container.sick) {
    wrong.push_back(NameOf(session) + "'s container does not run well");
  }
  const auto& env = container.spec.env;
  const auto screen = std::find_if(env.begin(), env.end(),
                                   [](const auto& e) { return e.name == "NEKO_DESKTOP_SCREEN"; });
  if (screen == env.end() || screen->value != reconcilers::session::ScreenOf(session)) {
    wrong.push_back(NameOf(session) + " runs with another screen");
  }
  const auto& ports = session.status.ports;
  if (!ports || container.spec.http_port != ports->http ||
      container.spec.media_port != ports->media) {
    wrong.push_back(NameOf(session) + " runs on other ports than its status says");
  }
  if (!container.spec.profile || container.spec.profile->volume != session.status.volume) {
    wrong.push_back(NameOf(session) + " runs with another volume");
  }
}

}  // namespace

void CheckMatches(const View& view, Wrong& wrong) {
  std::map<std::string, BrowserSession> to_run;  // by uid: what says that it is Ready
  for (auto& session : view.program.client().List<BrowserSession>()) {
    if (reconcilers::IsTrue(session.status.conditions, cond::kReady)) {
      to_run.emplace(session.metadata.uid, session);
    }
  }
  for (const auto& [node, engine] : view.world.engines) {
    for (const auto& container : engine->Containers()) {
      const auto it = to_run.find(container.spec.session_uid);
      if (it == to_run.end()) {
        wrong.push_back("container " + container.name + " on " + node + " runs for nobody");
        continue;
      }
      Compare(container, node, it->second, wrong);
      to_run.erase(it);
    }
  }
  for (const auto& [uid, session] : to_run) wrong.push_back(NameOf(session) + " has no container");
}

}  // namespace nekoplane::sim
