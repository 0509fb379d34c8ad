#include "api/store/core_store.h"

#include <map>
#include <utility>

#include "api/base/mutant.h"

namespace nekoplane::store {

CoreStore::CoreStore(std::string installation_id, HistoryLimits limits, Dispatch dispatch,
                     State state, std::vector<EventPtr> events)
    : installation_id_(std::move(installation_id)),
      dispatch_(dispatch),
      hub_(limits, state.version - events.size()),
      state_(std::make_shared<const State>(std::move(state))) {
  hub_.Restore(std::move(events));
}

StatePtr CoreStore::state() const {
  MutexLock lock(mu_);
  return state_;
}

ObjectPtr CoreStore::Get(const Key& key) const {
  return state()->objects.Find({key.resource, key.ns, key.name});
}

SnapshotPtr CoreStore::List(std::string_view resource) const {
  const StatePtr now = state();
  return MakeSnapshot(now->objects, resource, now->version);
}

// Undoes the events since then: exact, and nothing has to be kept per version.
Result<SnapshotPtr> CoreStore::ListAt(std::string_view resource, std::uint64_t version) const {
  const StatePtr now = state();
  if (version > now->version) {
    return MakeStatus(Code::kInvalid, "VersionFromTheFuture",
                      "cannot list at version " + std::to_string(version) + ": the newest is " +
                          std::to_string(now->version));
  }
  NEKO_TRY(const std::vector<EventPtr> since, hub_.Read(resource, version, now->version));
  std::map<ObjectKey, const Event*> first_change;
  for (const EventPtr& event : since) {
    if (NEKO_MUTANT(kListAtHalfUndone)) first_change.erase(KeyOfObject()(*event->object));
    first_change.emplace(KeyOfObject()(*event->object), event.get());
  }
  ObjectMap objects = now->objects;
  for (const auto& [key, event] : first_change) {
    objects = event->previous == nullptr ? std::move(objects).Erase(key)
                                         : std::move(objects).Put(event->previous);
  }
  return MakeSnapshot(std::move(objects), resource, version);
}

LedgerPtr CoreStore::Claims() const { return MakeLedger(state()); }

std::uint64_t CoreStore::Version() const { return state()->version; }

std::uint64_t CoreStore::LastChange(std::string_view resource) const {
  return hub_.LastChange(resource);
}

Result<std::unique_ptr<Subscription>> CoreStore::Watch(std::string_view resource,
                                                       std::uint64_t after_version,
                                                       WatchCallback callback) {
  auto watch = hub_.Watch(resource, after_version, Version(), std::move(callback));
  DeliverInline();  // the past, if it asked for some
  return watch;
}

void CoreStore::DeliverInline() {
  if (dispatch_ == Dispatch::kInline) hub_.Drain();
}

void CoreStore::Publish(State state, std::vector<EventPtr> events, std::vector<Answer> answers) {
  // History first: whoever reads the new state can also ask for what led to it.
  hub_.Append(events);
  StatePtr next = std::make_shared<const State>(std::move(state));
  {
    MutexLock lock(mu_);
    state_.swap(next);
  }
  hub_.Release(std::move(events), std::move(answers));
}

}  // namespace nekoplane::store
