#include "tests/sim/program.h"

#include <utility>

#include "api/base/check.h"

namespace nekoplane::sim {
namespace {

constexpr char kDatabase[] = "nekoplane.db";
constexpr const char* kControllers[] = {"session", "node", "profile", "gc", "images"};

// Every second session is watched, for ever.
Result<std::int64_t> ViewersByPort(const Context&, const std::string& neko_url,
                                   const std::string&) {
  return neko_url.size() > 2 ? neko_url[neko_url.size() - 2] % 2 : 0;
}

constexpr int kSlowYields = 60;
// What was asked of an engine and is not done by then never is: as long as the Docker driver waits.
constexpr auto kLatestEffect = std::chrono::seconds(90);
constexpr int kWorkers[] = {2, 1, 1, 1, 1};

}  // namespace

// Image pulls: each a task.
class Program::Pulls final : public reconcilers::BackgroundRunner {
 public:
  explicit Pulls(Fibers& fibers) : fibers_(fibers) {}

  void Run(Job job) override {
    fibers_.Spawn("pull", [job = std::move(job)] { job(Context()); });
  }

 private:
  Fibers& fibers_;
};

// Counts what people are told; a message that shows a secret is a leak as in the log.
class Program::Tally final : public manager::EventRecorder {
 public:
  explicit Tally(World& world) : world_(world) {}

  void Event(const v1alpha1::ObjectReference&, manager::EventType, std::string_view reason,
             std::string_view message) override {
    ++world_.told[std::string(reason)];
    world_.log.Info(message);
  }

 private:
  World& world_;
};

std::unique_ptr<Program> Program::Start(World& world, Fates fates, const Options& options,
                                        std::string* error) {
  ++world.lives;
  std::unique_ptr<Program> program(new Program(world, std::move(fates), options));
  if (program->Open(error)) program->Wire();
  if (!program->dead_) return program;
  program->Bury();
  return nullptr;
}

Program::Program(World& world, Fates fates, const Options& options)
    : world_(world), fates_(std::move(fates)), options_(options), timers_(world.clock) {}

Program::~Program() {
  if (!dead_) Die();
  Bury();
  NEKO_CHECK(late_ == 0);
}

bool Program::Open(std::string* error) {
  auto opened = store::SqliteStore::Open({.path = kDatabase,
                                          .threaded = false,
                                          .dispatch = store::Dispatch::kManual,
                                          .vfs = world_.disk.vfs(),
                                          .history = options_.history},
                                         world_.ids, world_.log);
  if (!opened) {
    if (!world_.disk.cut() && error != nullptr) *error = opened.error().ToString();
    Die();
    return false;
  }
  store_ = std::move(opened).value();
  ListenToStore();
  sim_store_ = std::make_unique<SimStore>(
      *this, *store_,
      [this](std::function<void()> fn) { world_.fibers.Spawn("api", std::move(fn)); },
      [this](const store::Committed& committed) {
        for (const auto& object : committed.objects) world_.events.Acknowledge(object);
      });
  registry_ = std::make_unique<registry::Registry>(*sim_store_, codec::KindTable::Builtin(),
                                                   world_.clock, world_.ids);
  client_ = std::make_unique<registry::Client>(*registry_, world_.clock, world_.ids);
  if (!registry_->Bootstrap(Context())) Die();
  return !dead_;
}

void Program::ListenToStore() {
  for (const char* resource :
       {v1alpha1::BrowserSession::kResource, v1alpha1::BrowserNode::kResource,
        v1alpha1::BrowserClass::kResource, v1alpha1::BrowserProfile::kResource,
        v1alpha1::Secret::kResource, "leases.coordination.k8s.io", "namespaces"}) {
    auto watch = store_->Watch(resource, store_->HistoryStart(),
                               [this](const std::vector<store::EventPtr>& events) {
                                 for (const auto& event : events) {
                                   NoteLoss(*event->object);
                                   world_.events.Record(*event, world_.clock.Now());
                                 }
                               });
    NEKO_CHECK(watch.has_value());
    recorders_.push_back(std::move(watch).value());
  }
  store_->DeliverPending();
  world_.events.Check(*store_);
}

void Program::NoteLoss(const store::Object& object) {
  if (object.key.resource != v1alpha1::BrowserNode::kResource) return;
  if (object.bytes.find(R"("reason":"NodeLost")") == std::string::npos) return;
  world_.ever_lost.insert(object.key.name);
}

void Program::Wire() {
  PlanEngines();
  runtime::StaticDriverSet::Map drivers;
  for (const auto& [node, engine] : world_.engines) {
    auto driver =
        std::make_shared<runtime::SimDriver>(*engine, world_.clock, store_->InstallationId());
    sim_drivers_.emplace(node, driver);
    drivers.emplace(node, std::move(driver));
  }
  drivers_ = std::make_unique<runtime::StaticDriverSet>(std::move(drivers));
  pull_runner_ = std::make_unique<Pulls>(world_.fibers);
  pulls_ = std::make_unique<reconcilers::PullManager>(reconcilers::PullManager::Deps{
      .drivers = *drivers_,
      .clock = world_.clock,
      .runner = *pull_runner_,
      .wake = [this](const queue::Key& key) { sessions_->Enqueue(key); },
      .changed =
          [this](const std::string& node) {
            images_->Enqueue({"", node});
          }});
  tally_ = std::make_unique<Tally>(world_);
  manager_ = std::make_unique<manager::Manager>(world_.clock, world_.ids, world_.log, nullptr);

  session_ = std::make_unique<reconcilers::session::SessionReconciler>(
      reconcilers::session::Deps{.client = *client_,
                                 .drivers = *drivers_,
                                 .clock = world_.clock,
                                 .random = world_.ids,
                                 .log = world_.log,
                                 .events = *tally_,
                                 .pulls = *pulls_,
                                 .waiting = waiting_,
                                 .viewers = ViewersByPort},
      reconcilers::session::Options{.probe_interval = options_.probe_interval,
                                    .node_loss_grace = options_.node_loss_grace});
  node_ = std::make_unique<reconcilers::node::NodeReconciler>(
      reconcilers::node::Deps{*client_, *drivers_, world_.clock, world_.log, *tally_},
      reconcilers::node::Options{.look = options_.probe_interval,
                                 .lost_after = options_.node_lost_after});
  profile_ = std::make_unique<reconcilers::profile::ProfileReconciler>(
      reconcilers::profile::Deps{*client_, *drivers_, world_.clock, world_.log, *tally_});
  gc_ = std::make_unique<reconcilers::gc::GcReconciler>(
      reconcilers::gc::Deps{*client_, *drivers_, world_.clock, world_.log, {}},
      reconcilers::gc::Options{.period = options_.gc_period});
  image_keeper_ = std::make_unique<reconcilers::images::ImagesReconciler>(
      reconcilers::images::Deps{*client_, *drivers_, world_.clock, world_.log, *tally_, *pulls_});
  sessions_ = &manager_->Add(*session_);
  manager::Controller& nodes = manager_->Add(*node_);
  manager::Controller& profiles = manager_->Add(*profile_);
  manager::Controller& gc = manager_->Add(*gc_);
  images_ = &manager_->Add(*image_keeper_);
  working_.assign(manager_->controllers().size(), 0);

  triggers_ = std::make_unique<reconcilers::Triggers>(
      *sim_store_, world_.log,
      reconcilers::Triggers::Controllers{*sessions_, nodes, profiles, gc, *images_}, waiting_);
  NEKO_CHECK(triggers_->StartInformers().has_value());

  server::Deps deps{*registry_,   *sim_store_, codec::KindTable::Builtin(),
                    world_.clock, timers_,     world_.ids,
                    world_.log,   {}};
  deps.access.authenticate = [](const http::Request&) -> Result<server::User> {
    return server::User{"ann", "u1", {"system:authenticated"}};
  };
  deps.access.authorize = [](const server::User&, const server::Attributes&) -> Result<void> {
    return {};
  };
  api_ = std::make_unique<server::ApiServer>(std::move(deps));

  triggers_->WatchEngines(*drivers_);
}

void Program::PlanEngines() {
  for (const auto& [node, engine] : world_.engines) {
    engine->SetFaultPlan(
        [this, node = node](runtime::SimCall call, std::uint64_t, std::string_view target) {
          return call == runtime::SimCall::kPull ? PullFault(node, target) : EngineFault(call);
        });
  }
}

runtime::SimFault Program::PullFault(const std::string& node, std::string_view image) {
  const std::pair id(node, std::string(image));
  if (!pulling_.insert(id).second) {
    world_.pulled_twice.push_back("image " + id.second + " is pulled twice at once on " + node);
  }
  auto fault = EngineFault(runtime::SimCall::kPull);
  pulling_.erase(id);
  return fault;
}

runtime::SimFault Program::EngineFault(runtime::SimCall call) {
  using Kind = runtime::SimFault::Kind;
  const MonoTime asked = world_.clock.Now();
  auto fault = FaultOfCall(call);
  if (fault.kind == Kind::kRefuse || world_.clock.Now() - asked <= kLatestEffect) return fault;
  world_.arriving_late = false;
  return {Kind::kRefuse,
          MakeStatus(Code::kTimeout, "DeadlineExceeded", "the engine took too long")};
}

runtime::SimFault Program::FaultOfCall(runtime::SimCall call) {
  using Kind = runtime::SimFault::Kind;
  switch (Enter(runtime::SimCallName(call))) {
    case Fate::kLive:
    case Fate::kSlow:
      return {};
    case Fate::kFail:
      return {Kind::kRefuse, Injected()};
    case Fate::kLoseReply:
      return {Kind::kLoseReply, Injected()};
    case Fate::kDieBefore:
      Die();
      return {Kind::kRefuse, DeadStatus()};
    case Fate::kDieAfter:
      Die();
      return {Kind::kLoseReply, DeadStatus()};
    case Fate::kDieLate:
      Die();
      if (!world_.fibers.inside()) return {Kind::kRefuse, DeadStatus()};
      ++late_;
      world_.fibers.Park();
      --late_;
      world_.arriving_late = true;
      return {Kind::kLoseReply, DeadStatus()};
  }
  return {};
}

Fate Program::Enter(std::string_view effect) {
  if (dead_) return Fate::kDieBefore;
  const char* actor = world_.fibers.current();
  const Point point{*actor == '\0' ? "start" : actor, effect};
  world_.reached.insert(point);
  Fate fate = fates_(point);
  world_.fibers.Yield();
  if (fate == Fate::kSlow) {
    for (int i = 0; i < kSlowYields && !dead_; ++i) world_.fibers.Yield();
    fate = Fate::kLive;
  }
  if (dead_) return Fate::kDieBefore;
  if (fate >= Fate::kDieBefore) world_.crashed.insert(point);
  return fate;
}

void Program::Breathe() {
  if (world_.disk.cut()) Die();
  if (!dead_) world_.fibers.Yield();
}

void Program::Die() {
  if (std::exchange(dead_, true)) return;
  ++world_.deaths;
  for (const auto& [node, driver] : sim_drivers_) driver->Cut();
  world_.disk.Cut();
}

void Program::Bury() {
  NEKO_CHECK(dead_);
  if (std::exchange(buried_, true)) return;
  world_.fibers.Drain();
  if (triggers_) triggers_->StopEngines();
  api_.reset();
  if (triggers_) triggers_->StopInformers();
  recorders_.clear();
  if (sim_store_) sim_store_->Detach();
  store_.reset();
  world_.fibers.Drain();  // answers that the store's end gave
}

bool Program::Step() {
  // How many choices each kind of thing is.
  Fibers& fibers = world_.fibers;
  const auto& controllers = manager_->controllers();
  const MonoTime now = world_.clock.Now();
  std::size_t ready[8];
  std::size_t count = 0;
  for (std::size_t i = 0; i < controllers.size(); ++i) {
    if (working_[i] >= kWorkers[i]) continue;
    const auto due = controllers[i]->NextDue();
    if (due && *due <= now) ready[count++] = i;
  }
  const auto timer = timers_.NextDue();
  const bool timer_due = timer && *timer <= now;
  const std::size_t choices = fibers.size() + count + (timer_due ? 1 : 0) + 1;
  std::size_t pick = world_.random.Below(choices);
  if (pick < fibers.size()) {
    const char* ran = "";
    fibers.Step(&ran);
    world_.Trace(ran);
    return true;
  }
  pick -= fibers.size();
  if (pick < count) {
    const std::size_t i = ready[pick];
    ++working_[i];
    fibers.Spawn(kControllers[i], [this, i] {
      manager_->controllers()[i]->ProcessNext(Context());
      --working_[i];
    });
    world_.Trace("pick");
    return true;
  }
  pick -= count;
  if (timer_due && pick == 0) {
    timers_.FireNext();
    world_.Trace("timer");
    return true;
  }
  if (store_->DeliverPending(1) > 0) {
    world_.Trace("deliver");
    return true;
  }
  if (choices == 1) return false;
  return Step();
}

std::optional<MonoTime> Program::NextDue() const {
  std::optional<MonoTime> next = timers_.NextDue();
  for (const auto& controller : manager_->controllers()) {
    const auto due = controller->NextDue();
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

}  // namespace nekoplane::sim
