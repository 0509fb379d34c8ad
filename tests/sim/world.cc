#include "tests/sim/world.h"

#include <algorithm>

#include "tests/support/builders.h"

namespace nekoplane::sim {
namespace {

constexpr char kInstallation[] = "sim-installation";

Status Failure() { return MakeStatus(Code::kUnavailable, "Injected", "injected fault"); }

}  // namespace

World::World(std::uint64_t seed, runtime::SimOptions options)
    : random(seed),
      ids(seed ^ 0x9e3779b97f4a7c15ULL),
      store(kInstallation),
      engine(clock, std::move(options)),
      registry(store, codec::KindTable::Builtin(), clock, ids),
      client(registry, clock, ids) {}

void World::Trace(std::string_view what) {
  const auto mix = [this](std::string_view text) {
    for (const char c : text) {
      trace_hash = (trace_hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    }
  };
  ++steps;
  mix(what);
  mix(std::to_string(clock.Now().time_since_epoch().count()));
  mix(std::to_string(store.Version()));
  mix(std::to_string(engine.calls()));
}

Program::Program(World& world, Fates fates)
    : world_(world),
      fates_(std::move(fates)),
      store_(world.store,
             [this](std::uint64_t) {
               using Kind = testing::StoreFault::Kind;
               switch (fates_()) {
                 case Fate::kLive:
                   return testing::StoreFault{};
                 case Fate::kFail:
                   return testing::StoreFault{Kind::kRefuse, Failure()};
                 case Fate::kLoseReply:
                   return testing::StoreFault{Kind::kLoseReply, Failure()};
                 case Fate::kDieBefore:
                   Die();
                   return testing::StoreFault{Kind::kRefuse, Failure()};
                 case Fate::kDieAfter:
                   Die();
                   return testing::StoreFault{Kind::kLoseReply, Failure()};
               }
               return testing::StoreFault{};
             }),
      registry_(store_, codec::KindTable::Builtin(), world.clock, world.ids),
      client_(registry_, world.clock, world.ids),
      driver_(std::make_shared<runtime::SimDriver>(world.engine, world.clock, kInstallation)),
      drivers_({{v1alpha1::BrowserNode::kHost, driver_}}),
      session_({.client = client_,
                .drivers = drivers_,
                .clock = world.clock,
                .random = world.ids,
                .log = world.log,
                .events = events_,
                .pulls = pulls_,
                .wake = [this](const queue::Key& key) { sessions_->Enqueue(key); }},
               // Longer than in production only so that idle time costs less to simulate.
               {.probe_interval = std::chrono::seconds(30)}),
      node_({client_, drivers_, world.clock, world.log, events_},
            {.look = std::chrono::seconds(30)}),
      profile_({client_, drivers_, world.clock, world.log, events_}),
      gc_({client_, drivers_, world.clock, world.log, {}}),
      manager_(world.clock, world.ids, world.log, nullptr),
      session_informer_(world.store, world.log),
      node_informer_(world.store, world.log),
      class_informer_(world.store, world.log),
      profile_informer_(world.store, world.log) {
  using runtime::SimFault;
  world_.engine.SetFaultPlan([this](runtime::SimCall, std::uint64_t) {
    switch (fates_()) {
      case Fate::kLive:
        return SimFault{};
      case Fate::kFail:
        return SimFault{SimFault::Kind::kRefuse, Failure()};
      case Fate::kLoseReply:
        return SimFault{SimFault::Kind::kLoseReply, Failure()};
      case Fate::kDieBefore:
        Die();
        return SimFault{SimFault::Kind::kRefuse, Failure()};
      case Fate::kDieAfter:
        Die();
        return SimFault{SimFault::Kind::kLoseReply, Failure()};
    }
    return SimFault{};
  });

  sessions_ = &manager_.Add(session_);
  manager::Controller& nodes = manager_.Add(node_);
  manager::Controller& profiles = manager_.Add(profile_);
  manager::Controller& gc = manager_.Add(gc_);

  session_triggers_ = std::make_unique<reconcilers::session::SessionTriggers>(
      reconcilers::session::SessionTriggers::Deps{
          .enqueue = [this](const queue::Key& key,
                            int priority) { sessions_->Enqueue(key, priority); },
          .sessions = [this] { return session_informer_.List(); }});
  node_triggers_ = std::make_unique<reconcilers::node::NodeTriggers>(
      [&nodes](const queue::Key& key, Duration delay) { nodes.EnqueueAfter(key, delay); });
  profile_triggers_ = std::make_unique<reconcilers::profile::ProfileTriggers>(
      [&profiles](const queue::Key& key) { profiles.Enqueue(key); });

  session_informer_.AddHandler([this](const auto& change) {
    session_triggers_->OnSession(change);
    node_triggers_->OnSession(change);
    profile_triggers_->OnSession(change);
  });
  node_informer_.AddHandler([this](const auto& change) {
    session_triggers_->OnNode(change);
    node_triggers_->OnNode(change);
  });
  class_informer_.AddHandler([this](const auto& change) { session_triggers_->OnClass(change); });
  profile_informer_.AddHandler([this](const auto& change) {
    session_triggers_->OnProfile(change);
    profile_triggers_->OnProfile(change);
  });
  NEKO_CHECK(node_informer_.Start().has_value());
  NEKO_CHECK(class_informer_.Start().has_value());
  NEKO_CHECK(profile_informer_.Start().has_value());
  NEKO_CHECK(session_informer_.Start().has_value());
  hints_ = driver_->Watch([this](const runtime::Hint& hint) {
    session_triggers_->OnHint(v1alpha1::BrowserNode::kHost, hint);
  });
  gc.Enqueue({"", v1alpha1::BrowserNode::kHost});
  gc.Enqueue({"", ""});
}

Program::~Program() {
  Die();
  world_.engine.SetFaultPlan({});
}

void Program::Die() {
  dead_ = true;
  store_.Cut();
  driver_->Cut();
}

bool Program::Process(std::size_t controller) {
  const auto& all = manager_.controllers();
  return all[controller % all.size()]->ProcessNext(Context());
}

bool Program::RunPull() {
  if (pulls_.jobs.empty()) return false;
  auto job = std::move(pulls_.jobs.front());
  pulls_.jobs.pop_front();
  job(Context());
  return true;
}

std::optional<MonoTime> Program::NextDue() const {
  std::optional<MonoTime> next;
  for (const auto& controller : manager_.controllers()) {
    const auto due = controller->NextDue();
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

}  // namespace nekoplane::sim
