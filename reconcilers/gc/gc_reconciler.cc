#include "reconcilers/gc/gc_reconciler.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "api/base/mutant.h"
#include "api/codec/json_codec.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/common/outcome.h"

namespace nekoplane::reconcilers::gc {
namespace {

using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;

constexpr auto kListTimeout = std::chrono::seconds(30);
constexpr auto kRemoveTimeout = std::chrono::seconds(60);

using Uids = std::set<std::string, std::less<>>;

// Uids come from the store itself, so that an object that does not decode keeps what it owns. Where
// they belong is read of those in `of` only: most of many sessions are on other machines. Of
// sessions that are neither in `of` nor in `claimants` (null: all are) nothing is told.
Owners LiveOwners(const registry::Client& client, const Uids& of, const Uids* claimants) {
  Owners owners;
  const auto& store = client.registry().store();
  store.List(BrowserSession::kResource)->ForEach("", "", [&](const store::ObjectPtr& object) {
    const bool by_name = NEKO_MUTANT(kGcOwnerByName);
    if (claimants != nullptr && !claimants->contains(object->uid) && !of.contains(object->uid) &&
        !by_name) {
      return true;
    }
    Owners::Session& owner = owners.sessions[object->uid] = {.node = "", .readable = false};
    if (!of.contains(object->uid) && !by_name) return true;
    const auto session = codec::Decode<BrowserSession>(std::string_view(object->bytes));
    if (!session) return true;
    owner = {.node = session->status.nodeName, .readable = true, .volume = session->status.volume};
    if (by_name) {
      const auto copy = owner;
      owners.sessions[object->key.ns + "/" + object->key.name] = copy;
    }
    return true;
  });
  store.List(BrowserProfile::kResource)->ForEach("", "", [&](const store::ObjectPtr& object) {
    owners.profiles.insert(object->uid);
    return true;
  });
  return owners;
}

std::vector<store::Claim> AllClaims(const registry::Client& client) {
  std::vector<store::Claim> claims;
  client.Claims()->ForEach([&](const store::Claim& claim) { claims.push_back(claim); });
  return claims;
}

std::vector<store::Claim> ClaimsOn(const registry::Client& client, const std::string& node) {
  std::vector<store::Claim> claims;
  client.Claims()->ForEachInScope(node,
                                  [&](const store::Claim& claim) { claims.push_back(claim); });
  return claims;
}

void Append(std::vector<Finding>& to, std::vector<Finding> from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

}  // namespace

Result<std::vector<Finding>> Look(const Context& ctx, const Deps& deps, const std::string& node,
                                  const Options& options) {
  const auto driver = deps.drivers.ForNode(node);
  if (driver == nullptr) {
    return MakeStatus(Code::kNotFound, "NoDriver", "not connected to node " + node);
  }
  const auto capabilities = driver->capabilities();
  const Context limited = ctx.WithTimeout(deps.clock, kListTimeout);
  Owners owners;
  if (NEKO_MUTANT(kGcOldPicture)) owners = LiveOwners(deps.client, {}, nullptr);
  std::vector<runtime::Observed> instances;
  std::vector<runtime::ObservedVolume> volumes;
  if (capabilities.list) {
    NEKO_TRY(instances, driver->List(limited));
  }
  if (capabilities.list && capabilities.volumes) {
    NEKO_TRY(volumes, driver->ListVolumes(limited));
  }
  Uids found;
  for (const auto& instance : instances) found.insert(instance.session_uid);
  for (const auto& volume : volumes) found.insert(volume.session_uid);
  const auto claims = ClaimsOn(deps.client, node);
  Uids claimants;
  for (const auto& claim : claims) claimants.insert(claim.owner);
  if (!NEKO_MUTANT(kGcOldPicture)) owners = LiveOwners(deps.client, found, &claimants);
  const Duration grace = NEKO_MUTANT(kGcOldPicture) ? Duration::zero() : options.grace;
  auto findings = DiffMachine(node, instances, volumes, owners, deps.clock.WallNow(), grace);
  Append(findings, DiffNodeClaims(node, claims, instances, owners));
  return findings;
}

std::vector<Finding> LookAtStore(const Deps& deps) {
  const auto claims = AllClaims(deps.client);
  const auto secrets = deps.client.List<v1alpha1::Secret>();
  const auto nodes = deps.drivers.Nodes();
  const Owners owners = LiveOwners(deps.client, {}, nullptr);
  auto findings = DiffOtherClaims(claims, {nodes.begin(), nodes.end()}, owners);
  if (!NEKO_MUTANT(kGcForgetsSecrets)) Append(findings, DiffSecrets(secrets, owners));
  return findings;
}

manager::Outcome GcReconciler::Reconcile(const Context& ctx, const queue::Key& key) {
  std::vector<Finding> findings;
  if (key.name.empty()) {
    findings = LookAtStore(deps_);
  } else {
    auto looked = Look(ctx, deps_, key.name, options_);
    if (!looked) {
      if (looked.is(Code::kNotFound)) {
        Forget(key.name);
        return manager::Done{};
      }
      return manager::RequeueAfter{options_.period};  // nobody knows: nothing goes
    }
    findings = std::move(looked).value();
  }
  std::erase_if(findings, [](const Finding& f) { return !f.removable; });
  const auto doomed = SeenTwice(key.name, std::move(findings));
  Duration again = doomed.look_again;
  for (const auto& finding : doomed.findings) {
    if (ctx.stopped()) break;
    const auto removed = Remove(ctx, finding);
    if (!removed) {
      deps_.log.Warning("garbage could not be removed, trying again",
                        {{"what", std::string(WhatName(finding.what))},
                         {"name", finding.name},
                         {"error", removed.error().ToString()}});
      continue;
    }
    again = std::min(again, options_.between_looks);  // what it kept from going can be found now
    if (deps_.removed) deps_.removed(finding.what);
    deps_.log.Info("garbage removed", {{"what", std::string(WhatName(finding.what))},
                                       {"node", finding.node},
                                       {"name", finding.name},
                                       {"why", finding.why}});
  }
  return manager::RequeueAfter{again};
}

Duration GcReconciler::Apart(const std::string& node, const Finding& finding) const {
  const bool on_node = finding.what == What::kClaim && !node.empty();
  if (on_node && !NEKO_MUTANT(kGcPortsBeforeContainer)) return options_.between_claim_looks;
  // Ages are told by wall clocks, and these are set back; how long we have seen it is true.
  return finding.too_young ? std::max(options_.grace, options_.between_looks)
                           : options_.between_looks;
}

GcReconciler::Doomed GcReconciler::SeenTwice(const std::string& node,
                                             std::vector<Finding> findings) {
  const MonoTime now = deps_.clock.Now();
  MutexLock lock(mu_);
  auto& before = first_seen_[node];
  std::map<std::string, MonoTime> seen;
  // The second look at something new need not wait for the whole period.
  Doomed doomed{.findings = {}, .look_again = options_.period};
  for (auto& finding : findings) {
    const std::string id = std::string(WhatName(finding.what)) + " " + finding.name;
    const auto it = before.find(id);
    const bool new_to_us = it == before.end() || NEKO_MUTANT(kGcNeverSecondLook);
    const MonoTime first = new_to_us ? now : it->second;
    seen[id] = first;
    const Duration left = Apart(node, finding) - (now - first);
    if ((it != before.end() && left <= Duration::zero()) || NEKO_MUTANT(kGcOldPicture)) {
      doomed.findings.push_back(std::move(finding));
    } else {
      doomed.look_again = std::min(doomed.look_again, std::max(left, options_.between_looks));
    }
  }
  before = std::move(seen);
  return doomed;
}

void GcReconciler::Forget(const std::string& node) {
  MutexLock lock(mu_);
  first_seen_.erase(node);
}

Result<void> GcReconciler::Remove(const Context& ctx, const Finding& finding) {
  const Context limited = ctx.WithTimeout(deps_.clock, kRemoveTimeout);
  switch (finding.what) {
    case What::kClaim:
      return deps_.client.ChangeClaims(limited, {Release(finding.claim)});
    case What::kSecret:
      return deps_.client.Delete(limited, finding.secret);
    case What::kContainer:
    case What::kVolume:
      break;
  }
  const auto driver = deps_.drivers.ForNode(finding.node);
  if (driver == nullptr) {
    return MakeStatus(Code::kUnavailable, "NoDriver", "not connected to node " + finding.node);
  }
  // Names are reused by a session that got a place here since we looked.
  const Uids it_only = {finding.session_uid};
  const Owners owners = LiveOwners(deps_.client, it_only, &it_only);
  const auto owner = owners.sessions.find(finding.session_uid);
  const bool volume = finding.what == What::kVolume;
  if (owner != owners.sessions.end() && !NEKO_MUTANT(kGcOldPicture) &&
      (!owner->second.readable || owner->second.node == finding.node ||
       (volume && owner->second.node.empty()))) {
    return {};
  }
  if (volume) return driver->EnsureVolumeRemoved(limited, finding.name);
  return driver->EnsureRemoved(limited, finding.session_uid, options_.stop_timeout);
}

}  // namespace nekoplane::reconcilers::gc
