// What is kept from one placement to the next equals what a fresh look at everything would give.
#include "reconcilers/common/node_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "api/base/random.h"
#include "api/codec/json_codec.h"
#include "api/store/memory_store.h"
#include "reconcilers/common/claims.h"
#include "tests/support/builders.h"

namespace nekoplane::reconcilers {
namespace {

using store::Claim;
using store::Write;
using v1alpha1::BrowserNode;

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

BrowserNode SmallNode(const std::string& name) {
  BrowserNode node = testing::MakeNode(name);
  node.spec.ports.http = {8800, 8807};
  node.spec.ports.media = {59000, 59009};
  return node;
}

// A store of a few nodes and many sessions that come and go.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}

  store::MemoryStore& store() { return store_; }

  Random& random() { return random_; }

  std::string Name() { return "n" + std::to_string(random_.Below(6)); }

  void PutNode(const BrowserNode& node) {
    const store::Key key{BrowserNode::kResource, "", node.metadata.name};
    Commit({{store_.Get(key) == nullptr ? Write::Op::kCreate : Write::Op::kUpdate, key, "",
             codec::Encode(node).dump(), std::nullopt}},
           {});
  }

  void DeleteNode(const std::string& name) {
    const store::Key key{BrowserNode::kResource, "", name};
    if (store_.Get(key) != nullptr) {
      Commit({{Write::Op::kDelete, key, "", "", std::nullopt}}, {});
    }
  }

  // Claims on a node that may not even exist.
  void PlaceSession(const std::string& node) {
    const std::string uid = "u" + std::to_string(random_.Below(40));
    std::vector<store::ClaimChange> changes = {ReleaseOwner(uid)};
    changes.push_back(Acquire(InstanceClaim(
        node, uid, {.memory_bytes = kGiB, .milli_cpu = 500, .gpus = random_.Below(2) == 0})));
    const auto http = static_cast<std::int64_t>(8800 + random_.Below(9));
    const auto media = static_cast<std::int64_t>(59000 + random_.Below(11));
    for (auto& claim : PortClaims(node, uid, {http, media})) {
      const auto held = store_.Claims()->Find(claim.kind, claim.scope, claim.item);
      if (!held || held->owner == uid) changes.push_back(Acquire(std::move(claim)));
    }
    changes.push_back(Acquire(ProfileClaim("volume-" + uid, uid)));
    Commit({}, std::move(changes));
  }

  void ReleaseSession() { Commit({}, {ReleaseOwner("u" + std::to_string(random_.Below(40)))}); }

  void Step() {
    switch (random_.Below(10)) {
      case 0:
        return DeleteNode(Name());
      case 1:
      case 2: {
        BrowserNode node = SmallNode(Name());
        node.status.loadPercent = static_cast<std::int64_t>(random_.Below(100));
        if (random_.Below(3) == 0) node.spec.ports.http.to = 8803;
        return PutNode(node);
      }
      case 3:
      case 4:
      case 5:
        return ReleaseSession();
      default:
        return PlaceSession(Name());
    }
  }

 private:
  void Commit(std::vector<Write> writes, std::vector<store::ClaimChange> claims) {
    const auto done = store_.Commit(Context(), {std::move(writes), std::move(claims), {}});
    ASSERT_TRUE(done.has_value()) << done.error().ToString();
  }

  store::MemoryStore store_{"test"};
  SeededRandom random_;
};

// Only what is stored, read afresh in the plainest way.
std::vector<scheduler::NodeView> Afresh(const store::Store& store, const store::Ledger& ledger) {
  std::vector<BrowserNode> nodes;
  store.List(BrowserNode::kResource)->ForEach("", "", [&](const store::ObjectPtr& object) {
    auto node = codec::Decode<BrowserNode>(std::string_view(object->bytes));
    if (node) nodes.push_back(std::move(node).value());
    return true;
  });
  return NodeViews(nodes, ledger);
}

// The first free pair, by trying each.
std::optional<v1alpha1::SessionPorts> FirstPair(const BrowserNode& node,
                                                const store::Ledger& ledger,
                                                const std::set<std::int64_t>& avoid) {
  const auto free = [&](const char* kind, std::int64_t port) {
    return !ledger.Find(kind, node.metadata.name, std::to_string(port)) && !avoid.contains(port);
  };
  for (auto http = node.spec.ports.http.from; http <= node.spec.ports.http.to; ++http) {
    if (!free(store::kClaimPortTcp, http)) continue;
    for (auto media = node.spec.ports.media.from; media <= node.spec.ports.media.to; ++media) {
      if (media != http && free(store::kClaimPortTcp, media) && free(store::kClaimPortUdp, media)) {
        return v1alpha1::SessionPorts{http, media};
      }
    }
    return std::nullopt;
  }
  return std::nullopt;
}

void ExpectSame(const NodeSet& nodes, const store::Store& store, const store::Ledger& ledger,
                std::int64_t avoided) {
  const auto views = Afresh(store, ledger);
  ASSERT_EQ(nodes.size(), views.size());
  for (const auto& view : views) {
    SCOPED_TRACE(view.node.metadata.name);
    const auto* node = nodes.cluster().Find(view.node.metadata.name);
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(node->allocated, view.allocated);
    EXPECT_EQ(node->free_http_ports, view.free_http_ports);
    EXPECT_EQ(node->free_media_ports, view.free_media_ports);
    EXPECT_EQ(node->load, view.load);
    EXPECT_EQ(node->facts->node.status.loadPercent, view.node.status.loadPercent);
    EXPECT_EQ(nodes.FindRoom(node->name())->ports.Free({avoided}),
              FirstPair(view.node, ledger, {avoided}));
  }
  scheduler::Request request;
  request.session = testing::MakeSession("s", "u-new");
  request.browser_class = testing::MakeClass();
  const auto fast = scheduler::Place(request, nodes.cluster());
  const auto plain = scheduler::Place(request, views);
  EXPECT_EQ(fast.node, plain.node);
  EXPECT_EQ(fast.message, plain.message);
  EXPECT_EQ(fast.nominee, plain.nominee);
}

TEST(NodeCacheTest, FollowsTheStoreThroughAnything) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    World world(seed);
    NodeCache cache(world.store(), scheduler::DefaultPolicy());
    std::vector<store::LedgerPtr> past;
    for (int step = 0; step < 300; ++step) {
      world.Step();
      past.push_back(world.store().Claims());
      if (world.random().Below(3) == 0) continue;  // several changes at once
      // Another worker may have read its ledger earlier.
      const auto ledger =
          world.random().Below(5) == 0 ? past[world.random().Below(past.size())] : past.back();
      ExpectSame(cache.At(ledger), world.store(), *ledger,
                 static_cast<std::int64_t>(8800 + world.random().Below(4)));
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", step " << step;
    }
  }
}

TEST(NodeCacheTest, ANodeThatComesLateFindsItsClaims) {
  World world(1);
  world.PlaceSession("n1");
  NodeCache cache(world.store(), scheduler::DefaultPolicy());
  EXPECT_EQ(cache.At(world.store().Claims()).size(), 0U);
  world.PutNode(SmallNode("n1"));
  const auto nodes = cache.At(world.store().Claims());
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes.cluster().Find("n1")->allocated.memory_bytes, kGiB);
}

TEST(NodeCacheTest, KeepsThePolicy) {
  World world(1);
  NodeCache cache(world.store(), scheduler::SpreadPolicy());
  EXPECT_EQ(&cache.At(world.store().Claims()).cluster().policy(), &scheduler::SpreadPolicy());
}

TEST(NodeCacheTest, ManyThreadsEachSeeTheLedgerTheyAskedFor) {
  World world(5);
  for (int i = 0; i < 6; ++i) world.PutNode(SmallNode("n" + std::to_string(i)));
  NodeCache cache(world.store(), scheduler::DefaultPolicy());
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      while (!stop) {
        const auto ledger = world.store().Claims();
        const NodeSet nodes = cache.At(ledger);
        const auto* node = nodes.cluster().Find("n1");
        if (node == nullptr || node->allocated != UseOf(node->facts->node, *ledger).allocated) {
          ++wrong;
        }
      }
    });
  }
  for (int i = 0; i < 400; ++i) world.PlaceSession(world.Name());
  stop = true;
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(wrong, 0);
}

// The end of one range is the beginning of the other: "none" must not be looked for any further.
TEST(PortTableTest, ExhaustedRangesThatTouchEndTheSearch) {
  v1alpha1::NodePorts ranges;
  ranges.http = {8800, 8800};
  ranges.media = {8801, 8801};
  const PortTable table(ranges);
  EXPECT_TRUE(table.Free({}));
  EXPECT_FALSE(table.Free({8800, 8801}));
  EXPECT_FALSE(table.Free({8801, 8802}));
  ranges.http = {8801, 8801};
  ranges.media = {8800, 8800};
  EXPECT_FALSE(PortTable(ranges).Free({8800, 8801}));
}

}  // namespace
}  // namespace nekoplane::reconcilers
