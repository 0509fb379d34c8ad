// The store as a life of nekoplane sees it: every call is a point where others may run first, every
// commit asks for its fate, and once the life has ended nothing has an effect any more.
//
// Thread safety: one thread. Lifetime: `gate` outlives it; the store within may go before it does.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "api/store/store.h"
#include "tests/sim/fate.h"

namespace nekoplane::sim {

// What SimStore and the engines' plans ask of the life they belong to.
class Gate {
 public:
  virtual ~Gate() = default;
  virtual bool dead() const = 0;
  virtual void Die() = 0;
  // Lets others run, now and then.
  virtual void Breathe() = 0;
  // Draws the fate of the effect and lets others run before it. kDieBefore: the life has ended, by
  // this fate or by what the others did.
  virtual Fate Enter(std::string_view effect) = 0;
};

class SimStore final : public store::Store {
 public:
  using Spawn = std::function<void(std::function<void()>)>;
  using Answered = std::function<void(const store::Committed&)>;

  // `spawn` begins a task; `answered` hears of every commit that its caller was told of.
  SimStore(Gate& gate, store::Store& inner, Spawn spawn, Answered answered)
      : gate_(gate), inner_(&inner), spawn_(std::move(spawn)), answered_(std::move(answered)) {}

  // The store within is about to go.
  void Detach();

  store::ObjectPtr Get(const store::Key& key) const override;
  store::SnapshotPtr List(std::string_view resource) const override;
  Result<store::SnapshotPtr> ListAt(std::string_view resource,
                                    std::uint64_t version) const override;
  store::LedgerPtr Claims() const override;
  std::uint64_t Version() const override;
  std::uint64_t LastChange(std::string_view resource) const override;
  Result<store::Committed> Commit(const Context& ctx, store::Transaction transaction) override;
  void CommitAsync(store::Transaction transaction, CommitDone done) override;
  Result<std::unique_ptr<Subscription>> Watch(std::string_view resource,
                                              std::uint64_t after_version,
                                              WatchCallback callback) override;

 private:
  Gate& gate_;
  store::Store* inner_;
  const Spawn spawn_;
  const Answered answered_;
};

Status Injected();
Status DeadStatus();

}  // namespace nekoplane::sim
