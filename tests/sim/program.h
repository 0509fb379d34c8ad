// Program is one life of nekoplane over the world: wired as the real one is, but every thread is a
// task that others can overtake, and its end can come at any effect.
//
// Thread safety: one thread. Lifetime: a dead program is kept until `late()` is 0.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/registry/client.h"
#include "api/registry/registry.h"
#include "api/server/api_server.h"
#include "controller/manager/event_recorder.h"
#include "controller/manager/manager.h"
#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/static_driver_set.h"
#include "controller/store/sqlite/sqlite_store.h"
#include "reconcilers/gc/gc_reconciler.h"
#include "reconcilers/images/images_reconciler.h"
#include "reconcilers/node/node_reconciler.h"
#include "reconcilers/profile/profile_reconciler.h"
#include "reconcilers/session/session_reconciler.h"
#include "reconcilers/triggers/triggers.h"
#include "tests/sim/sim_store.h"
#include "tests/sim/world.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::sim {

class Program final : public Gate {
 public:
  struct Options {
    store::HistoryLimits history;
    // Longer than in production only so that idle time costs less to simulate.
    Duration probe_interval = std::chrono::seconds(200);
    Duration gc_period = std::chrono::minutes(5);
    Duration node_lost_after = std::chrono::seconds(800);
    Duration node_loss_grace = std::chrono::seconds(60);
  };

  // nullptr: it ended before it was up, as a killed process does or one whose disk fails; or the
  // database could not be read, in which case *error says why.
  static std::unique_ptr<Program> Start(World& world, Fates fates, const Options& options,
                                        std::string* error);
  ~Program() override;

  // Something that can be done now is done, picked by chance; false if there is nothing.
  bool Step();
  // When something can be done without anybody's doing.
  std::optional<MonoTime> NextDue() const;

  // After its death: runs every task to its end (nothing has an effect any more), closes what was
  // open. REQUIRES: dead(), not inside a task.
  void Bury();

  // Requests that left it before its death and will still arrive.
  int late() const { return late_; }

  store::SqliteStore& store() { return *store_; }

  const registry::Client& client() const { return *client_; }

  registry::Client& client() { return *client_; }

  server::ApiServer& api() { return *api_; }

  // What its informer knows.
  std::vector<std::shared_ptr<const v1alpha1::BrowserSession>> informed() const {
    return triggers_->sessions().List();
  }

  // Gate.
  bool dead() const override { return dead_; }

  void Die() override;
  void Breathe() override;
  Fate Enter(std::string_view effect) override;

 private:
  class Pulls;
  class Tally;

  Program(World& world, Fates fates, const Options& options);
  bool Open(std::string* error);
  void Wire();
  void ListenToStore();
  void NoteLoss(const store::Object& object);
  void PlanEngines();
  runtime::SimFault EngineFault(runtime::SimCall call);
  runtime::SimFault FaultOfCall(runtime::SimCall call);
  // The same for a pull, which is under way until this returns.
  runtime::SimFault PullFault(const std::string& node, std::string_view image);

  World& world_;
  const Fates fates_;
  const Options options_;
  bool dead_ = false, buried_ = false;
  int late_ = 0;
  std::set<std::pair<std::string, std::string>> pulling_;  // node, image
  testing::FakeTimers timers_;
  std::unique_ptr<store::SqliteStore> store_;
  std::vector<std::unique_ptr<Subscription>> recorders_;
  std::unique_ptr<SimStore> sim_store_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<registry::Client> client_;
  std::map<std::string, std::shared_ptr<runtime::SimDriver>> sim_drivers_;
  std::unique_ptr<runtime::StaticDriverSet> drivers_;
  std::unique_ptr<Pulls> pull_runner_;
  std::unique_ptr<reconcilers::PullManager> pulls_;
  std::unique_ptr<Tally> tally_;
  manager::Controller* sessions_ = nullptr;
  reconcilers::PlacementQueue waiting_;
  manager::Controller* images_ = nullptr;
  std::unique_ptr<reconcilers::session::SessionReconciler> session_;
  std::unique_ptr<reconcilers::node::NodeReconciler> node_;
  std::unique_ptr<reconcilers::profile::ProfileReconciler> profile_;
  std::unique_ptr<reconcilers::gc::GcReconciler> gc_;
  std::unique_ptr<reconcilers::images::ImagesReconciler> image_keeper_;
  std::unique_ptr<manager::Manager> manager_;
  std::vector<int> working_;  // tasks of each controller
  std::unique_ptr<reconcilers::Triggers> triggers_;
  std::unique_ptr<server::ApiServer> api_;
};

}  // namespace nekoplane::sim
