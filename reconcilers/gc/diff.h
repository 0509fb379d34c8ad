// What is on a machine, or in the ledger, that nobody owns. Pure.
//
// The machine is listed first and the store is read after it: claims and owners are written before
// anything is made on a machine, so what was listed and has no owner afterwards never gets one.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/store/store.h"
#include "api/v1alpha1/core.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::reconcilers::gc {

// The live store, as far as ownership goes. An object that does not decode is still an owner.
struct Owners {
  struct Session {
    std::string node;         // where it is placed; "" = nowhere
    bool readable = true;     // false: we cannot tell where it belongs, so nothing of it is touched
    std::string volume = {};  // its profile's volume on that node
  };

  std::map<std::string, Session> sessions;  // by uid, those being deleted too
  std::set<std::string> profiles;           // uids
};

enum class What { kContainer, kVolume, kClaim, kSecret };
std::string_view WhatName(What what);

struct Finding {
  What what = What::kContainer;
  std::string node;         // of a claim: its scope
  std::string name;         // container or volume name; claim: "kind scope/item"; "namespace/name"
  std::string session_uid;  // container: whose
  std::string why;
  bool removable = true;    // false: shown, never removed
  bool too_young = false;   // not before the grace time is over
  store::Claim claim;       // kClaim
  v1alpha1::Secret secret;  // kSecret; its data is never shown
};

// What is older than `grace` and has no owner on `node`. Everything given carries our installation
// id already: drivers list nothing else.
std::vector<Finding> DiffMachine(const std::string& node,
                                 const std::vector<runtime::Observed>& instances,
                                 const std::vector<runtime::ObservedVolume>& volumes,
                                 const Owners& owners, WallTime now, Duration grace);

// Claims whose owner does not exist.
std::vector<Finding> DiffClaims(const std::vector<store::Claim>& claims, const Owners& owners);

// Of these, the ones that hold nothing any more. What a node's room and ports are claimed for may
// still run there, so they stay until `instances`, the node's list, does not show it.
std::vector<Finding> DiffNodeClaims(const std::string& node,
                                    const std::vector<store::Claim>& claims,
                                    const std::vector<runtime::Observed>& instances,
                                    const Owners& owners);
// A claim without a scope (a profile) stays as long as its owner has one with a scope; one of a
// node that is not in `nodes` holds nothing.
std::vector<Finding> DiffOtherClaims(const std::vector<store::Claim>& claims,
                                     const std::set<std::string>& nodes, const Owners& owners);

// Secrets that were made for sessions, by their owner references, of which none exists: what
// Kubernetes' own collector does for all kinds.
std::vector<Finding> DiffSecrets(const std::vector<v1alpha1::Secret>& secrets,
                                 const Owners& owners);

}  // namespace nekoplane::reconcilers::gc
