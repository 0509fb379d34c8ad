// What a user can do, once for each effect (engine call or commit) that it leads to and each fate
// that effect can meet; and for pairs of them. Nothing is left to a draw.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/sim/invariants.h"
#include "tests/sim/life.h"
#include "tests/support/builders.h"

namespace nekoplane::sim {
namespace {

using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;

constexpr auto kSteady = std::chrono::seconds(15);
constexpr auto kWindow = std::chrono::seconds(20);  // in which the effects of an act are counted
constexpr auto kSettle = std::chrono::minutes(5);   // a back-off, and two looks of the collector
constexpr Fate kFates[] = {Fate::kFail, Fate::kLoseReply, Fate::kDieBefore, Fate::kDieAfter};
constexpr const char* kFateNames[] = {"fails", "loses its reply", "is never made: killed before",
                                      "is the last: killed after"};

// What happens to the n-th effect, for those that do not just live.
using Plan = std::map<std::uint64_t, std::size_t>;  // index into kFates

struct Workload {
  const char* name;
  std::function<void(World&)> before;  // then it becomes steady
  std::function<void(World&)> act;
};

void Create(World& world, const nlohmann::json& spec = nlohmann::json::object()) {
  BrowserSession session;
  session.metadata.namespace_ = "default";
  session.metadata.name = "s";
  session.spec.url = "https://example.org/";
  if (spec.contains("profile")) session.spec.profileRef = v1alpha1::LocalRef{spec["profile"]};
  NEKO_CHECK(world.client.Create(Context(), session).has_value());
}

void CreateWithProfile(World& world) {
  BrowserProfile profile;
  profile.metadata.namespace_ = "default";
  profile.metadata.name = "p";
  profile.spec.retentionPolicy = v1alpha1::RetentionPolicy::kDelete;
  NEKO_CHECK(world.client.Create(Context(), profile).has_value());
  Create(world, {{"profile", "p"}});
}

void Patch(World& world, const nlohmann::json& spec) {
  NEKO_CHECK(
      world.client.Patch<BrowserSession>(Context(), "default", "s", {{"spec", spec}}).has_value());
}

void Delete(World& world) {
  const auto session = world.client.Get<BrowserSession>("default", "s");
  NEKO_CHECK(session.has_value());
  NEKO_CHECK(world.client.Delete(Context(), *session).has_value());
}

void DeleteWithProfile(World& world) {
  const auto profile = world.client.Get<BrowserProfile>("default", "p");
  NEKO_CHECK(profile.has_value());
  NEKO_CHECK(world.client.Delete(Context(), *profile).has_value());
  Delete(world);
}

std::string Uid(const World& world) {
  const auto session = world.client.Get<BrowserSession>("default", "s");
  return session ? session->metadata.uid : "";
}

const std::vector<Workload>& Workloads() {
  static const auto* all = new std::vector<Workload>{
      {"Create", [](World&) {}, [](World& w) { Create(w); }},
      {"CreateWithProfile", [](World&) {}, CreateWithProfile},
      {"Update", [](World& w) { Create(w); },
       [](World& w) {
         Patch(w, {{"screen", "800x600@30"}});
       }},
      {"Suspend", [](World& w) { Create(w); },
       [](World& w) {
         Patch(w, {{"operatingMode", "Suspended"}});
       }},
      {"Resume",
       [](World& w) {
         Create(w);
         Patch(w, {{"operatingMode", "Suspended"}});
       },
       [](World& w) {
         Patch(w, {{"operatingMode", "Running"}});
       }},
      {"Delete", [](World& w) { Create(w); }, Delete},
      {"DeleteWithProfile", CreateWithProfile, DeleteWithProfile},
      {"ContainerDies", [](World& w) { Create(w); }, [](World& w) { w.engine.Kill(Uid(w)); }},
      {"ContainerVanishes", [](World& w) { Create(w); },
       [](World& w) { w.engine.RemoveBehindBack(Uid(w)); }},
      {"EngineReboots", [](World& w) { Create(w); }, [](World& w) { w.engine.Reboot(); }},
  };
  return *all;
}

std::string Join(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += "\n    " + line;
  return text;
}

// What went wrong, in words; `effects`: how many there were in the window.
std::string WrongWith(const Workload& workload, const Plan& plan,
                      std::uint64_t* effects = nullptr) {
  World world(1, {.registry = {}, .health_delay = std::chrono::milliseconds(40)});
  bool counting = false;
  std::uint64_t count = 0;
  Life life(world, [&] {
    if (!counting) return Fate::kLive;
    const auto planned = plan.find(count++);
    return planned == plan.end() ? Fate::kLive : kFates[planned->second];
  });
  NEKO_CHECK(world.registry.Bootstrap(Context()).has_value());
  NEKO_CHECK(world.client.Create(Context(), testing::MakeClass()).has_value());
  v1alpha1::BrowserNode node;
  node.metadata.name = v1alpha1::BrowserNode::kHost;
  node.spec.docker = v1alpha1::DockerEndpoint{.endpoint = "unix:///run/docker.sock", .tls = {}};
  node.spec.address = "192.0.2.10";
  NEKO_CHECK(world.client.Create(Context(), node).has_value());

  life.Restart();
  workload.before(world);
  if (!life.Pass(kSteady)) return "it never became steady";
  counting = true;
  workload.act(world);
  bool rests = life.Pass(kWindow);
  counting = false;
  if (effects != nullptr) *effects = count;
  auto wrong = AlwaysWrong(world);
  if (!wrong.empty()) return "after the act:" + Join(wrong);
  rests = rests && life.Pass(kSettle);
  if (!rests) return "it never comes to rest";
  wrong = WrongAfterSettling(world);
  return wrong.empty() ? "" : "after settling:" + Join(wrong);
}

std::string Words(const Plan& plan) {
  std::string text;
  for (const auto& [at, fate] : plan) {
    text += (text.empty() ? "effect " : ", effect ") + std::to_string(at) + " " + kFateNames[fate];
  }
  return text;
}

class EveryPointTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Workload& workload() const { return Workloads()[GetParam()]; }
};

TEST_P(EveryPointTest, WhateverHappensThereItComesRight) {
  std::uint64_t points = 0;
  const std::string fine = WrongWith(workload(), {}, &points);
  ASSERT_EQ(fine, "") << "without any fault";
  ASSERT_GT(points, 2U) << "too few effects to prove anything";
  int runs = 0, failed = 0;
  for (std::uint64_t at = 0; at < points; ++at) {
    for (std::size_t fate = 0; fate < std::size(kFates); ++fate, ++runs) {
      const Plan plan{{at, fate}};
      const std::string wrong = WrongWith(workload(), plan);
      if (wrong.empty()) continue;
      ADD_FAILURE() << workload().name << ": " << Words(plan) << ": " << wrong;
      if (++failed == 3) return;
    }
  }
  std::printf("%s: %llu points, all crashed and failed at (%d runs)\n", workload().name,
              static_cast<unsigned long long>(points), runs);
}

// NEKO_SIM_PAIRS=1 takes all pairs; else one in many, a different one in each workload.
TEST_P(EveryPointTest, PairsOfThemAsWell) {
  const bool all = std::getenv("NEKO_SIM_PAIRS") != nullptr;
  const std::uint64_t stride = all ? 1 : 499;
  std::uint64_t points = 0;
  ASSERT_EQ(WrongWith(workload(), {}, &points), "");
  std::uint64_t pair = GetParam();
  int runs = 0, failed = 0;
  constexpr std::size_t kWays = std::size(kFates);
  for (std::uint64_t first = 0; first < points; ++first) {
    // What follows a fault may take a few effects more than the faultless way does.
    for (std::uint64_t second = first + 1; second < points + 10; ++second) {
      for (std::size_t ways = 0; ways < kWays * kWays; ++ways) {
        if (pair++ % stride != 0) continue;
        const Plan plan{{first, ways / kWays}, {second, ways % kWays}};
        ++runs;
        const std::string wrong = WrongWith(workload(), plan);
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
