// Inputs of the session reconciler's decisions, in the states that tests start from.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/common/conditions.h"
#include "reconcilers/session/decide.h"
#include "reconcilers/session/instance_spec.h"
#include "reconcilers/session/steps.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::session {

namespace cond = v1alpha1::session;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Phase = runtime::Observed::Phase;

inline constexpr char kUid[] = "u1";
inline constexpr char kId[] = "sim://host/1";

inline std::vector<store::Claim> ClaimsOfPlaced() {
  auto claims = PortClaims("host", kUid, {8800, 59000});
  claims.push_back(
      InstanceClaim("host", kUid, {.memory_bytes = 1536 << 20, .milli_cpu = 1000, .gpus = 0}));
  claims.push_back(ProfileClaim(runtime::PrivateVolumeName(kUid), kUid));
  return claims;
}

// A new session, admitted, with one node that has room.
inline Inputs Fresh() {
  Inputs in;
  in.session = testing::MakeSession("s", kUid);
  in.browser_class = testing::MakeClass();
  in.nodes = NodeSet().With(testing::MakeNode(), *testing::MakeLedger());
  in.ledger = testing::MakeLedger();
  in.now = testing::FakeClock().WallNow();
  return in;
}

inline void Gone(Inputs& in) { in.observation = {.kind = Observation::Kind::kGone}; }

inline void Silent(Inputs& in) {
  in.observation = {.kind = Observation::Kind::kUnknown,
                    .why = MakeStatus(Code::kUnavailable, "EngineUnavailable", "no answer")};
}

inline void Found(Inputs& in, Phase phase, std::string id = kId) {
  in.observation = {.kind = Observation::Kind::kFound};
  auto& instance = in.observation.instance;
  instance.id = std::move(id);
  instance.session_uid = kUid;
  instance.phase = phase;
  instance.exit_code = phase == Phase::kExited ? 137 : 0;
  instance.spec_hash = in.node && in.session.status.ports ? SpecHash(in) : "h";
  instance.started_at = in.now;
}

// Placed, never started; the machine has nothing of it.
inline Inputs PlacedOnHost() {
  Inputs in = Fresh();
  in.session.status = Decide(in).status;
  in.nodes = NodeSet();
  in.node = testing::MakeNode();
  in.ledger = testing::MakeLedger(ClaimsOfPlaced());
  in.secrets = Secrets{"user", "admin", "token"};
  Gone(in);
  return in;
}

// Started a while ago, Ready, and running.
inline Inputs Running(Duration since = minutes(1)) {
  Inputs in = PlacedOnHost();
  const Plan plan = Decide(in);
  Found(in, Phase::kRunning);
  in.session.status = AfterStart(in, plan, in.observation.instance).status;
  in.probe = {.kind = Probe::Kind::kAnswered};
  in.session.status = Decide(in).status;
  in.now += since;
  in.probe = {};
  return in;
}

// As Running, after its container died and that was recorded `failures` times in a row.
inline Inputs Failed(int failures = 1) {
  Inputs in = Running();
  Found(in, Phase::kExited);
  in.session.status.failures = failures - 1;
  in.session.status = Decide(in).status;
  in.secrets = Secrets{"user", "admin", "token"};
  return in;
}

inline std::string Saying(const v1alpha1::BrowserSessionStatus& status, std::string_view type) {
  const auto* c = FindCondition(status.conditions, type);
  return c == nullptr ? "absent" : c->status + "/" + c->reason;
}

}  // namespace nekoplane::reconcilers::session
