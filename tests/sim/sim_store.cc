#include "tests/sim/sim_store.h"

#include <utility>

#include "api/store/state.h"

namespace nekoplane::sim {

Status Injected() { return MakeStatus(Code::kUnavailable, "Injected", "injected fault"); }

Status DeadStatus() { return MakeStatus(Code::kCancelled, "Dead", "the process is dead"); }

void SimStore::Detach() { inner_ = nullptr; }

store::ObjectPtr SimStore::Get(const store::Key& key) const {
  gate_.Breathe();
  return inner_ == nullptr ? nullptr : inner_->Get(key);
}

store::SnapshotPtr SimStore::List(std::string_view resource) const {
  gate_.Breathe();
  return inner_ == nullptr ? store::MakeSnapshot({}, resource, 0) : inner_->List(resource);
}

Result<store::SnapshotPtr> SimStore::ListAt(std::string_view resource,
                                            std::uint64_t version) const {
  gate_.Breathe();
  if (inner_ == nullptr) return DeadStatus();
  return inner_->ListAt(resource, version);
}

store::LedgerPtr SimStore::Claims() const {
  gate_.Breathe();
  if (inner_ == nullptr) return store::MakeLedger(std::make_shared<const store::State>());
  return inner_->Claims();
}

std::uint64_t SimStore::Version() const { return inner_ == nullptr ? 0 : inner_->Version(); }

std::uint64_t SimStore::LastChange(std::string_view resource) const {
  return inner_ == nullptr ? 0 : inner_->LastChange(resource);
}

Result<store::Committed> SimStore::Commit(const Context& ctx, store::Transaction transaction) {
  switch (gate_.Enter("commit")) {
    case Fate::kDieBefore:
    case Fate::kDieLate:  // nobody else could carry it out
      gate_.Die();
      return DeadStatus();
    case Fate::kFail:
      return Injected();
    case Fate::kLoseReply:
      (void)inner_->Commit(ctx, std::move(transaction));
      return Injected();
    case Fate::kDieAfter:
      (void)inner_->Commit(ctx, std::move(transaction));
      gate_.Die();
      return DeadStatus();
    case Fate::kLive:
    case Fate::kSlow:
      break;
  }
  auto result = inner_->Commit(ctx, std::move(transaction));
  gate_.Breathe();
  if (gate_.dead()) return DeadStatus();
  if (result) answered_(*result);
  return result;
}

void SimStore::CommitAsync(store::Transaction transaction, CommitDone done) {
  spawn_([this, transaction = std::move(transaction), done = std::move(done)]() mutable {
    switch (gate_.Enter("commit")) {
      case Fate::kDieBefore:
      case Fate::kDieLate:
        gate_.Die();
        return done(DeadStatus());
      case Fate::kFail:
        return done(Injected());
      case Fate::kLoseReply:
        inner_->CommitAsync(std::move(transaction), [](const auto&) {});
        return done(Injected());
      case Fate::kDieAfter:
        inner_->CommitAsync(std::move(transaction), [](const auto&) {});
        gate_.Die();
        return done(DeadStatus());
      case Fate::kLive:
      case Fate::kSlow:
        break;
    }
    inner_->CommitAsync(std::move(transaction),
                        [this, done = std::move(done)](Result<store::Committed> result) {
                          if (gate_.dead()) return done(DeadStatus());
                          if (result) answered_(*result);
                          done(std::move(result));
                        });
    gate_.Breathe();
  });
}

Result<std::unique_ptr<Subscription>> SimStore::Watch(std::string_view resource,
                                                      std::uint64_t after_version,
                                                      WatchCallback callback) {
  gate_.Breathe();
  if (inner_ == nullptr) return DeadStatus();
  return inner_->Watch(resource, after_version, std::move(callback));
}

}  // namespace nekoplane::sim
