// The half of a store that MemoryStore and SqliteStore share: reads from the newest state, lists at
// an older version, watches. What is left to them is when a transaction counts as committed.
//
// Thread safety: as Store. Publish: one thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/mutex.h"
#include "api/store/event_hub.h"
#include "api/store/state.h"
#include "api/store/store.h"

namespace nekoplane::store {

// Who delivers events and answers.
enum class Dispatch {
  kThread,  // a thread of the store
  kInline,  // whoever committed or began to watch, before it returns
  kManual,  // whoever calls DeliverPending: a simulation that picks the moment
};

class CoreStore : public Store {
 public:
  ObjectPtr Get(const Key& key) const final;
  SnapshotPtr List(std::string_view resource) const final;
  // Works for every version from which a watch can start; also kInvalid VersionFromTheFuture.
  Result<SnapshotPtr> ListAt(std::string_view resource, std::uint64_t version) const final;
  LedgerPtr Claims() const final;
  std::uint64_t Version() const final;
  std::uint64_t LastChange(std::string_view resource) const final;
  Result<std::unique_ptr<Subscription>> Watch(std::string_view resource,
                                              std::uint64_t after_version,
                                              WatchCallback callback) final;

  // Names this store for its whole life: what labels of containers carry.
  const std::string& InstallationId() const { return installation_id_; }

  // A watch can begin at this version and later ones.
  std::uint64_t HistoryStart() const { return hub_.HistoryStart(); }

  // With Dispatch::kManual: delivers at most `max_batches` and returns how many there were.
  std::size_t DeliverPending(std::size_t max_batches = SIZE_MAX) { return hub_.Drain(max_batches); }

 protected:
  // `state` and `events` are what there is from before; the events end at state.version.
  CoreStore(std::string installation_id, HistoryLimits limits, Dispatch dispatch, State state,
            std::vector<EventPtr> events);

  StatePtr state() const EXCLUDES(mu_);

  EventHub& hub() { return hub_; }

  // With Dispatch::kInline: delivers what there is, unless somebody is doing so already.
  // REQUIRES: the caller holds no lock.
  void DeliverInline();

  // Makes `state` what readers see, then hands `events` and `answers` to the dispatcher.
  // REQUIRES: `events` lead from the present state to `state`.
  void Publish(State state, std::vector<EventPtr> events, std::vector<Answer> answers)
      EXCLUDES(mu_);

 private:
  const std::string installation_id_;
  const Dispatch dispatch_;
  EventHub hub_;
  mutable Mutex mu_;  // held for the copy of one pointer
  StatePtr state_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::store
