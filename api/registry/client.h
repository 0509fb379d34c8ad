// Client is how reconcilers read and write objects: typed, blocking, one transaction per call.
//
// Thread safety: any thread may call. Blocking: reads never; writes until durable.
// Errors: as Registry; a write of an object that changed since it was read is kConflict, reason
//     ResourceVersion: read again and decide again.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "api/base/context.h"
#include "api/codec/json_codec.h"
#include "api/registry/registry.h"

namespace nekoplane::registry {

// An object that a decision was built on.
struct Needed {
  std::string resource, ns, name, uid;
};

// What goes into the same transaction as a status write.
struct With {
  std::vector<store::ClaimChange> claims;
  std::vector<store::LedgerGuard> guards;
  std::vector<v1alpha1::Secret>
      create_secrets;         // existing ones of the same name are left as they are
  std::vector<Needed> needs;  // kConflict if one is gone by then, or being deleted
};

class Client {
 public:
  explicit Client(Registry& registry, const Clock& clock, Random& random);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The newest committed state. Errors: kNotFound; kInternal: stored bytes that do not decode.
  template <class T>
  Result<T> Get(std::string_view ns, std::string_view name) const;

  // All of a kind, ordered by namespace and name; objects that do not decode are skipped.
  template <class T>
  std::vector<T> List() const;

  // Errors: kAlreadyExists, kInvalid.
  template <class T>
  Result<T> Create(const Context& ctx, const T& object);

  // Merges `patch` (RFC 7386) into spec and metadata of the stored object. A patch that changes
  // nothing writes nothing. Returns what is stored now. Errors: kNotFound, kInvalid.
  template <class T>
  Result<T> Patch(const Context& ctx, std::string_view ns, std::string_view name,
                  const nlohmann::json& patch);

  // Writes `object.status` over the stored object, which must still have object's uid and
  // resourceVersion, together with `with`. Only claims changed: still one commit. Returns what is
  // stored now. Errors: kConflict: ResourceVersion, Uid, ClaimHeld, LedgerMoved; kNotFound.
  template <class T>
  Result<T> WriteStatus(const Context& ctx, const T& object, With with = {});

  // Adds or removes a finalizer of the stored object of that uid; `with` goes into the same
  // transaction. Removing the last one of an object marked for deletion removes it.
  // Errors: kNotFound, kConflict: Uid.
  template <class T>
  Result<void> AddFinalizer(const Context& ctx, const T& object, std::string_view finalizer);
  template <class T>
  Result<void> RemoveFinalizer(const Context& ctx, const T& object, std::string_view finalizer,
                               With with = {});

  // Deletes the object of that uid (preconditioned). Not being there is success.
  template <class T>
  Result<void> Delete(const Context& ctx, const T& object);

  store::LedgerPtr Claims() const { return registry_.store().Claims(); }

  // Claims only, without an object.
  Result<void> ChangeClaims(const Context& ctx, std::vector<store::ClaimChange> changes,
                            std::vector<store::LedgerGuard> guards = {});

  Registry& registry() const { return registry_; }

 private:
  struct Cache;

  Registry& registry_;
  const Clock& clock_;
  Random& random_;
  const std::unique_ptr<Cache> cache_;  // of Get
};

}  // namespace nekoplane::registry
