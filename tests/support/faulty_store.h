// A store whose commits can be made to fail, before or after they took effect.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "api/store/store.h"

namespace nekoplane::testing {

// What one commit does instead of working.
struct StoreFault {
  enum class Kind {
    kNone,
    kRefuse,     // fails with `status`, nothing is written
    kLoseReply,  // is written, but the caller gets `status`
  };
  Kind kind = Kind::kNone;
  Status status = MakeStatus(Code::kUnavailable, "Injected", "injected fault");
};

// Forwards to `inner`, which outlives it and keeps what was written.
// Thread safety: as the fault plan given.
class FaultyStore final : public store::Store {
 public:
  // Asked before every commit, with its number (from 1).
  using Plan = std::function<StoreFault(std::uint64_t number)>;

  FaultyStore(store::Store& inner, Plan plan) : inner_(inner), plan_(std::move(plan)) {}

  // From now on every commit is kCancelled and does nothing: the process is dead.
  void Cut() { cut_ = true; }

  store::ObjectPtr Get(const store::Key& key) const override { return inner_.Get(key); }

  store::SnapshotPtr List(std::string_view resource) const override {
    return inner_.List(resource);
  }

  Result<store::SnapshotPtr> ListAt(std::string_view resource,
                                    std::uint64_t version) const override {
    return inner_.ListAt(resource, version);
  }

  store::LedgerPtr Claims() const override { return inner_.Claims(); }

  std::uint64_t Version() const override { return inner_.Version(); }

  Result<store::Committed> Commit(const Context& ctx, store::Transaction transaction) override {
    if (cut_) return Dead();
    const StoreFault fault = plan_ ? plan_(++commits_) : StoreFault{};
    if (cut_) {  // the plan killed us: before or after the write
      if (fault.kind == StoreFault::Kind::kLoseReply) {
        (void)inner_.Commit(ctx, std::move(transaction));
      }
      return Dead();
    }
    if (fault.kind == StoreFault::Kind::kRefuse) return fault.status;
    auto result = inner_.Commit(ctx, std::move(transaction));
    if (fault.kind == StoreFault::Kind::kLoseReply) return fault.status;
    return result;
  }

  void CommitAsync(store::Transaction transaction, CommitDone done) override {
    done(Commit(Context(), std::move(transaction)));
  }

  Result<std::unique_ptr<Subscription>> Watch(std::string_view resource,
                                              std::uint64_t after_version,
                                              WatchCallback callback) override {
    return inner_.Watch(resource, after_version, std::move(callback));
  }

 private:
  static Status Dead() { return MakeStatus(Code::kCancelled, "Dead", "the process is dead"); }

  store::Store& inner_;
  const Plan plan_;
  std::uint64_t commits_ = 0;
  bool cut_ = false;
};

}  // namespace nekoplane::testing
