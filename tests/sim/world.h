// The simulated world. World is what survives a crash of nekoplane: disk, machine, time. Program is
// one life of nekoplane over it, wired as the real one is, but stepped by hand.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/base/random.h"
#include "api/codec/schema.h"
#include "api/registry/client.h"
#include "api/registry/registry.h"
#include "api/store/memory_store.h"
#include "controller/informer/informer.h"
#include "controller/manager/event_recorder.h"
#include "controller/manager/manager.h"
#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/sim/sim_engine.h"
#include "controller/runtime/static_driver_set.h"
#include "reconcilers/gc/gc_reconciler.h"
#include "reconcilers/node/node_reconciler.h"
#include "reconcilers/node/node_triggers.h"
#include "reconcilers/profile/profile_reconciler.h"
#include "reconcilers/profile/profile_triggers.h"
#include "reconcilers/session/session_reconciler.h"
#include "reconcilers/session/session_triggers.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_store.h"

namespace nekoplane::sim {

struct World {
  explicit World(std::uint64_t seed, runtime::SimOptions options = {});

  // What happened, in order; two runs of one seed must agree.
  void Trace(std::string_view what);

  testing::FakeClock clock;
  SeededRandom random;  // the scenario's choices
  SeededRandom ids;     // uids, passwords, jitter
  NullLogger log;
  store::MemoryStore store;
  runtime::SimEngine engine;
  // The users' door: never fails.
  registry::Registry registry;
  registry::Client client;
  std::map<std::string, int> events;  // told by any life of the program, by reason
  std::uint64_t trace_hash = 1469598103934665603ULL;
  std::uint64_t steps = 0;
};

// Decides what becomes of the n-th effect (an engine call or a commit) of this life.
enum class Fate { kLive, kFail, kLoseReply, kDieBefore, kDieAfter };
using Fates = std::function<Fate()>;

class Program {
 public:
  Program(World& world, Fates fates);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Takes one step of the controller with that number (mod how many there are); false if it has
  // nothing to do now.
  bool Process(std::size_t controller);
  bool RunPull();

  std::size_t controllers() const { return manager_.controllers().size(); }

  // When the next delayed key is due.
  std::optional<MonoTime> NextDue() const;

  // Killed by a fate: nothing it does has an effect any more.
  bool dead() const { return dead_; }

 private:
  class Pulls final : public reconcilers::BackgroundRunner {
   public:
    void Run(Job job) override { jobs.push_back(std::move(job)); }

    std::deque<Job> jobs;
  };

  class Tally final : public manager::EventRecorder {
   public:
    explicit Tally(World& world) : world_(world) {}

    void Event(const v1alpha1::ObjectReference&, manager::EventType, std::string_view reason,
               std::string_view) override {
      ++world_.events[std::string(reason)];
    }

   private:
    World& world_;
  };

  void Die();

  World& world_;
  const Fates fates_;
  bool dead_ = false;
  testing::FaultyStore store_;
  registry::Registry registry_;
  registry::Client client_;
  std::shared_ptr<runtime::SimDriver> driver_;
  runtime::StaticDriverSet drivers_;
  Pulls pulls_;
  Tally events_{world_};
  manager::Controller* sessions_ = nullptr;
  reconcilers::session::SessionReconciler session_;
  reconcilers::node::NodeReconciler node_;
  reconcilers::profile::ProfileReconciler profile_;
  reconcilers::gc::GcReconciler gc_;
  manager::Manager manager_;
  informer::Informer<v1alpha1::BrowserSession> session_informer_;
  informer::Informer<v1alpha1::BrowserNode> node_informer_;
  informer::Informer<v1alpha1::BrowserClass> class_informer_;
  informer::Informer<v1alpha1::BrowserProfile> profile_informer_;
  std::unique_ptr<reconcilers::session::SessionTriggers> session_triggers_;
  std::unique_ptr<reconcilers::node::NodeTriggers> node_triggers_;
  std::unique_ptr<reconcilers::profile::ProfileTriggers> profile_triggers_;
  std::unique_ptr<Subscription> hints_;
};

}  // namespace nekoplane::sim
