// Store keeps objects, their watch history and the claims that make the hard promises: no port
// twice, one instance per session, one writer per profile.
//
// It knows nothing of kinds: an object is a key, a uid and JSON bytes. What a write means
// (defaults, generation, finalizers) is decided above it, in api/registry. MemoryStore and
// SqliteStore implement it and pass tests/conformance/store_conformance.h alike.
//
// Versions: one counter for everything. Every object change takes the next number, so versions are
// dense and increase; none is ever used again, crash or not. resourceVersion is that number.
//
// Durability: a Commit is answered after it is on disk (SQLite: WAL, synchronous=FULL), and readers
// and watchers see it only then. A crash loses no answered commit and shows no half of one.
//
// Thread safety: any thread may call anything. Callbacks come from one thread at a time, in version
//     order, without any lock of the store held; they must not block, and may call Get, List,
//     CommitAsync and Watch, but not Commit.
// Lifetime: outlives every Subscription and every pending callback; the destructor answers what is
//     still queued with kCancelled.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/context.h"
#include "api/base/result.h"
#include "api/base/subscription.h"

namespace nekoplane::store {

struct Key {
  std::string resource;  // plural.group, "browsersessions.nekoplane.dev"; core kinds: "secrets"
  std::string ns;        // "" for cluster-scoped kinds
  std::string name;

  friend auto operator<=>(const Key&, const Key&) = default;
};

// Immutable once published.
struct Object {
  Key key;
  std::string uid;
  std::uint64_t version = 0;
  // The whole object as compact JSON; metadata.resourceVersion is `version`. Served as it is.
  std::string bytes;
};

using ObjectPtr = std::shared_ptr<const Object>;

enum class EventType { kAdded, kModified, kDeleted };

struct Event {
  EventType type = EventType::kAdded;
  std::uint64_t version = 0;
  ObjectPtr object;    // kDeleted: the last state, carrying the deletion's version
  ObjectPtr previous;  // null for kAdded; what selectors need to tell leaving from changing
};

using EventPtr = std::shared_ptr<const Event>;

// All objects of one resource at one version, ordered by (ns, name) bytewise. Immutable.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual std::uint64_t version() const = 0;
  virtual std::size_t size() const = 0;
  // nullptr if absent.
  virtual ObjectPtr Find(std::string_view ns, std::string_view name) const = 0;
  // Calls `visit` in order for each object after (ns, name) exclusive ("" "" = from the start),
  // until it returns false.
  virtual void ForEach(std::string_view after_ns, std::string_view after_name,
                       const std::function<bool(const ObjectPtr&)>& visit) const = 0;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

// A claim is held by at most one owner: (kind, scope, item) is unique.
struct Claim {
  std::string kind;    // kClaimPortTcp, ...
  std::string scope;   // the node's name; "" where the claim is global
  std::string item;    // port number, session uid, profile uid
  std::string owner;   // uid of the session that holds it
  std::string detail;  // JSON; the instance claim carries the amounts it takes:
                       // {"memory":..,"milliCpu":..,"gpus":..}

  friend bool operator==(const Claim&, const Claim&) = default;
};

inline constexpr char kClaimPortTcp[] = "port-tcp";  // scope node, item port
inline constexpr char kClaimPortUdp[] = "port-udp";  // scope node, item port
inline constexpr char kClaimInstance[] =
    "instance";  // scope node, item session uid, detail amounts
inline constexpr char kClaimProfile[] =
    "profile";  // scope "", item profile uid or private volume name

// The ledger at one moment. Immutable.
class Ledger {
 public:
  virtual ~Ledger() = default;
  // Grows with every change of a claim in that scope; 0 for a scope never used.
  virtual std::uint64_t ScopeVersion(std::string_view scope) const = 0;
  virtual std::optional<Claim> Find(std::string_view kind, std::string_view scope,
                                    std::string_view item) const = 0;
  // Ordered by (kind, item).
  virtual void ForEachInScope(std::string_view scope,
                              const std::function<void(const Claim&)>& visit) const = 0;
  // Ordered by (kind, scope, item).
  virtual void ForEachOfOwner(std::string_view owner,
                              const std::function<void(const Claim&)>& visit) const = 0;
  // Ordered by (scope, kind, item).
  virtual void ForEach(const std::function<void(const Claim&)>& visit) const = 0;
};

using LedgerPtr = std::shared_ptr<const Ledger>;

struct Write {
  enum class Op { kCreate, kUpdate, kDelete };
  Op op = Op::kCreate;
  Key key;
  std::string uid;  // kCreate: the new object's; otherwise "" or the uid it must have (kConflict)
  // kCreate, kUpdate: compact JSON object with "metadata":{...} as a non-empty object and without
  // metadata.resourceVersion, which the store inserts. Ignored for kDelete.
  std::string body;
  std::optional<std::uint64_t> expected_version;  // kUpdate, kDelete: kConflict if it is another
};

struct ClaimChange {
  enum class Op {
    kAcquire,       // held by the same owner: detail is replaced; by another: kConflict "ClaimHeld"
    kRelease,       // not held, or held by another owner: nothing happens
    kReleaseOwner,  // everything that claim.owner holds; the other fields are ignored
  };
  Op op = Op::kAcquire;
  Claim claim;
};

// "The ledger of this scope has not changed since I looked": makes a decision on capacity safe.
struct LedgerGuard {
  std::string scope;
  std::uint64_t scope_version = 0;
};

// All or nothing, in the order written; a later write sees the earlier ones.
struct Transaction {
  std::vector<Write> writes;
  std::vector<ClaimChange> claims;
  std::vector<LedgerGuard> guards;
};

struct Committed {
  std::uint64_t version = 0;       // the store's version after this commit
  std::vector<ObjectPtr> objects;  // one per write, in order; kDelete: the last state
};

class Store {
 public:
  using CommitDone = std::function<void(Result<Committed>)>;
  // A batch is never empty and never mixes resources.
  using WatchCallback = std::function<void(const std::vector<EventPtr>&)>;

  virtual ~Store() = default;

  // The newest committed state. nullptr if absent. Never blocks.
  virtual ObjectPtr Get(const Key& key) const = 0;

  // The newest committed state of one resource. Never blocks, never null.
  virtual SnapshotPtr List(std::string_view resource) const = 0;

  // Exactly at `version`. Errors: kExpired: no longer kept, list afresh. A version from the future
  // is kInvalid (reason VersionFromTheFuture).
  virtual Result<SnapshotPtr> ListAt(std::string_view resource, std::uint64_t version) const = 0;

  virtual LedgerPtr Claims() const = 0;

  // The newest committed version.
  virtual std::uint64_t Version() const = 0;

  // The version of the last event of `resource`, which may be a deletion: who was told of that one
  // was told of all up to any Version() read before this call. 0: there was none in the history
  // that is kept or was since this process began.
  virtual std::uint64_t LastChange(std::string_view resource) const = 0;

  // Blocks until durable. An update whose body equals the stored one changes nothing: no new
  // version, no event, and the stored object is returned.
  // Errors: kAlreadyExists, kNotFound: the object named in `message`;
  //     kConflict: reason ResourceVersion, Uid, ClaimHeld (message names the holder) or
  //     LedgerMoved;
  //         read again, decide again;
  //     kInvalid: a body that is not such JSON;
  //     kUnavailable: reason StorageFull or StorageFailed: not written, retry later. Only if the
  //         disk failed within the commit and again right after it may it show up, whole, when the
  //         disk works again or after a crash, and then before any later commit;
  //     kCancelled: the store is shutting down, nothing was written.
  virtual Result<Committed> Commit(const Context& ctx, Transaction transaction) = 0;

  // The same without waiting; `done` is called once, after the commit is visible to readers, on the
  // callback thread or before CommitAsync returns.
  virtual void CommitAsync(Transaction transaction, CommitDone done) = 0;

  // Calls back for every event of `resource` after `after_version`, past ones first, each once, in
  // order; the first call may come before Watch returns.
  // Errors: kExpired: history after that version is not complete any more: list, then watch from
  // the list's version. A version from the future is kInvalid (reason VersionFromTheFuture).
  virtual Result<std::unique_ptr<Subscription>> Watch(std::string_view resource,
                                                      std::uint64_t after_version,
                                                      WatchCallback callback) = 0;
};

}  // namespace nekoplane::store
