// How many placements are decided per second on one core, beside the plain way to do it, and what
// one change costs as sessions grow in number. tests/bench/placement runs it and prints the ratios.
//
//   placement_bench --benchmark_filter=Decide
#include <benchmark/benchmark.h>
#include <time.h>

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "tests/bench/placement_world.h"

namespace nekoplane::bench {
namespace {

// Building a world takes longer than measuring in it: benchmarks of one size in a row share it.
World& WorldOf(const benchmark::State& state) {
  static std::unique_ptr<World> world;
  static std::pair<std::int64_t, std::int64_t> size;
  const std::pair wanted(state.range(0), state.range(1));
  if (world == nullptr || size != wanted) {
    world.reset();
    world =
        std::make_unique<World>(static_cast<int>(wanted.first), static_cast<int>(wanted.second));
    size = wanted;
  }
  return *world;
}

// Of this thread: what others do on the machine meanwhile is not its cost.
double CpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Decision {
  std::string node;
  v1alpha1::SessionPorts ports;
};

// As the session reconciler does.
Decision Decide(reconcilers::NodeCache& cache, World& world) {
  const auto nodes = cache.At(world.store().Claims());
  const auto placement = scheduler::Place(world.request(), nodes.cluster());
  NEKO_CHECK(!placement.node.empty());
  return {placement.node, nodes.FindRoom(placement.node)->ports.Free({}).value()};
}

// The yardstick: every object decoded, every claim read, every node judged.
scheduler::Placement DecidePlainly(World& world, const scheduler::Request& request) {
  std::vector<BrowserNode> nodes;
  world.store().List(BrowserNode::kResource)->ForEach("", "", [&](const store::ObjectPtr& object) {
    nodes.push_back(codec::Decode<BrowserNode>(std::string_view(object->bytes)).value());
    return true;
  });
  return scheduler::Place(request, reconcilers::NodeViews(nodes, *world.store().Claims()));
}

// Each decision is recorded, and the oldest session goes, so that the next one sees a ledger that
// changed on two nodes. Only the decision is timed.
void BM_Decide(benchmark::State& state) {
  World& world = WorldOf(state);
  reconcilers::NodeCache cache(world.store(), scheduler::DefaultPolicy());
  Decide(cache, world);
  for (auto _ : state) {
    const double begin = CpuSeconds();
    const Decision decision = Decide(cache, world);
    state.SetIterationTime(CpuSeconds() - begin);
    world.Place(decision.node, decision.ports);
    world.ReleaseOldest();
  }
  state.SetItemsProcessed(state.iterations());
}

// The same with the store's part: what placing one session and releasing another costs in all.
void BM_Change(benchmark::State& state) {
  World& world = WorldOf(state);
  reconcilers::NodeCache cache(world.store(), scheduler::DefaultPolicy());
  Decide(cache, world);
  for (auto _ : state) {
    const Decision decision = Decide(cache, world);
    world.Place(decision.node, decision.ports);
    world.ReleaseOldest();
  }
  state.SetItemsProcessed(state.iterations());
}

// A ledger as anybody would begin it: one tree by what is claimed, one by who claims it. Textbook
// trees, whose cost grows with log n in comparisons: what that is in time on this machine, where
// larger trees fit its caches less well, is the yardstick for how the cost of a change grows.
class PlainLedger {
 public:
  explicit PlainLedger(const store::Ledger& ledger) {
    ledger.ForEach([&](const store::Claim& claim) { Put(claim); });
  }

  void Put(const store::Claim& claim) {
    by_owner_.emplace(claim.owner, Item{claim.scope, claim.kind, claim.item});
    by_item_.emplace(Item{claim.scope, claim.kind, claim.item}, claim);
  }

  void Release(const std::string& owner) {
    const auto [first, last] = by_owner_.equal_range(owner);
    for (auto it = first; it != last; ++it) by_item_.erase(it->second);
    by_owner_.erase(first, last);
  }

 private:
  using Item = std::tuple<std::string, std::string, std::string>;
  std::map<Item, store::Claim> by_item_;
  std::multimap<std::string, Item> by_owner_;
};

void BM_PlainLedger(benchmark::State& state) {
  World& world = WorldOf(state);
  PlainLedger ledger(*world.store().Claims());
  int next = 0;
  const auto uid = [](int n) { return "plain-" + std::to_string(n); };
  constexpr int kBehind = 100;
  for (auto _ : state) {
    // Spread over all nodes, in no order, as placements are.
    const auto at = static_cast<std::size_t>(next) * 7919 % world.names().size();
    for (const auto& claim : ClaimsOf(world.names()[at], uid(next), {next, -next})) {
      ledger.Put(claim);
    }
    ledger.Release(uid(next - kBehind));
    ++next;
  }
  state.SetItemsProcessed(state.iterations());
}

// So many of these at once, for an instruction counter that runs the whole program twice.
void BM_CountedChanges(benchmark::State& state) {
  World& world = WorldOf(state);
  reconcilers::NodeCache cache(world.store(), scheduler::DefaultPolicy());
  for (auto _ : state) {
    for (std::int64_t n = 0; n < state.range(2); ++n) {
      const Decision decision = Decide(cache, world);
      world.Place(decision.node, decision.ports);
      world.ReleaseOldest();
    }
  }
}

void BM_DecidePlainly(benchmark::State& state) {
  World& world = WorldOf(state);
  for (auto _ : state) benchmark::DoNotOptimize(DecidePlainly(world, world.request()));
  state.SetItemsProcessed(state.iterations());
}

void BM_Refuse(benchmark::State& state) {
  World& world = WorldOf(state);
  // No node is too small for it in all, but none has so much left: every one must be asked.
  scheduler::Request request = world.request();
  request.session.spec.resources.requests["memory"] =
      std::to_string((state.range(1) / state.range(0) + 50) * 1536) + "Mi";
  reconcilers::NodeCache cache(world.store(), scheduler::DefaultPolicy());
  for (auto _ : state) {
    const auto nodes = cache.At(world.store().Claims());
    const auto placement = scheduler::Place(request, nodes.cluster());
    NEKO_CHECK(placement.node.empty() && !placement.nominee.empty());
  }
  state.SetItemsProcessed(state.iterations());
}

template <int... kSessions>
void Sizes(benchmark::internal::Benchmark* bench) {
  for (const int nodes : {10, 100, 1'000}) {
    for (const int sessions : {kSessions...}) bench->Args({nodes, sessions});
  }
}

BENCHMARK(BM_Decide)->Apply(Sizes<0, 1'000, 20'000>)->UseManualTime();
BENCHMARK(BM_Change)->Apply(Sizes<0, 1'000, 20'000>);
BENCHMARK(BM_PlainLedger)->Apply(Sizes<1'000, 20'000>);
BENCHMARK(BM_CountedChanges)->ArgsProduct({{1'000}, {1'000, 20'000}, {500, 1'500}})->Iterations(1);
BENCHMARK(BM_DecidePlainly)->Apply(Sizes<0, 1'000, 20'000>);
BENCHMARK(BM_Refuse)->Apply(Sizes<1'000, 20'000>);

}  // namespace
}  // namespace nekoplane::bench

BENCHMARK_MAIN();
