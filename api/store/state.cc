#include "api/store/state.h"

#include <utility>

#include "api/base/check.h"
#include "api/store/changes.h"

namespace nekoplane::store {
namespace {

constexpr std::string_view kAfterScopes = "\xff";  // no scope is written in such characters

// The smallest string greater than `s`.
std::string After(std::string_view s) { return std::string(s) + '\0'; }

class ResourceSnapshot final : public Snapshot {
 public:
  ResourceSnapshot(ObjectMap objects, std::string_view resource, std::uint64_t version)
      : objects_(std::move(objects)), resource_(resource), version_(version) {}

  std::uint64_t version() const override { return version_; }

  std::size_t size() const override {
    const std::string next = After(resource_);
    return objects_.Rank({next, "", ""}) - objects_.Rank({resource_, "", ""});
  }

  ObjectPtr Find(std::string_view ns, std::string_view name) const override {
    return objects_.Find({resource_, ns, name});
  }

  void ForEach(std::string_view after_ns, std::string_view after_name,
               const std::function<bool(const ObjectPtr&)>& visit) const override {
    const bool from_start = after_ns.empty() && after_name.empty();
    const std::string name = from_start ? std::string() : After(after_name);
    objects_.ForEachFrom({resource_, after_ns, name}, [&](const ObjectPtr& object) {
      return object->key.resource == resource_ && visit(object);
    });
  }

  template <class Visit>
  void ForEachChange(const ResourceSnapshot& after, Visit&& visit) const {
    const std::string next = After(resource_);
    ObjectMap::ForEachDifference(objects_, after.objects_, {resource_, "", ""}, {next, "", ""},
                                 visit);
  }

 private:
  const ObjectMap objects_;
  const std::string resource_;
  const std::uint64_t version_;
};

class StateLedger final : public Ledger {
 public:
  explicit StateLedger(StatePtr state) : state_(std::move(state)) {}

  std::uint64_t ScopeVersion(std::string_view scope) const override {
    const auto found = state_->scopes.Find(scope);
    return found == nullptr ? 0 : found->version;
  }

  std::optional<Claim> Find(std::string_view kind, std::string_view scope,
                            std::string_view item) const override {
    const ClaimPtr found = state_->claims.Find({scope, kind, item});
    if (found == nullptr) return std::nullopt;
    return *found;
  }

  void ForEachInScope(std::string_view scope,
                      const std::function<void(const Claim&)>& visit) const override {
    state_->claims.ForEachFrom({scope, "", ""}, [&](const ClaimPtr& claim) {
      if (claim->scope != scope) return false;
      visit(*claim);
      return true;
    });
  }

  void ForEachOfOwner(std::string_view owner,
                      const std::function<void(const Claim&)>& visit) const override {
    state_->claims_by_owner.ForEachFrom({owner, "", "", ""}, [&](const ClaimPtr& claim) {
      if (claim->owner != owner) return false;
      visit(*claim);
      return true;
    });
  }

  void ForEach(const std::function<void(const Claim&)>& visit) const override {
    state_->claims.ForEachFrom({"", "", ""}, [&](const ClaimPtr& claim) {
      visit(*claim);
      return true;
    });
  }

  template <class Visit>
  void ForEachChange(const StateLedger& after, Visit&& visit) const {
    ClaimMap::ForEachDifference(state_->claims, after.state_->claims, {"", "", ""},
                                {kAfterScopes, "", ""}, visit);
  }

 private:
  const StatePtr state_;
};

}  // namespace

SnapshotPtr MakeSnapshot(ObjectMap objects, std::string_view resource, std::uint64_t version) {
  return std::make_shared<ResourceSnapshot>(std::move(objects), resource, version);
}

void ForEachChange(
    const Snapshot& before, const Snapshot& after,
    const std::function<void(const ObjectPtr& before, const ObjectPtr& after)>& visit) {
  const auto* a = dynamic_cast<const ResourceSnapshot*>(&before);
  const auto* b = dynamic_cast<const ResourceSnapshot*>(&after);
  NEKO_CHECK(a != nullptr && b != nullptr);
  a->ForEachChange(*b, visit);
}

void ForEachChange(const Ledger& before, const Ledger& after,
                   const std::function<void(const Claim* before, const Claim* after)>& visit) {
  const auto* a = dynamic_cast<const StateLedger*>(&before);
  const auto* b = dynamic_cast<const StateLedger*>(&after);
  NEKO_CHECK(a != nullptr && b != nullptr);
  a->ForEachChange(*b, [&](const ClaimPtr& was, const ClaimPtr& is) {
    // Released and taken again in the same way is no change.
    if (was == nullptr || is == nullptr || *was != *is) visit(was.get(), is.get());
  });
}

LedgerPtr MakeLedger(StatePtr state) { return std::make_shared<StateLedger>(std::move(state)); }

}  // namespace nekoplane::store
