#include "reconcilers/gc/diff.h"

#include <algorithm>
#include <utility>

#include "api/base/mutant.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::reconcilers::gc {
namespace {

std::string WhoseSession(const runtime::Observed& instance) {
  if (instance.session_name.empty()) return "session " + instance.session_uid;
  return "session " + instance.session_namespace + "/" + instance.session_name;
}

// A session that left a lost node has its private profile elsewhere, from an empty start; what lies
// here is nobody's. "" = it is somebody's.
std::string WhyPrivateIsGarbage(const runtime::ObservedVolume& volume, const std::string& node,
                                const Owners& owners) {
  if (volume.session_uid.empty()) return "";
  const auto owner = owners.sessions.find(volume.session_uid);
  if (owner == owners.sessions.end()) {
    return "private profile of session " + volume.session_uid + ", which does not exist";
  }
  const auto& session = owner->second;
  if (!session.readable || session.node.empty() || session.node == node ||
      session.volume != volume.name) {
    return "";
  }
  return "private profile of session " + volume.session_uid + ", which has another one on node " +
         session.node;
}

}  // namespace

std::string_view WhatName(What what) {
  switch (what) {
    case What::kContainer:
      return "container";
    case What::kVolume:
      return "volume";
    case What::kClaim:
      return "claim";
    case What::kSecret:
      return "secret";
  }
  return "";
}

std::vector<Finding> DiffMachine(const std::string& node,
                                 const std::vector<runtime::Observed>& instances,
                                 const std::vector<runtime::ObservedVolume>& volumes,
                                 const Owners& owners, WallTime now, Duration grace) {
  std::vector<Finding> findings;
  for (const auto& instance : instances) {
    if (instance.session_uid.empty()) continue;  // not one of a session: nothing we could name
    Finding finding{.what = What::kContainer,
                    .node = node,
                    .name = runtime::ContainerName(instance.session_uid),
                    .session_uid = instance.session_uid,
                    .too_young = now - instance.created_at < grace};
    const auto owner = owners.sessions.find(
        NEKO_MUTANT(kGcOwnerByName) ? instance.session_namespace + "/" + instance.session_name
                                    : instance.session_uid);
    if (owner == owners.sessions.end()) {
      finding.why = WhoseSession(instance) + " does not exist";
    } else if (owner->second.readable && owner->second.node != node &&
               !NEKO_MUTANT(kStrandedKept)) {
      finding.why = WhoseSession(instance) + (owner->second.node.empty()
                                                  ? " has no place on any node"
                                                  : " is placed on node " + owner->second.node);
    } else {
      continue;
    }
    findings.push_back(std::move(finding));
  }
  for (const auto& volume : volumes) {
    Finding finding{.what = What::kVolume,
                    .node = node,
                    .name = volume.name,
                    .session_uid = volume.session_uid,
                    .too_young = now - volume.created_at < grace};
    if (!volume.profile_uid.empty()) {
      // Its profile's own deletion decides about data; a volume that outlived it was meant to stay.
      if (owners.profiles.contains(volume.profile_uid)) continue;
      finding.removable = NEKO_MUTANT(kGcKeptDataRemoved);
      finding.why = "kept data of a BrowserProfile that was deleted";
    } else if (const std::string why = WhyPrivateIsGarbage(volume, node, owners); !why.empty()) {
      finding.why = why;
    } else {
      continue;
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::vector<Finding> DiffClaims(const std::vector<store::Claim>& claims, const Owners& owners) {
  std::vector<Finding> findings;
  for (const auto& claim : claims) {
    if (owners.sessions.contains(claim.owner) || owners.profiles.contains(claim.owner)) continue;
    findings.push_back({.what = What::kClaim,
                        .node = claim.scope,
                        .name = claim.kind + " " + claim.scope + "/" + claim.item,
                        .session_uid = claim.owner,
                        .why = "its owner " + claim.owner + " does not exist",
                        .claim = claim});
  }
  return findings;
}

std::vector<Finding> DiffNodeClaims(const std::string& node,
                                    const std::vector<store::Claim>& claims,
                                    const std::vector<runtime::Observed>& instances,
                                    const Owners& owners) {
  std::set<std::string> present;
  for (const auto& instance : instances) present.insert(instance.session_uid);
  auto findings = DiffClaims(claims, owners);
  std::erase_if(findings, [&](const Finding& finding) {
    return finding.claim.scope != node ||
           (present.contains(finding.claim.owner) && !NEKO_MUTANT(kGcPortsBeforeContainer));
  });
  return findings;
}

std::vector<Finding> DiffOtherClaims(const std::vector<store::Claim>& claims,
                                     const std::set<std::string>& nodes, const Owners& owners) {
  std::set<std::string> on_nodes;  // owners
  for (const auto& claim : claims) {
    if (nodes.contains(claim.scope)) on_nodes.insert(claim.owner);
  }
  auto findings = DiffClaims(claims, owners);
  std::erase_if(findings, [&](const Finding& finding) {
    return nodes.contains(finding.claim.scope) || on_nodes.contains(finding.claim.owner);
  });
  return findings;
}

std::vector<Finding> DiffSecrets(const std::vector<v1alpha1::Secret>& secrets,
                                 const Owners& owners) {
  std::vector<Finding> findings;
  for (const auto& secret : secrets) {
    const auto& meta = secret.metadata;
    const auto ownerless = [&](const v1alpha1::OwnerReference& owner) {
      return owner.kind == v1alpha1::BrowserSession::kKind && !owners.sessions.contains(owner.uid);
    };
    const auto& references = meta.ownerReferences;
    if (references.empty() || !std::all_of(references.begin(), references.end(), ownerless)) {
      continue;
    }
    findings.push_back(
        {.what = What::kSecret,
         .node = "",
         .name = meta.namespace_ + "/" + meta.name,
         .session_uid = references.front().uid,
         .why = "session " + meta.namespace_ + "/" + references.front().name + " does not exist",
         .secret = secret});
  }
  return findings;
}

}  // namespace nekoplane::reconcilers::gc
