// Garbage collection: removes what carries our installation id and belongs to nobody. A net under
// the session reconciler, for what crashes and lost replies leave behind.
//
// Its keys are nodes by name, and "" for the claims ledger. Something goes only if it has no owner
// by uid, is older than the grace time (or was seen for so long), and was found so in two looks
// that lie apart: at a node's claims so far that nothing which was under way for their owner can
// come after.
//
// Thread safety and blocking: as manager::Reconciler. Lifetime: all that Deps refers to outlives
// it. Restarts: forgets its first looks, and so waits a little longer.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/base/mutex.h"
#include "api/registry/client.h"
#include "controller/manager/reconciler.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/gc/diff.h"

namespace nekoplane::reconcilers::gc {

struct Options {
  Duration grace = std::chrono::seconds(60);
  Duration period = std::chrono::minutes(2);
  Duration between_looks = std::chrono::seconds(10);  // at least, for two looks to count as two
  // The same for a node's claims. A session can be forced away while its start is under way, which
  // neither the store nor the machine shows; longer than a start, and what was asked for in it, may
  // take.
  Duration between_claim_looks = std::chrono::minutes(5);
  Duration stop_timeout = std::chrono::seconds(20);
};

struct Deps {
  registry::Client& client;
  const runtime::DriverSet& drivers;
  const Clock& clock;
  Logger& log;
  // Counts a removal, for metrics. May be empty.
  std::function<void(What)> removed;
};

// What there is to find on one node right now, removable or not; changes nothing.
// Errors: what the driver's List and ListVolumes return; kNotFound: no driver for that node.
Result<std::vector<Finding>> Look(const Context& ctx, const Deps& deps, const std::string& node,
                                  const Options& options);
// The same for the store: claims and secrets.
std::vector<Finding> LookAtStore(const Deps& deps);

class GcReconciler final : public manager::Reconciler {
 public:
  explicit GcReconciler(Deps deps, Options options = {})
      : deps_(std::move(deps)), options_(options) {}

  std::string name() const override { return "gc"; }

  manager::Outcome Reconcile(const Context& ctx, const queue::Key& key) override;

 private:
  struct Doomed {
    std::vector<Finding> findings;
    Duration look_again;
  };

  // Findings of this look that were there in one that is long enough ago; remembers the rest.
  Doomed SeenTwice(const std::string& node, std::vector<Finding> findings) EXCLUDES(mu_);
  // How far apart two looks have to lie, of which `node` is the key.
  Duration Apart(const std::string& node, const Finding& finding) const;
  // A node that went and comes again is looked at twice again.
  void Forget(const std::string& node) EXCLUDES(mu_);
  Result<void> Remove(const Context& ctx, const Finding& finding);

  const Deps deps_;
  const Options options_;

  Mutex mu_;
  // By key, then by kind and name: when it was first found ownerless without a break.
  std::map<std::string, std::map<std::string, MonoTime>> first_seen_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::reconcilers::gc
