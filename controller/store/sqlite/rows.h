// Checksums of the rows of `objects`, `log` and `claims`: written by Connection, verified by Load.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>

#include "api/store/store.h"
#include "controller/store/sqlite/checksum.h"

namespace nekoplane::store {

inline std::uint64_t ObjectSum(const Object& object) {
  return Checksum()
      .Add(object.key.resource)
      .Add(object.key.ns)
      .Add(object.key.name)
      .Add(object.uid)
      .Add(object.version)
      .Add(object.bytes)
      .value();
}

inline std::uint64_t ClaimSum(const Claim& claim) {
  return Checksum()
      .Add(claim.kind)
      .Add(claim.scope)
      .Add(claim.item)
      .Add(claim.owner)
      .Add(claim.detail)
      .value();
}

// `previous`: ObjectSum of the state before; 0 if there was none.
inline std::uint64_t LogSum(const Key& key, std::uint64_t version, EventType type,
                            std::string_view uid, std::uint64_t previous) {
  return Checksum()
      .Add(key.resource)
      .Add(key.ns)
      .Add(key.name)
      .Add(uid)
      .Add(version)
      .Add(static_cast<std::uint64_t>(type))
      .Add(previous)
      .value();
}

}  // namespace nekoplane::store
