// Everything the store holds at one moment, as one immutable value: the states of the store are a
// row of these, and a reader keeps the one it looked at for as long as it likes.
//
// Shared by MemoryStore and SqliteStore; not part of the store's contract.
//
// Thread safety: a value type over immutable trees; copying costs a few reference counts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "api/base/persistent_map.h"
#include "api/store/store.h"

namespace nekoplane::store {

using ObjectKey = std::tuple<std::string_view, std::string_view, std::string_view>;

struct KeyOfObject {
  ObjectKey operator()(const Object& o) const { return {o.key.resource, o.key.ns, o.key.name}; }
};

using ClaimPtr = std::shared_ptr<const Claim>;

// By scope, so that what is claimed on one node lies together: a placement touches one part of the
// tree only.
struct KeyOfClaim {
  std::tuple<std::string_view, std::string_view, std::string_view> operator()(
      const Claim& c) const {
    return {c.scope, c.kind, c.item};
  }
};

struct OwnerKeyOfClaim {
  std::tuple<std::string_view, std::string_view, std::string_view, std::string_view> operator()(
      const Claim& c) const {
    return {c.owner, c.kind, c.scope, c.item};
  }
};

struct ScopeVersion {
  std::string scope;
  std::uint64_t version = 0;
};

struct KeyOfScope {
  std::string_view operator()(const ScopeVersion& s) const { return s.scope; }
};

using ObjectMap = PersistentMap<Object, KeyOfObject>;
using ClaimMap = PersistentMap<Claim, KeyOfClaim>;
using OwnerMap = PersistentMap<Claim, OwnerKeyOfClaim>;
using ScopeMap = PersistentMap<ScopeVersion, KeyOfScope>;

struct State {
  std::uint64_t version = 0;
  ObjectMap objects;  // of every resource, so that one tree is all there is to publish

  // Counts the changes of claims; a scope's version is its value at the scope's last change, so it
  // never repeats, not even for a scope that was emptied in between.
  std::uint64_t ledger_version = 0;
  ClaimMap claims;
  OwnerMap claims_by_owner;
  ScopeMap scopes;
};

using StatePtr = std::shared_ptr<const State>;

// A snapshot of `resource` in `objects`, which are those of `version`.
SnapshotPtr MakeSnapshot(ObjectMap objects, std::string_view resource, std::uint64_t version);

LedgerPtr MakeLedger(StatePtr state);

}  // namespace nekoplane::store
