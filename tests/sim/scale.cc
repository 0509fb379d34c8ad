#include "tests/sim/scale.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>

#include "api/base/check.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/conditions.h"
#include "tests/sim/invariants/invariant.h"
#include "tests/sim/life.h"
#include "tests/sim/luck.h"
#include "tests/sim/users.h"
#include "tests/sim/witness.h"
#include "tests/sim/world.h"
#include "tests/support/builders.h"

namespace nekoplane::sim {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using v1alpha1::BrowserNode;
using v1alpha1::BrowserSession;

constexpr int kBatch = 1'000;
constexpr auto kAMoment = seconds(10);  // for all that is asked for at once
constexpr int kNewcomers = 20;

double CpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// What the program did for something.
struct Cost {
  std::uint64_t steps = 0;
  double cpu = 0;  // seconds
};

class Scale {
 public:
  explicit Scale(const ScaleOptions& options)
      : options_(options),
        luck_(options.seed, calm_, {}),
        world_(options.seed, options.nodes),
        // Looks that are due by time alone are not what is measured.
        life_(world_, luck_, [](const Point&) { return Fate::kLive; },
              {.history = {},
               .probe_interval = hours(1),
               .gc_period = hours(1),
               .node_lost_after = hours(4)}),
        users_(world_, life_, options.seed, {}),
        witness_(world_, life_, users_) {
    world_.events.IgnoreSecrets();
  }

  ~Scale() { life_.End(); }

  bool Run() {
    life_.RestartNow();
    NEKO_CHECK(life_.program() != nullptr);
    Say(AddNodes(), "nodes are ready", options_.nodes);
    Cost first, last;
    int made = 0;
    while (made < options_.sessions) {
      const int batch = std::min(kBatch, options_.sessions - made);
      last = Measure([&] {
        for (int i = 0; i < batch; ++i) Create();
        Work(kAMoment);
      });
      if (made == 0) first = last;
      made += batch;
      if (made == batch || made % 5'000 == 0 || made == options_.sessions) {
        Say(last, "sessions became ready, among " + std::to_string(made), batch);
      }
    }
    std::printf("%.2f times the steps and %.2f times the time for a session as among the first\n",
                static_cast<double>(last.steps) / static_cast<double>(first.steps),
                last.cpu / first.cpu);
    Newcomers("with nothing else to do", [] {});
    Newcomers("while every engine is listed anew", [this] {
      for (const auto& [name, engine] : world_.engines) {
        engine->SetDown(true);
        engine->SetDown(false);
      }
    });
    Work(kAMoment);
    return Check();
  }

 private:
  registry::Client& client() { return life_.program()->client(); }

  template <class Work>
  Cost Measure(Work&& work) const {
    const Cost before{world_.steps, CpuSeconds()};
    work();
    return {world_.steps - before.steps, CpuSeconds() - before.cpu};
  }

  static void Say(const Cost& cost, const std::string& what, int count) {
    std::printf("%d %s: %.1f steps and %.0f us of one core each\n", count, what.c_str(),
                static_cast<double>(cost.steps) / count, cost.cpu / count * 1e6);
    std::fflush(stdout);
  }

  // Does whatever is due until that much virtual time went by.
  void Work(Duration time) {
    const MonoTime end = world_.clock.Now() + time;
    while (true) {
      if (life_.Step()) continue;
      const auto due = life_.program()->NextDue();
      if (!due || *due > end) break;
      world_.clock.AdvanceTo(*due);
    }
    world_.clock.AdvanceTo(end);
  }

  Cost AddNodes() {
    return Measure([&] {
      NEKO_CHECK(client().Create({}, testing::MakeClass()).has_value());
      const int each = options_.sessions / options_.nodes + 10;
      for (const auto& [name, engine] : world_.engines) {
        BrowserNode node;
        node.metadata.name = name;
        node.spec.docker =
            v1alpha1::DockerEndpoint{.endpoint = "unix:///run/docker.sock", .tls = {}};
        node.spec.address = "192.0.2.10";
        node.spec.capacity = {.memory = std::to_string(each * 2) + "Gi",
                              .cpu = std::to_string(each * 2)};
        NEKO_CHECK(client().Create({}, node).has_value());
      }
      Work(kAMoment);
    });
  }

  std::string Create() {
    BrowserSession session;
    session.metadata.namespace_ = "default";
    session.metadata.name = "s" + std::to_string(created_++);
    NEKO_CHECK(client().Create({}, session).has_value());
    return session.metadata.name;
  }

  // How long new sessions wait for their places, one after the other.
  template <class Trouble>
  void Newcomers(const char* when, const Trouble& trouble) {
    Cost sum, worst;
    for (int i = 0; i < kNewcomers; ++i) {
      trouble();
      const std::string name = Create();
      const Cost cost = Measure([&] {
        while (client().Get<BrowserSession>("default", name)->status.nodeName.empty()) {
          NEKO_CHECK(life_.Step());
        }
      });
      sum.steps += cost.steps;
      sum.cpu += cost.cpu;
      worst.cpu = std::max(worst.cpu, cost.cpu);
    }
    std::printf("a new session has its place %s after %.0f steps and %.2f ms, %.2f ms at worst\n",
                when, static_cast<double>(sum.steps) / kNewcomers, sum.cpu / kNewcomers * 1e3,
                worst.cpu * 1e3);
    std::fflush(stdout);
  }

  bool Check() {
    auto& store = life_.program()->store();
    store.DeliverPending();
    world_.events.Check(store);
    Wrong wrong = CheckInvariants({world_, *life_.program(), users_}, true);
    wrong.insert(wrong.end(), witness_.wrong.begin(), witness_.wrong.end());
    wrong.insert(wrong.end(), world_.events.wrong.begin(), world_.events.wrong.end());
    int ready = 0;
    for (const auto& session : client().List<BrowserSession>()) {
      if (reconcilers::IsTrue(session.status.conditions, v1alpha1::session::kReady)) ++ready;
    }
    if (ready != created_) {
      wrong.push_back(std::to_string(created_ - ready) + " sessions are not ready");
    }
    constexpr std::size_t kTold = 20;
    for (std::size_t i = 0; i < std::min(wrong.size(), kTold); ++i) {
      std::printf("%s\n", wrong[i].c_str());
    }
    std::printf("scale: %d nodes, %d sessions ready, %llu events, %.0f s, %zu violations\n",
                options_.nodes, ready, static_cast<unsigned long long>(world_.steps), CpuSeconds(),
                wrong.size());
    return wrong.empty();
  }

  const ScaleOptions options_;
  const Scenario calm_;
  Luck luck_;
  World world_;
  Life life_;
  Users users_;
  Witness witness_;
  int created_ = 0;
};

}  // namespace

int RunScale(const ScaleOptions& options) {
  if (options.nodes < 1 || options.sessions < 1) {
    std::fprintf(stderr, "nekosim: --scale-nodes and --scale-sessions have to be 1 or more\n");
    return 2;
  }
  return Scale(options).Run() ? 0 : 1;
}

}  // namespace nekoplane::sim
