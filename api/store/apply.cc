#include "api/store/apply.h"

#include <string>
#include <utility>

#include "api/base/mutant.h"
#include "api/store/body.h"

namespace nekoplane::store {
namespace {

// 'browsersessions.nekoplane.dev "team-a/my-browser"'
std::string Describe(const Key& key) {
  std::string text = key.resource + " \"";
  if (!key.ns.empty()) text += key.ns + "/";
  return text + key.name + "\"";
}

Status Conflict(std::string_view reason, std::string message) {
  return MakeStatus(Code::kConflict, std::string(reason), std::move(message));
}

// One Apply in progress.
class Staging {
 public:
  explicit Staging(const State& base) { applied_.state = base; }

  Result<void> Check(const LedgerGuard& guard) const {
    const auto scope = applied_.state.scopes.Find(guard.scope);
    const std::uint64_t now = scope == nullptr ? 0 : scope->version;
    if (now == guard.scope_version) return {};
    return Conflict("LedgerMoved", "the claims of \"" + guard.scope +
                                       "\" changed since they were looked at; decide again");
  }

  Result<void> Do(const Write& write, std::size_t insert_at) {
    const Key& key = write.key;
    const ObjectPtr old = applied_.state.objects.Find({key.resource, key.ns, key.name});
    if (write.op == Write::Op::kCreate) return Create(write, insert_at, old);
    if (old == nullptr) {
      return MakeStatus(Code::kNotFound, "NotFound", Describe(key) + " not found");
    }
    if (!write.uid.empty() && write.uid != old->uid) {
      return Conflict("Uid", Describe(key) + " has uid " + old->uid + ", not " + write.uid +
                                 ": it was deleted and created again");
    }
    if (write.expected_version.has_value() && *write.expected_version != old->version &&
        !NEKO_MUTANT(kStoreLostUpdate)) {
      return Conflict("ResourceVersion", Describe(key) + " is at version " +
                                             std::to_string(old->version) + ", not " +
                                             std::to_string(*write.expected_version) +
                                             "; read it again and apply the change to that");
    }
    return write.op == Write::Op::kUpdate ? Update(write, insert_at, old) : Delete(old);
  }

  Result<void> Do(const ClaimChange& change) {
    const Claim& claim = change.claim;
    if (change.op == ClaimChange::Op::kReleaseOwner) {
      ReleaseOwner(claim.owner);
      return {};
    }
    const ClaimPtr held = applied_.state.claims.Find(KeyOfClaim()(claim));
    if (change.op == ClaimChange::Op::kRelease) {
      if (held != nullptr && held->owner == claim.owner) Replace(held, nullptr);
      return {};
    }
    if (held != nullptr && held->owner != claim.owner) {
      if (NEKO_MUTANT(kClaimStolen)) {
        Replace(held, nullptr);
        Replace(nullptr, std::make_shared<Claim>(claim));
        return {};
      }
      return Conflict("ClaimHeld", claim.kind + " " + claim.item +
                                       (claim.scope.empty() ? "" : " on " + claim.scope) +
                                       " is held by " + held->owner);
    }
    if (held == nullptr || held->detail != claim.detail) {
      Replace(held, std::make_shared<Claim>(claim));
    }
    return {};
  }

  Applied Finish() && {
    applied_.committed.version = applied_.state.version;
    return std::move(applied_);
  }

 private:
  Result<void> Create(const Write& write, std::size_t insert_at, const ObjectPtr& old) {
    if (old != nullptr) {
      return MakeStatus(Code::kAlreadyExists, "AlreadyExists",
                        Describe(write.key) + " already exists");
    }
    const std::uint64_t version = applied_.state.version + 1;
    Publish(EventType::kAdded,
            std::make_shared<Object>(Object{write.key, write.uid, version,
                                            InsertVersion(write.body, insert_at, version)}),
            nullptr);
    return {};
  }

  Result<void> Update(const Write& write, std::size_t insert_at, const ObjectPtr& old) {
    if (EqualsWithVersion(write.body, insert_at, old->version, old->bytes)) {
      applied_.committed.objects.push_back(old);
      return {};
    }
    const std::uint64_t version = applied_.state.version + 1;
    Publish(EventType::kModified,
            std::make_shared<Object>(Object{write.key, old->uid, version,
                                            InsertVersion(write.body, insert_at, version)}),
            old);
    return {};
  }

  Result<void> Delete(const ObjectPtr& old) {
    const std::uint64_t version = applied_.state.version + 1;
    NEKO_TRY(std::string bytes, ReplaceVersion(old->bytes, old->version, version));
    Publish(EventType::kDeleted,
            std::make_shared<Object>(Object{old->key, old->uid, version, std::move(bytes)}), old);
    return {};
  }

  void Publish(EventType type, ObjectPtr object, ObjectPtr previous) {
    State& state = applied_.state;
    state.version = object->version;
    state.objects = type == EventType::kDeleted
                        ? std::move(state.objects).Erase(KeyOfObject()(*object))
                        : std::move(state.objects).Put(object);
    applied_.committed.objects.push_back(object);
    const std::uint64_t version = object->version;
    applied_.events.push_back(
        std::make_shared<Event>(Event{type, version, std::move(object), std::move(previous)}));
  }

  void ReleaseOwner(std::string_view owner) {
    std::vector<ClaimPtr> held;
    applied_.state.claims_by_owner.ForEachFrom({owner, "", "", ""}, [&](const ClaimPtr& claim) {
      if (claim->owner != owner) return false;
      held.push_back(claim);
      return true;
    });
    for (const ClaimPtr& claim : held) Replace(claim, nullptr);
  }

  void Replace(const ClaimPtr& before, const ClaimPtr& after) {
    State& state = applied_.state;
    if (after != nullptr) {
      state.claims = std::move(state.claims).Put(after);
      state.claims_by_owner = std::move(state.claims_by_owner).Put(after);
    } else {
      state.claims = std::move(state.claims).Erase(KeyOfClaim()(*before));
      state.claims_by_owner = std::move(state.claims_by_owner).Erase(OwnerKeyOfClaim()(*before));
    }
    const std::string& scope = (after != nullptr ? after : before)->scope;
    state.scopes =
        std::move(state.scopes)
            .Put(std::make_shared<ScopeVersion>(ScopeVersion{scope, ++state.ledger_version}));
    applied_.claims.push_back({before, after});
  }

  Applied applied_;
};

}  // namespace

Result<PreparedTransaction> Prepare(Transaction transaction) {
  PreparedTransaction prepared;
  prepared.insert_at.reserve(transaction.writes.size());
  for (const Write& write : transaction.writes) {
    if (write.key.resource.empty() || write.key.name.empty()) {
      return MakeStatus(Code::kInvalid, "InvalidKey", "an object needs a resource and a name");
    }
    std::size_t at = 0;
    if (write.op != Write::Op::kDelete) {
      auto found = FindInsertionPoint(write.body);
      if (!found) return Annotate(std::move(found).error(), Describe(write.key));
      at = *found;
    }
    prepared.insert_at.push_back(at);
  }
  for (const ClaimChange& change : transaction.claims) {
    const Claim& claim = change.claim;
    const bool needs_item = change.op != ClaimChange::Op::kReleaseOwner;
    if (claim.owner.empty() || (needs_item && (claim.kind.empty() || claim.item.empty()))) {
      return MakeStatus(Code::kInvalid, "InvalidClaim",
                        "a claim needs a kind, an item and an owner");
    }
  }
  prepared.transaction = std::move(transaction);
  return prepared;
}

Result<Applied> Apply(const State& base, const PreparedTransaction& prepared) {
  const Transaction& transaction = prepared.transaction;
  Staging staging(base);
  for (const LedgerGuard& guard : transaction.guards) NEKO_RETURN_IF_ERROR(staging.Check(guard));
  for (std::size_t i = 0; i < transaction.writes.size(); ++i) {
    NEKO_RETURN_IF_ERROR(staging.Do(transaction.writes[i], prepared.insert_at[i]));
  }
  for (const ClaimChange& change : transaction.claims) NEKO_RETURN_IF_ERROR(staging.Do(change));
  return std::move(staging).Finish();
}

}  // namespace nekoplane::store
