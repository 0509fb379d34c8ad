#include "tests/sim/run.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/check.h"
#include "reconcilers/node/liveness.h"
#include "tests/sim/accidents.h"
#include "tests/sim/invariants/invariant.h"
#include "tests/sim/life.h"
#include "tests/sim/luck.h"
#include "tests/sim/users.h"
#include "tests/sim/witness.h"
#include "tests/sim/world.h"
#include "tests/support/builders.h"

namespace nekoplane::sim {
namespace {

// A silent browser is noticed, restarted, waits for the longest back-off, and is then stable for
// long enough that its failures are forgotten.
constexpr auto kSettle = std::chrono::minutes(30);
constexpr auto kIdle = std::chrono::minutes(10);
constexpr auto kLoss = std::chrono::minutes(5);
constexpr std::size_t kEnoughToMissOne = 3;  // of fewer, one is so many that nobody is moved

// Most runs are short, so that there can be many; some get to where only long ones come.
constexpr std::uint64_t kLongEach = 16;
constexpr int kLong = 6;

Fate NextFate(Luck& luck, const Point& point) {
  const bool commit = point.effect == "commit";
  if (luck.Strikes(Fault::kDieBefore)) return Fate::kDieBefore;
  if (luck.Strikes(Fault::kDieAfter)) return Fate::kDieAfter;
  if (!commit && luck.Strikes(Fault::kDieLate)) return Fate::kDieLate;
  if (luck.Strikes(commit ? Fault::kCommitFails : Fault::kCallFails)) return Fate::kFail;
  if (luck.Strikes(commit ? Fault::kCommitReplyLost : Fault::kCallReplyLost)) {
    return Fate::kLoseReply;
  }
  if (luck.Strikes(Fault::kSlow)) return Fate::kSlow;
  return Fate::kLive;
}

SimDisk::Fate NextDiskFate(Luck& luck, SimDisk::Op op) {
  if (luck.Strikes(Fault::kDieInDisk)) {
    switch (luck.Below(3)) {
      case 0:
        return SimDisk::Fate::kDieBefore;
      case 1:
        return SimDisk::Fate::kDieAfter;
      default:
        return op == SimDisk::Op::kWrite ? SimDisk::Fate::kDieTorn : SimDisk::Fate::kDieAfter;
    }
  }
  if (luck.Strikes(Fault::kDiskError)) return SimDisk::Fate::kIoError;
  if (op == SimDisk::Op::kSync && luck.Strikes(Fault::kSyncFails)) {
    return luck.Below(2) == 0 ? SimDisk::Fate::kIoError : SimDisk::Fate::kIoErrorAfter;
  }
  if (op != SimDisk::Op::kWrite) return SimDisk::Fate::kWork;
  if (luck.Strikes(Fault::kDiskFull)) return SimDisk::Fate::kFull;
  if (luck.Strikes(Fault::kDiskTorn)) return SimDisk::Fate::kTorn;
  return SimDisk::Fate::kWork;
}

store::HistoryLimits HistoryOf(Luck& luck) {
  store::HistoryLimits limits;
  luck.On();
  if (luck.Strikes(Fault::kShortHistory)) limits.events = 100;
  luck.Off();
  return limits;
}

Program::Options ProgramOptions(const Scenario& scenario, Luck& luck) {
  Program::Options options{.history = HistoryOf(luck)};
  if (scenario.admin_percent > 0) {  // so that machines are lost within the time there is
    options.probe_interval = std::chrono::seconds(20);
    options.node_lost_after = std::chrono::seconds(80);  // longer than time jumps at once
    options.node_loss_grace = std::chrono::seconds(20);
  }
  return options;
}

class Simulation {
 public:
  Simulation(const Scenario& scenario, std::uint64_t seed, const Mercy& mercy)
      : scenario_(scenario),
        steps_(scenario.steps * (seed % kLongEach == 0 ? kLong : 1)),
        luck_(seed * 3 + 1, scenario, mercy),
        world_(seed * 3 + 2, scenario.nodes),
        life_(
            world_, luck_, [this](const Point& point) { return NextFate(luck_, point); },
            ProgramOptions(scenario, luck_)),
        users_(world_, life_, seed * 3 + 3,
               {.sessions = scenario.sessions,
                .profiles = scenario.profiles,
                .nodes = scenario.nodes,
                .force_percent = scenario.force_percent,
                .profile_percent = scenario.profile_percent,
                .admin_percent = scenario.admin_percent}),
        accidents_(world_, luck_, users_, scenario.admin_percent > 0 ? 1000 : 100),
        witness_(world_, life_, users_) {
    world_.disk.SetPlan([this](SimDisk::Op op) { return NextDiskFate(luck_, op); });
  }

  ~Simulation() {
    users_.EndWatches();
    life_.End();
  }

  Outcome Run() {
    const MonoTime start = world_.clock.Now();
    Outcome outcome;
    Go(outcome.wrong);
    outcome.trace = world_.trace_hash;
    outcome.events = world_.steps;
    outcome.lives = world_.lives;
    outcome.deaths = world_.deaths;
    outcome.strikes = luck_.strikes();
    outcome.versions = world_.events.last();
    outcome.hours =
        std::chrono::duration<double, std::ratio<3600>>(world_.clock.Now() - start).count();
    outcome.struck = luck_.struck();
    outcome.told = world_.told;
    outcome.answers = users_.answers();
    for (const auto& point : world_.reached) outcome.reached.insert(Words(point));
    for (const auto& point : world_.crashed) outcome.crashed.insert(Words(point));
    return outcome;
  }

 private:
  static std::string Words(const Point& point) {
    return std::string(point.actor) + " " + std::string(point.effect);
  }

  void Prepare() {
    luck_.On();  // its first start may fail as any other
    life_.RestartNow();
    NEKO_CHECK(life_.program() != nullptr);
    const Context ctx;
    registry::Client& client = life_.program()->client();
    auto cls = testing::MakeClass();
    if (luck_.Strikes(Fault::kImageMissing)) cls.spec.variants[0].image = kMustBePulled;
    if (luck_.Strikes(Fault::kPrepull)) {
      cls.spec.prepull.policy = v1alpha1::PrepullPolicy::kAlways;
    }
    const bool small = luck_.Strikes(Fault::kSmallHost);
    luck_.Off();
    NEKO_CHECK(client.Create(ctx, cls).has_value());
    for (const auto& [name, engine] : world_.engines) {
      v1alpha1::BrowserNode node;
      node.metadata.name = name;
      node.spec.docker = v1alpha1::DockerEndpoint{.endpoint = "unix:///run/docker.sock", .tls = {}};
      node.spec.address = "192.0.2.10";
      if (small) node.spec.capacity.memory = "5Gi";  // room for three
      NEKO_CHECK(client.Create(ctx, node).has_value());
    }
  }

  void Step() {
    if (world_.random.Below(100) < static_cast<unsigned>(scenario_.user_percent)) users_.Act();
    accidents_.MayHappen();
    if (world_.random.Below(20) == 0) life_.ArriveLate();
    const auto patience = static_cast<unsigned>(scenario_.time_percent);
    if (!life_.Step() || world_.random.Below(100) < patience) LetTimePass();
    life_.Tend();
  }

  void LetTimePass() {
    auto by = Duration(std::chrono::milliseconds(world_.random.Below(2000)));
    if (world_.random.Below(8) == 0) by = std::chrono::seconds(world_.random.Below(60));
    const Program* running = life_.program();
    const auto due = running == nullptr ? std::nullopt : running->NextDue();
    if (due && *due > world_.clock.Now()) by = std::min(by, *due - world_.clock.Now());
    world_.clock.Advance(by);
    world_.Trace("time");
  }

  // What broke since it was asked last.
  bool Broken(Wrong& wrong, bool settled) {
    const auto take = [&wrong](std::vector<std::string>& from) {
      wrong.insert(wrong.end(), from.begin(), from.end());
      from.clear();
    };
    take(witness_.wrong);
    take(world_.events.wrong);
    const auto changes = std::make_pair(world_.EngineCalls(), world_.events.last());
    if (Program* program = life_.program(); program && (settled || changes != checked_)) {
      checked_ = changes;
      auto found = CheckInvariants({world_, *program, users_}, settled);
      take(found);
    }
    if (settled) {
      auto found = users_.WrongAnswers(world_.events, true);
      take(found);
    }
    return !wrong.empty();
  }

  bool Settled(Wrong& wrong, Duration after, const char* when) {
    if (const std::string endless = life_.Pass(after); !endless.empty()) {
      wrong.push_back(std::string("L5: it never comes to rest ") + when + ": " + endless);
      return false;
    }
    if (world_.fibers.asleep() > 0) {
      wrong.push_back("L5: " + std::to_string(world_.fibers.asleep()) +
                      " requests are never answered");
    }
    life_.program()->store().DeliverPending();
    world_.events.Check(life_.program()->store());
    if (!Broken(wrong, true)) return true;
    wrong.push_back(std::string("(") + when + ")");
    return false;
  }

  void Go(Wrong& wrong) {
    Prepare();
    luck_.On();
    for (int step = 0; step < steps_; ++step) {
      Step();
      if (!Broken(wrong, false)) continue;
      wrong.push_back("(after step " + std::to_string(step) + ")");
      return;
    }
    luck_.Off();
    accidents_.End();
    while (life_.ArriveLate()) {
    }
    if (!Settled(wrong, kSettle, "once faults had stopped")) return;
    const auto before = Versions();
    if (!Settled(wrong, kIdle, "when nothing happened")) return;
    const auto after = Versions();
    for (const auto& [name, version] : after) {
      const auto it = before.find(name);
      if (it == before.end() || it->second != version) {
        wrong.push_back("L4: " + name + " was written when nothing happened");
        return;
      }
    }
    for (int i = 0; i < scenario_.losses; ++i) {
      if (!OutlivesLosses(wrong)) return;
    }
  }

  // A machine is away for so long that it is given up, and comes back with all that it ran. Then
  // so many are that it is probably our own network, and nobody is moved.
  bool OutlivesLosses(Wrong& wrong) {
    std::vector<std::string> nodes;
    for (const auto& node : life_.program()->client().List<v1alpha1::BrowserNode>()) {
      nodes.push_back(node.metadata.name);
    }
    if (nodes.size() < kEnoughToMissOne) return true;
    std::rotate(nodes.begin(), nodes.begin() + world_.random.Below(nodes.size()), nodes.end());
    const auto check_losses = [this](Wrong& stay) {
      CheckLosses({world_, *life_.program(), users_}, stay);
    };
    if (!Miss({nodes.front()}, check_losses, wrong)) return false;
    nodes.resize(nodes.size() * reconcilers::node::kTooManySilentPercent / 100 + 1);
    const auto places = PlacesOn(nodes);
    const auto check_places = [&](Wrong& moved) {
      const auto now = PlacesOn(nodes);
      for (const auto& [name, place] : places) {
        if (const auto it = now.find(name); it == now.end() || it->second != place) {
          moved.push_back(name + " left " + place + " while most machines were silent");
        }
      }
    };
    return Miss(nodes, check_places, wrong);
  }

  bool Miss(const std::vector<std::string>& nodes, const std::function<void(Wrong&)>& check,
            Wrong& wrong) {
    std::string all;
    for (const auto& node : nodes) {
      world_.engines.at(node)->SetDown(true);
      all += (all.empty() ? "" : ", ") + node;
    }
    if (const auto endless = life_.Pass(kLoss); !endless.empty()) {
      wrong.push_back("L5: it never comes to rest without " + all + ": " + endless);
      return false;
    }
    if (Broken(wrong, false)) return false;
    Wrong found;
    check(found);
    for (const auto& what : found) wrong.push_back("L8: " + what + " (without " + all + ")");
    for (const auto& node : nodes) world_.engines.at(node)->SetDown(false);
    return found.empty() && Settled(wrong, kSettle, ("when " + all + " came back").c_str());
  }

  // Sessions by name, with the node each is on, if it is one of these.
  std::map<std::string, std::string> PlacesOn(const std::vector<std::string>& nodes) {
    std::map<std::string, std::string> places;
    for (const auto& session : life_.program()->client().List<v1alpha1::BrowserSession>()) {
      const std::string& node = session.status.nodeName;
      if (std::find(nodes.begin(), nodes.end(), node) != nodes.end()) {
        places[NameOf(session)] = node;
      }
    }
    return places;
  }

  // Of everything but nodes, whose heartbeat may move on.
  std::map<std::string, std::uint64_t> Versions() {
    std::map<std::string, std::uint64_t> versions;
    for (const char* resource :
         {v1alpha1::BrowserSession::kResource, v1alpha1::BrowserProfile::kResource,
          v1alpha1::BrowserClass::kResource, v1alpha1::Secret::kResource}) {
      life_.program()->store().List(resource)->ForEach("", "", [&](const store::ObjectPtr& object) {
        versions[NameOf(object->key)] = object->version;
        return true;
      });
    }
    return versions;
  }

  const Scenario& scenario_;
  const int steps_;
  Luck luck_;
  World world_;
  Life life_;
  Users users_;
  Accidents accidents_;
  Witness witness_;
  std::pair<std::uint64_t, std::uint64_t> checked_{};
};

}  // namespace

Outcome Run(const Scenario& scenario, std::uint64_t seed, const Mercy& mercy) {
  return Simulation(scenario, seed, mercy).Run();
}

RunId Minimise(const Scenario& scenario, const RunId& failing, int budget) {
  RunId best = failing;
  const auto still_fails = [&](const Mercy& mercy) {
    if (budget-- <= 0) return false;
    const Outcome outcome = Run(scenario, failing.seed, mercy);
    if (outcome.ok()) return false;
    best.mercy = mercy;
    return true;
  };
  // The earliest end of faults that still fails.
  const std::uint64_t strikes = Run(scenario, failing.seed, best.mercy).strikes;
  std::uint64_t low = 0, high = std::min(strikes, best.mercy.until);
  while (low < high && budget > 0) {
    Mercy mercy = failing.mercy;
    const std::uint64_t middle = low + (high - low) / 2;
    mercy.until = middle;
    if (still_fails(mercy)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  // Whole kinds, then single strikes.
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto kind = static_cast<Fault>(i);
    if (!scenario.faults.contains(kind) || best.mercy.kinds.contains(kind)) continue;
    Mercy mercy = best.mercy;
    mercy.kinds.insert(kind);
    still_fails(mercy);
  }
  for (std::uint64_t strike = 0; strike < std::min<std::uint64_t>(best.mercy.until, 64); ++strike) {
    Mercy mercy = best.mercy;
    mercy.spare.insert(strike);
    still_fails(mercy);
  }
  return best;
}

}  // namespace nekoplane::sim
