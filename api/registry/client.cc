#include "api/registry/client.h"

#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "api/registry/commit_loop.h"
#include "api/registry/decoded.h"
#include "api/registry/messages.h"
#include "api/registry/meta.h"
#include "api/registry/namespaces.h"
#include "api/registry/plan.h"
#include "api/registry/planners.h"
#include "api/v1alpha1/lease.h"

namespace nekoplane::registry {
namespace {

using nlohmann::json;

const codec::Kind& KindOf(const Registry& registry, const char* resource) {
  const codec::Kind* kind = registry.kinds().FindByResource(resource);
  NEKO_CHECK(kind != nullptr);  // the table is built in, like the kinds the templates know
  return *kind;
}

template <class T>
Result<T> DecodeObject(const store::ObjectPtr& object) {
  return codec::Decode<T>(std::string_view(object->bytes));
}

// Reconcilers write what they mean; unknown fields cannot occur.
WriteOptions OwnWrite() {
  WriteOptions options;
  options.field_validation = FieldValidation::kIgnore;
  return options;
}

Status WrongUid(const Stored& stored, const std::string& wanted) {
  return UidPrecondition(stored.object->key.resource, stored.object->key.name, wanted,
                         stored.object->uid);
}

Result<store::Write> PinNeeded(const PlannerDeps& deps, const Needed& needed) {
  store::ObjectPtr object = deps.store.Get({needed.resource, needed.ns, needed.name});
  if (object == nullptr || object->uid != needed.uid) {
    return UidPrecondition(needed.resource, needed.name, needed.uid,
                           object == nullptr ? "" : object->uid);
  }
  NEKO_TRY(const Stored stored, Stored::Parse(std::move(object)));
  if (IsTerminating(stored.value)) {
    return MakeStatus(Code::kConflict, "Terminating", needed.name + " is being deleted");
  }
  return PinWrite(stored);
}

// Adds what goes into the same transaction. A plan that changes nothing still pins the object's
// version when claims depend on it.
Result<Step> StepWith(const PlannerDeps& deps, const codec::Kind& kind, Planned plan,
                      const Stored& stored, const With& with) {
  std::vector<store::Write> more;
  for (const Needed& needed : with.needs) {
    NEKO_TRY(store::Write pin, PinNeeded(deps, needed));
    more.push_back(std::move(pin));
  }
  for (const v1alpha1::Secret& secret : with.create_secrets) {
    const codec::Kind* secret_kind = deps.kinds.FindByResource(v1alpha1::Secret::kResource);
    NEKO_CHECK(secret_kind != nullptr);
    if (deps.store.Get({secret_kind->resource(), secret.metadata.namespace_,
                        secret.metadata.name}) != nullptr) {
      continue;
    }
    const Birth birth{NewUid(deps.random), "", deps.clock.WallNow()};
    NEKO_TRY(const Planned create, PlanCreate(*secret_kind, secret.metadata.namespace_,
                                              codec::Encode(secret), OwnWrite(), birth));
    more.push_back(WriteFor(*secret_kind, create, nullptr));
  }
  const bool alone = with.claims.empty() && with.guards.empty() && more.empty();
  if (plan.action == Planned::Action::kNothing && !alone) {
    Step step;
    step.transaction.writes.push_back(WriteFor(kind, plan, &stored));
    step.transaction.writes.insert(step.transaction.writes.end(), more.begin(), more.end());
    step.transaction.claims = with.claims;
    step.transaction.guards = with.guards;
    return step;
  }
  Step step = StepFor(kind, std::move(plan), &stored, false);
  step.transaction.writes.insert(step.transaction.writes.end(), more.begin(), more.end());
  step.transaction.claims = with.claims;
  step.transaction.guards = with.guards;
  return step;
}

}  // namespace

// Of the kinds that are read pass after pass.
struct Client::Cache : Decoded<v1alpha1::BrowserSession>,
                       Decoded<v1alpha1::BrowserProfile>,
                       Decoded<v1alpha1::BrowserNode>,
                       Decoded<v1alpha1::BrowserClass> {
  template <class T>
  Result<T> Decode(const store::ObjectPtr& object) {
    if constexpr (std::is_base_of_v<Decoded<T>, Cache>) {
      return Decoded<T>::Of(object);
    } else {
      return DecodeObject<T>(object);
    }
  }
};

Client::Client(Registry& registry, const Clock& clock, Random& random)
    : registry_(registry), clock_(clock), random_(random), cache_(std::make_unique<Cache>()) {}

Client::~Client() = default;

template <class T>
Result<T> Client::Get(std::string_view ns, std::string_view name) const {
  NEKO_TRY(const store::ObjectPtr object, registry_.Get(KindOf(registry_, T::kResource), ns, name));
  return cache_->Decode<T>(object);
}

template <class T>
std::vector<T> Client::List() const {
  std::vector<T> out;
  const store::SnapshotPtr snapshot = registry_.store().List(T::kResource);
  out.reserve(snapshot->size());
  snapshot->ForEach("", "", [&](const store::ObjectPtr& object) {
    if (Result<T> decoded = DecodeObject<T>(object)) out.push_back(*std::move(decoded));
    return true;
  });
  return out;
}

template <class T>
Result<T> Client::Create(const Context& ctx, const T& object) {
  const PlannerDeps deps{registry_.store(), registry_.kinds(), clock_, random_};
  const codec::Kind& kind = KindOf(registry_, T::kResource);
  json body = codec::Encode(object);
  NEKO_TRY(const WriteReply reply,
           CommitBlocking(
               ctx, registry_.store(),
               CreatePlanner(deps, kind, object.metadata.namespace_, std::move(body), OwnWrite())));
  return cache_->Decode<T>(reply.object);
}

template <class T>
Result<T> Client::Patch(const Context& ctx, std::string_view ns, std::string_view name,
                        const json& patch) {
  const PlannerDeps deps{registry_.store(), registry_.kinds(), clock_, random_};
  NEKO_TRY(const WriteReply reply,
           CommitBlocking(ctx, registry_.store(),
                          PatchPlanner(deps, KindOf(registry_, T::kResource), std::string(ns),
                                       std::string(name), PatchType::kMerge, patch,
                                       Subresource::kNone, OwnWrite())));
  return cache_->Decode<T>(reply.object);
}

template <class T>
Result<T> Client::WriteStatus(const Context& ctx, const T& object, With with) {
  const PlannerDeps deps{registry_.store(), registry_.kinds(), clock_, random_};
  const codec::Kind& kind = KindOf(registry_, T::kResource);
  const json body = codec::Encode(object);
  const Planner planner = [&]() -> Result<Step> {
    NEKO_TRY(const Stored stored,
             LoadStored(deps.store, kind, object.metadata.namespace_, object.metadata.name));
    NEKO_TRY(Planned plan, PlanUpdate(kind, stored, body, Subresource::kStatus, OwnWrite()));
    return StepWith(deps, kind, std::move(plan), stored, with);
  };
  NEKO_TRY(const WriteReply reply, CommitBlocking(ctx, registry_.store(), planner));
  return cache_->Decode<T>(reply.object);
}

template <class T>
Result<void> Client::AddFinalizer(const Context& ctx, const T& object, std::string_view finalizer) {
  const PlannerDeps deps{registry_.store(), registry_.kinds(), clock_, random_};
  const codec::Kind& kind = KindOf(registry_, T::kResource);
  const Planner planner = [&]() -> Result<Step> {
    NEKO_TRY(const Stored stored,
             LoadStored(deps.store, kind, object.metadata.namespace_, object.metadata.name));
    if (stored.object->uid != object.metadata.uid) return WrongUid(stored, object.metadata.uid);
    Planned plan = PlanFinalizer(stored, finalizer, true);
    auto causes = ValidateMetadataUpdate(plan.object["metadata"], stored.value["metadata"]);
    if (!causes.empty()) return Invalid(kind, object.metadata.name, std::move(causes));
    return StepWith(deps, kind, std::move(plan), stored, {});
  };
  NEKO_RETURN_IF_ERROR(CommitBlocking(ctx, registry_.store(), planner));
  return {};
}

template <class T>
Result<void> Client::RemoveFinalizer(const Context& ctx, const T& object,
                                     std::string_view finalizer, With with) {
  const PlannerDeps deps{registry_.store(), registry_.kinds(), clock_, random_};
  const codec::Kind& kind = KindOf(registry_, T::kResource);
  const Planner planner = [&]() -> Result<Step> {
    NEKO_TRY(const Stored stored,
             LoadStored(deps.store, kind, object.metadata.namespace_, object.metadata.name));
    if (stored.object->uid != object.metadata.uid) return WrongUid(stored, object.metadata.uid);
    return StepWith(deps, kind, PlanFinalizer(stored, finalizer, false), stored, with);
  };
  NEKO_RETURN_IF_ERROR(CommitBlocking(ctx, registry_.store(), planner));
  return {};
}

template <class T>
Result<void> Client::Delete(const Context& ctx, const T& object) {
  const PlannerDeps deps{registry_.store(), registry_.kinds(), clock_, random_};
  DeleteOptions options;
  options.uid = object.metadata.uid;
  const Result<WriteReply> reply =
      CommitBlocking(ctx, registry_.store(),
                     DeletePlanner(deps, KindOf(registry_, T::kResource),
                                   object.metadata.namespace_, object.metadata.name, options));
  if (reply || reply.is(Code::kNotFound)) return {};
  // Another object of that name: the one meant is gone.
  if (reply.is(Code::kConflict) && reply.error().reason == kReasonUid) return {};
  return reply.error();
}

Result<void> Client::ChangeClaims(const Context& ctx, std::vector<store::ClaimChange> changes,
                                  std::vector<store::LedgerGuard> guards) {
  if (changes.empty()) return {};
  store::Transaction transaction;
  transaction.claims = std::move(changes);
  transaction.guards = std::move(guards);
  NEKO_RETURN_IF_ERROR(registry_.store().Commit(ctx, std::move(transaction)));
  return {};
}

#define NEKO_INSTANTIATE_CLIENT(T)                                                             \
  template Result<T> Client::Get<T>(std::string_view, std::string_view) const;                 \
  template std::vector<T> Client::List<T>() const;                                             \
  template Result<T> Client::Create<T>(const Context&, const T&);                              \
  template Result<T> Client::Patch<T>(const Context&, std::string_view, std::string_view,      \
                                      const json&);                                            \
  template Result<void> Client::AddFinalizer<T>(const Context&, const T&, std::string_view);   \
  template Result<void> Client::RemoveFinalizer<T>(const Context&, const T&, std::string_view, \
                                                   With);                                      \
  template Result<void> Client::Delete<T>(const Context&, const T&)
#define NEKO_INSTANTIATE_STATUS(T) \
  template Result<T> Client::WriteStatus<T>(const Context&, const T&, With)

NEKO_INSTANTIATE_CLIENT(v1alpha1::BrowserSession);
NEKO_INSTANTIATE_CLIENT(v1alpha1::BrowserProfile);
NEKO_INSTANTIATE_CLIENT(v1alpha1::BrowserNode);
NEKO_INSTANTIATE_CLIENT(v1alpha1::BrowserClass);
NEKO_INSTANTIATE_CLIENT(v1alpha1::Secret);
NEKO_INSTANTIATE_CLIENT(v1alpha1::ObjectEvent);
NEKO_INSTANTIATE_CLIENT(v1alpha1::Lease);
NEKO_INSTANTIATE_STATUS(v1alpha1::BrowserSession);
NEKO_INSTANTIATE_STATUS(v1alpha1::BrowserProfile);
NEKO_INSTANTIATE_STATUS(v1alpha1::BrowserNode);

#undef NEKO_INSTANTIATE_CLIENT
#undef NEKO_INSTANTIATE_STATUS

}  // namespace nekoplane::registry
