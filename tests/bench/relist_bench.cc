// How long a user's new session waits for its place while every node is looked at anew, as after a
// relist: the real queues, workers, registry and node cache; reconcilers that do the same reads and
// writes as the real ones, without engines.
//
//   placement_bench --benchmark_filter=NewSession
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/codec/builtin.h"
#include "api/registry/client.h"
#include "api/registry/registry.h"
#include "controller/manager/manager.h"
#include "tests/bench/placement_world.h"

namespace nekoplane::bench {
namespace {

constexpr int kNodes = 1'000, kSessions = 20'000, kWorkers = 4;

// What the node reconciler does when its engine answered: reads the node and its claims, and writes
// a status that is new each time.
class NodeWork final : public manager::Reconciler {
 public:
  explicit NodeWork(registry::Client& client) : client_(client) {}

  std::string name() const override { return "node"; }

  manager::Outcome Reconcile(const Context& ctx, const queue::Key& key) override {
    auto node = client_.Get<BrowserNode>("", key.name);
    if (!node) return manager::Retry{node.error()};
    node->status.sessions = reconcilers::UseOf(*node, *client_.Claims()).sessions;
    node->status.loadPercent = (node->status.loadPercent + 1) % 100;
    const auto written = client_.WriteStatus(ctx, *node);
    if (!written) return manager::Retry{written.error()};
    return manager::Done{};
  }

 private:
  registry::Client& client_;
};

// What the session reconciler does until a new session has its place.
class SessionWork final : public manager::Reconciler {
 public:
  SessionWork(registry::Client& client, scheduler::Request request)
      : client_(client),
        request_(std::move(request)),
        cache_(client.registry().store(), scheduler::DefaultPolicy()) {}

  std::string name() const override { return "session"; }

  manager::Outcome Reconcile(const Context& ctx, const queue::Key& key) override {
    auto session = client_.Get<BrowserSession>(key.ns, key.name);
    if (!session) return manager::Done{};
    const auto ledger = client_.Claims();
    const auto nodes = cache_.At(ledger);
    scheduler::Request request = request_;
    request.session = *session;
    const auto placement = scheduler::Place(request, nodes.cluster());
    NEKO_CHECK(!placement.node.empty());
    const auto& uid = session->metadata.uid;
    const auto ports = nodes.FindRoom(placement.node)->ports.Free({}).value();
    registry::With with;
    with.claims = {Acquire(reconcilers::InstanceClaim(placement.node, uid, placement.demand))};
    for (auto& claim : reconcilers::PortClaims(placement.node, uid, ports)) {
      with.claims.push_back(Acquire(std::move(claim)));
    }
    with.guards = {{placement.node, ledger->ScopeVersion(placement.node)}};
    session->status.nodeName = placement.node;
    session->status.ports = ports;
    const auto written = client_.WriteStatus(ctx, *session, std::move(with));
    if (!written) return manager::Retry{written.error()};
    const std::lock_guard lock(mutex_);
    placed_ = key.name;
    changed_.notify_all();
    return manager::Done{};
  }

  void AwaitPlaced(const std::string& name) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return placed_ == name; });
  }

 private:
  registry::Client& client_;
  const scheduler::Request request_;
  reconcilers::NodeCache cache_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string placed_;
};

// Range 0: is every node looked at anew just before?
void BM_NewSession(benchmark::State& state) {
  World world(kNodes, kSessions);
  SystemClock clock;
  SystemRandom random;
  NullLogger log;
  registry::Registry registry(world.store(), codec::KindTable::Builtin(), clock, random);
  registry::Client client(registry, clock, random);
  NEKO_CHECK(registry.Bootstrap(Context()).has_value());
  NodeWork node_work(client);
  SessionWork session_work(client, world.request());
  manager::Manager manager(clock, random, log, nullptr);
  auto& sessions = manager.Add(session_work, {.workers = kWorkers, .backoff = {}});
  auto& nodes = manager.Add(node_work, {.workers = 1, .backoff = {}});
  manager.Start();

  std::vector<double> waits;
  int count = 0;
  for (auto _ : state) {
    if (state.range(0) != 0) {
      for (const auto& name : world.names()) nodes.Enqueue({"", name});
    }
    BrowserSession session;
    session.metadata.name = "new-" + std::to_string(++count);
    session.metadata.namespace_ = "default";
    const auto begin = std::chrono::steady_clock::now();
    const auto created = client.Create(Context(), session);
    NEKO_CHECK(created.has_value());
    sessions.Enqueue({"default", session.metadata.name});
    session_work.AwaitPlaced(session.metadata.name);
    waits.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    state.SetIterationTime(waits.back());
  }
  manager.Stop();
  std::sort(waits.begin(), waits.end());
  state.counters["p99_ms"] = waits[waits.size() * 99 / 100] * 1e3;
  state.counters["max_ms"] = waits.back() * 1e3;
}

BENCHMARK(BM_NewSession)
    ->ArgName("relist")
    ->Arg(0)
    ->Arg(1)
    ->UseManualTime()
    ->Iterations(300)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nekoplane::bench
