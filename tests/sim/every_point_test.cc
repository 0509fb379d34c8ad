// What a user or an accident can do, once for each effect that it leads to and each fate that
// effect can meet; and for pairs of them. Effects are commits, engine calls and disk operations.
// Nothing is left to a draw.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/base/check.h"
#include "tests/sim/invariants/invariant.h"
#include "tests/sim/life.h"
#include "tests/sim/users.h"
#include "tests/sim/witness.h"
#include "tests/support/builders.h"

namespace nekoplane::sim {
namespace {

using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;

constexpr auto kSteady = std::chrono::seconds(15);
constexpr Duration kAtOnce = std::chrono::seconds(20);    // the reconcilers' part
constexpr Duration kCollected = std::chrono::minutes(5);  // the collector's
constexpr auto kSettle =
    std::chrono::minutes(12);  // a back-off, and the collector's looks, each twice

struct Way {
  const char* words;
  Fate fate;           // of a commit or a call
  SimDisk::Fate disk;  // of a disk operation
  bool power = false;  // the death that follows is the machine's
};

constexpr Way kWays[] = {
    {"fails", Fate::kFail, SimDisk::Fate::kIoError},
    {"loses its reply, or is torn", Fate::kLoseReply, SimDisk::Fate::kTorn},
    {"is never made: killed before", Fate::kDieBefore, SimDisk::Fate::kDieBefore},
    {"is the last: killed after", Fate::kDieAfter, SimDisk::Fate::kDieAfter},
    {"arrives late, or is torn by a power loss", Fate::kDieLate, SimDisk::Fate::kDieTorn, true},
};
constexpr std::size_t kWayCount = std::size(kWays);

// What happens to the n-th effect, for those that do not just live: an index into kWays.
using Plan = std::map<std::uint64_t, std::size_t>;

// One world, whose faults are written down beforehand.
class Stage {
 public:
  Stage(Plan plan, bool disk)
      : plan_(std::move(plan)),
        world_(1, 1),
        luck_(1, {}, {}),
        life_(world_, luck_, [this](const Point& point) { return NextFate(point); },
              {.gc_period = std::chrono::minutes(2)}),
        users_(world_, life_, 1, {}),
        witness_(world_, life_, users_) {
    if (disk) world_.disk.SetPlan([this](SimDisk::Op op) { return NextDiskFate(op); });
    life_.RestartNow();
    NEKO_CHECK(client().Create(Context(), testing::MakeClass()).has_value());
    v1alpha1::BrowserNode node;
    node.metadata.name = v1alpha1::BrowserNode::kHost;
    node.spec.docker = v1alpha1::DockerEndpoint{.endpoint = "unix:///run/docker.sock", .tls = {}};
    node.spec.address = "192.0.2.10";
    NEKO_CHECK(client().Create(Context(), node).has_value());
  }

  ~Stage() { life_.End(); }

  registry::Client& client() { return life_.program()->client(); }

  runtime::SimEngine& engine() { return *world_.engines.begin()->second; }

  Users& users() { return users_; }

  std::string Uid() {
    const auto session = client().Get<BrowserSession>("default", "s");
    return session ? session->metadata.uid : "";
  }

  // The effects from here on count, and meet their fates.
  void Count(bool on) { counting_ = on; }

  std::uint64_t count() const { return count_; }

  // "": all is well.
  std::string Pass(Duration time) { return life_.Pass(time); }

  std::string Wrong(bool settled) {
    std::vector<std::string> wrong = witness_.wrong;
    if (life_.program() == nullptr) life_.RestartNow();
    if (settled) {
      life_.program()->store().DeliverPending();
      world_.events.Check(life_.program()->store());
    }
    wrong.insert(wrong.end(), world_.events.wrong.begin(), world_.events.wrong.end());
    const auto found = CheckInvariants({world_, *life_.program(), users_}, settled);
    wrong.insert(wrong.end(), found.begin(), found.end());
    std::string text;
    for (const auto& line : wrong) text += "\n    " + line;
    return text;
  }

 private:
  const Way* Next() {
    if (!counting_) return nullptr;
    const auto planned = plan_.find(count_++);
    return planned == plan_.end() ? nullptr : &kWays[planned->second];
  }

  Fate NextFate(const Point& point) {
    const Way* way = Next();
    if (way == nullptr) return Fate::kLive;
    if (way->power && point.effect == "commit") life_.LosePowerNext();
    return way->fate;
  }

  SimDisk::Fate NextDiskFate(SimDisk::Op op) {
    if (op == SimDisk::Op::kRead) return SimDisk::Fate::kWork;
    const Way* way = Next();
    if (way == nullptr) return SimDisk::Fate::kWork;
    if (way->power) life_.LosePowerNext();
    return way->disk;
  }

  const Plan plan_;
  bool counting_ = false;
  std::uint64_t count_ = 0;
  World world_;
  Luck luck_;
  Life life_;
  Users users_;
  Witness witness_;
};

struct Workload {
  const char* name;
  bool thorough;                       // disk operations, and pairs
  Duration window;                     // in which the effects of the act are counted
  std::function<void(Stage&)> before;  // then it becomes steady
  std::function<void(Stage&)> act;
};

void Create(Stage& stage, const std::string& profile = "") {
  BrowserSession session;
  session.metadata.namespace_ = "default";
  session.metadata.name = "s";
  session.spec.url = "https://example.org/";
  if (!profile.empty()) session.spec.profileRef = v1alpha1::LocalRef{profile};
  NEKO_CHECK(stage.client().Create(Context(), session).has_value());
}

void CreateWithProfile(Stage& stage) {
  BrowserProfile profile;
  profile.metadata.namespace_ = "default";
  profile.metadata.name = "p";
  profile.spec.retentionPolicy = v1alpha1::RetentionPolicy::kDelete;
  NEKO_CHECK(stage.client().Create(Context(), profile).has_value());
  Create(stage, "p");
}

void Patch(Stage& stage, const nlohmann::json& spec) {
  NEKO_CHECK(stage.client()
                 .Patch<BrowserSession>(Context(), "default", "s", {{"spec", spec}})
                 .has_value());
}

void Delete(Stage& stage) {
  const auto session = stage.client().Get<BrowserSession>("default", "s");
  NEKO_CHECK(session.has_value());
  stage.users().NoteDeletion("s");
  NEKO_CHECK(stage.client().Delete(Context(), *session).has_value());
}

void DeleteWithProfile(Stage& stage) {
  const auto profile = stage.client().Get<BrowserProfile>("default", "p");
  NEKO_CHECK(profile.has_value());
  NEKO_CHECK(stage.client().Delete(Context(), *profile).has_value());
  Delete(stage);
}

void Suspend(Stage& stage) { Patch(stage, {{"operatingMode", "Suspended"}}); }

const std::vector<Workload>& Workloads() {
  static const auto* all = new std::vector<Workload>{
      {"Create", true, kAtOnce, [](Stage&) {}, [](Stage& s) { Create(s); }},
      {"CreateWithProfile", false, kAtOnce, [](Stage&) {}, CreateWithProfile},
      {"Update", true, kAtOnce, [](Stage& s) { Create(s); },
       [](Stage& s) {
         Patch(s, {{"screen", "800x600@30"}});
       }},
      {"Suspend", false, kAtOnce, [](Stage& s) { Create(s); }, Suspend},
      {"Resume", false, kAtOnce,
       [](Stage& s) {
         Create(s);
         Suspend(s);
       },
       [](Stage& s) {
         Patch(s, {{"operatingMode", "Running"}});
       }},
      {"Delete", true, kAtOnce, [](Stage& s) { Create(s); }, Delete},
      {"DeleteWithProfile", false, kAtOnce, CreateWithProfile, DeleteWithProfile},
      {"ContainerDies", false, kAtOnce, [](Stage& s) { Create(s); },
       [](Stage& s) { s.engine().Kill(s.Uid()); }},
      {"ContainerVanishes", false, kAtOnce, [](Stage& s) { Create(s); },
       [](Stage& s) { s.engine().RemoveBehindBack(s.Uid()); }},
      {"EngineReboots", false, kAtOnce, [](Stage& s) { Create(s); },
       [](Stage& s) { s.engine().Reboot(); }},
      // What is left of it is the collector's.
      {"FinalizerTakenOff", false, kCollected, [](Stage& s) { Create(s); },
       [](Stage& s) {
         const auto session = s.client().Get<BrowserSession>("default", "s");
         s.users().NoteDeletion("s");
         NEKO_CHECK(s.client()
                        .RemoveFinalizer(Context(), *session, BrowserSession::kFinalizer)
                        .has_value());
         NEKO_CHECK(s.client().Delete(Context(), *session).has_value());
       }},
  };
  return *all;
}

// What went wrong, in words; `effects`: how many there were in the window.
std::string WrongWith(const Workload& workload, const Plan& plan, bool disk,
                      std::uint64_t* effects = nullptr) {
  Stage stage(plan, disk);
  workload.before(stage);
  std::string wrong = stage.Pass(kSteady);
  if (!wrong.empty()) return "it never became steady: " + wrong;
  workload.act(stage);
  stage.Count(true);
  std::string endless = stage.Pass(workload.window);
  stage.Count(false);
  if (effects != nullptr) *effects = stage.count();
  wrong = stage.Wrong(false);
  if (!wrong.empty()) return "after the act:" + wrong;
  if (endless.empty()) endless = stage.Pass(kSettle);
  if (!endless.empty()) return "it never comes to rest: " + endless;
  wrong = stage.Wrong(true);
  return wrong.empty() ? "" : "after settling:" + wrong;
}

std::string Words(const Plan& plan) {
  std::string text;
  for (const auto& [at, way] : plan) {
    text += (text.empty() ? "effect " : ", effect ") + std::to_string(at) + " " + kWays[way].words;
  }
  return text;
}

class EveryPointTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Workload& workload() const { return Workloads()[GetParam()]; }
};

TEST_P(EveryPointTest, WhateverHappensThereItComesRight) {
  const bool disk = workload().thorough;
  std::uint64_t points = 0;
  ASSERT_EQ(WrongWith(workload(), {}, disk, &points), "") << "without any fault";
  ASSERT_GT(points, 2U) << "too few effects to prove anything";
  int runs = 0, failed = 0;
  for (std::uint64_t at = 0; at < points; ++at) {
    for (std::size_t way = 0; way < kWayCount; ++way, ++runs) {
      const Plan plan{{at, way}};
      const std::string wrong = WrongWith(workload(), plan, disk);
      if (wrong.empty()) continue;
      ADD_FAILURE() << workload().name << ": " << Words(plan) << ": " << wrong;
      if (++failed == 3) return;
    }
  }
  std::printf("%s: %llu points, all crashed and failed at (%d runs)\n", workload().name,
              static_cast<unsigned long long>(points), runs);
}

// All pairs of the fates of commits and calls, or with NEKO_SIM_PAIRS unset one in many, a
// different one in each workload.
TEST_P(EveryPointTest, PairsOfThemAsWell) {
  const bool all = std::getenv("NEKO_SIM_PAIRS") != nullptr && workload().thorough;
  const std::uint64_t stride = all ? 1 : 499;
  std::uint64_t points = 0;
  ASSERT_EQ(WrongWith(workload(), {}, false, &points), "");
  std::uint64_t pair = GetParam();
  int runs = 0, failed = 0;
  for (std::uint64_t first = 0; first < points; ++first) {
    // What follows a fault may take a few effects more than the faultless way does.
    for (std::uint64_t second = first + 1; second < points + 10; ++second) {
      for (std::size_t ways = 0; ways < kWayCount * kWayCount; ++ways) {
        if (pair++ % stride != 0) continue;
        const Plan plan{{first, ways / kWayCount}, {second, ways % kWayCount}};
        ++runs;
        const std::string wrong = WrongWith(workload(), plan, false);
        if (wrong.empty()) continue;
        ADD_FAILURE() << workload().name << ": " << Words(plan) << ": " << wrong;
        if (++failed == 3) return;
      }
    }
  }
  std::printf("%s: %d pairs of faults\n", workload().name, runs);
}

INSTANTIATE_TEST_SUITE_P(All, EveryPointTest, ::testing::Range(std::size_t{0}, Workloads().size()),
                         [](const auto& i) { return Workloads()[i.param].name; });

}  // namespace
}  // namespace nekoplane::sim
