#include "tests/sim/invariants.h"

#include <algorithm>
#include <map>
#include <set>

#include "api/registry/base64.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/common/conditions.h"
#include "reconcilers/session/instance_spec.h"

namespace nekoplane::sim {
namespace {

using reconcilers::FindCondition;
using reconcilers::IsTrue;
using reconcilers::ReasonOf;
using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;
using v1alpha1::Secret;
namespace cond = v1alpha1::session;

using Wrong = std::vector<std::string>;

std::string NameOf(const BrowserSession& session) {
  return session.metadata.name + " (" + session.metadata.uid.substr(0, 8) + ")";
}

std::string Describe(const BrowserSession& session) {
  std::string text = NameOf(session);
  for (const auto& c : session.status.conditions) {
    text += " " + c.type + "=" + c.status + "/" + c.reason;
    if (!c.message.empty()) text += "(" + c.message + ")";
  }
  return text + " failures=" + std::to_string(session.status.failures) +
         " next=" + session.status.nextAttemptTime;
}

void CheckPorts(const World& world, Wrong& wrong) {
  std::map<std::string, std::string> uid_of;
  for (const auto& container : world.engine.Containers()) {
    uid_of[container.name] = container.spec.session_uid;
  }
  const auto ledger = world.store.Claims();
  for (const auto& [port, holder] : world.engine.BoundPorts()) {
    const auto it = uid_of.find(holder);
    if (it == uid_of.end()) continue;  // a stranger's
    const auto slash = port.find('/');
    const auto claim = ledger->Find("port-" + port.substr(0, slash), v1alpha1::BrowserNode::kHost,
                                    port.substr(slash + 1));
    if (!claim) {
      wrong.push_back(port + " is bound by " + holder + " without a claim");
    } else if (claim->owner != it->second) {
      wrong.push_back(port + " is bound by " + holder + " but claimed by " + claim->owner);
    }
  }
}

void CheckSecrets(const World& world, Wrong& wrong) {
  std::vector<std::string> secrets;
  for (const auto& secret : world.client.List<Secret>()) {
    for (const auto& [key, value] : secret.data) {
      secrets.push_back(value);
      secrets.push_back(registry::Base64Decode(value).value_or("?"));
    }
  }
  world.store.List(BrowserSession::kResource)->ForEach("", "", [&](const store::ObjectPtr& object) {
    for (const auto& secret : secrets) {
      if (object->bytes.find(secret) != std::string::npos) {
        wrong.push_back("session " + object->key.name + " shows a secret");
      }
    }
    return true;
  });
}

// A session that is to run but does not must say why, and the reason must be true.
void CheckWaiting(const World& world, const BrowserSession& session, Wrong& wrong) {
  const auto& conditions = session.status.conditions;
  const auto bound = ReasonOf(conditions, cond::kProfileBound);
  if (bound == cond::kReasonProfileInUse) {
    const auto profile = world.client.Get<BrowserProfile>("default", session.spec.profileRef->name);
    const auto claim =
        profile ? world.store.Claims()->Find(store::kClaimProfile, "", profile->metadata.uid)
                : std::nullopt;
    if (!claim || claim->owner == session.metadata.uid) {
      wrong.push_back(NameOf(session) + " waits for a profile that nobody holds");
    }
    return;
  }
  if (bound == cond::kReasonProfileNotFound) {
    const auto profile = world.client.Get<BrowserProfile>("default", session.spec.profileRef->name);
    if (profile && !profile->metadata.deleting()) {
      wrong.push_back(NameOf(session) + " says its profile is missing, but it is there");
    }
    return;
  }
  if (ReasonOf(conditions, cond::kScheduled) == cond::kReasonUnschedulable) {
    const auto node = world.client.Get<v1alpha1::BrowserNode>("", v1alpha1::BrowserNode::kHost);
    const auto use = reconcilers::UseOf(*node, *world.store.Claims());
    const bool small = !node->spec.capacity.memory.empty();
    if (!small || use.sessions < 3) {
      wrong.push_back(NameOf(session) + " waits for room, but there is some: " +
                      std::to_string(use.sessions) + " sessions");
    }
    return;
  }
  wrong.push_back(Describe(session) + " is not Ready");
}

void CheckSessions(const World& world, const std::vector<BrowserSession>& sessions,
                   std::set<std::string>& running, Wrong& wrong) {
  for (const auto& session : sessions) {
    const auto& status = session.status;
    if (session.metadata.deleting()) {
      wrong.push_back(NameOf(session) + " is still being deleted");
      continue;
    }
    for (const char* type : {cond::kScheduled, cond::kProfileBound, cond::kStarted, cond::kReady,
                             cond::kHealthy, cond::kSuspended}) {
      const auto* c = FindCondition(status.conditions, type);
      if (c == nullptr) {
        wrong.push_back(NameOf(session) + " has no condition " + type);
      } else if (c->observedGeneration != session.metadata.generation) {
        wrong.push_back(NameOf(session) + "'s " + type + " is about an old generation");
      }
    }
    const bool ready = IsTrue(status.conditions, cond::kReady);
    if (session.spec.operatingMode == v1alpha1::OperatingMode::kSuspended) {
      if (!IsTrue(status.conditions, cond::kSuspended) || ready || status.ports) {
        wrong.push_back(NameOf(session) + " is not suspended");
      }
    } else if (ready) {
      running.insert(session.metadata.uid);
    } else {
      CheckWaiting(world, session, wrong);
    }
  }
}

// What runs is what the session asks for now, not what it asked for once.
void CheckContainer(const runtime::SimContainer& container, const BrowserSession& session,
                    Wrong& wrong) {
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

void CheckMachine(const World& world, const std::vector<BrowserSession>& sessions,
                  const std::set<std::string>& running, Wrong& wrong) {
  std::set<std::string> containers, uids, volumes;
  for (const auto& container : world.engine.Containers()) {
    containers.insert(container.spec.session_uid);
    if (container.phase != runtime::Observed::Phase::kRunning || container.sick) {
      wrong.push_back("container " + container.name + " does not run well");
    }
    for (const auto& session : sessions) {
      if (session.metadata.uid != container.spec.session_uid) continue;
      CheckContainer(container, session, wrong);
      if (!running.contains(session.metadata.uid)) {
        wrong.push_back("a container for " + Describe(session));
      }
    }
  }
  if (containers != running) {
    wrong.push_back(std::to_string(containers.size()) + " containers for " +
                    std::to_string(running.size()) + " ready sessions");
  }
  for (const auto& session : sessions) {
    uids.insert(session.metadata.uid);
  }
  std::set<std::string> profiles;
  for (const auto& profile : world.client.List<BrowserProfile>()) {
    if (profile.metadata.deleting() && !profile.status.holder) {
      wrong.push_back("profile " + profile.metadata.name + " is still being deleted");
    }
    profiles.insert(profile.metadata.uid);
  }
  for (const auto& volume : world.engine.Volumes()) {
    if (!volume.session_uid.empty() && !uids.contains(volume.session_uid)) {
      wrong.push_back("volume " + volume.name + " has no owner");
    }
    volumes.insert(volume.name);
  }
  for (const auto& session : sessions) {
    const bool ran = running.contains(session.metadata.uid);
    if (ran && !volumes.contains(session.status.volume)) {
      wrong.push_back(NameOf(session) + " has lost its volume");
    }
  }
  world.store.Claims()->ForEach([&](const store::Claim& claim) {
    if (!uids.contains(claim.owner) && !profiles.contains(claim.owner)) {
      wrong.push_back("claim " + claim.kind + " " + claim.item + " has no owner");
    }
  });
  for (const auto& secret : world.client.List<Secret>()) {
    const auto& owners = secret.metadata.ownerReferences;
    if (owners.size() != 1 || !uids.contains(owners[0].uid)) {
      wrong.push_back("secret " + secret.metadata.name + " has no owner");
    }
  }
}

}  // namespace

Wrong AlwaysWrong(const World& world) {
  Wrong wrong = world.engine.Violations();
  std::set<std::string> seen;
  for (const auto& container : world.engine.Containers()) {
    if (!seen.insert(container.spec.session_uid).second) {
      wrong.push_back("two containers for session " + container.spec.session_uid);
    }
  }
  CheckPorts(world, wrong);
  return wrong;
}

Wrong WrongAfterSettling(const World& world) {
  Wrong wrong = AlwaysWrong(world);
  const auto sessions = world.client.List<BrowserSession>();
  std::set<std::string> running;
  CheckSessions(world, sessions, running, wrong);
  CheckMachine(world, sessions, running, wrong);
  CheckSecrets(world, wrong);
  return wrong;
}

std::string VersionsOf(const World& world) {
  std::string text;
  for (const char* resource : {BrowserSession::kResource, BrowserProfile::kResource,
                               v1alpha1::BrowserClass::kResource, Secret::kResource}) {
    world.store.List(resource)->ForEach("", "", [&](const store::ObjectPtr& object) {
      text += object->key.resource + "/" + object->key.name + "=" +
              std::to_string(object->version) + " ";
      return true;
    });
  }
  return text;
}

}  // namespace nekoplane::sim
