// A store with many nodes and many sessions placed on them, for benchmarks.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "api/base/check.h"
#include "api/base/random.h"
#include "api/codec/json_codec.h"
#include "api/store/memory_store.h"
#include "controller/scheduler/cluster.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/common/node_cache.h"

namespace nekoplane::bench {

using reconcilers::Acquire;
using v1alpha1::BrowserNode;
using v1alpha1::BrowserSession;

inline constexpr std::int64_t kMiB = 1024 * 1024;

// Room for what is placed on it and a few more, whatever the scale.
inline BrowserNode MakeNode(int index, std::int64_t sessions) {
  BrowserNode node;
  node.metadata.name = "node-" + std::to_string(10'000 + index);
  node.metadata.uid = "uid-" + node.metadata.name;
  node.metadata.generation = 1;
  node.metadata.labels = {{"kubernetes.io/hostname", node.metadata.name}, {"rack", "r1"}};
  node.spec.docker = v1alpha1::DockerEndpoint{"tcp://" + node.metadata.name + ":2376", {}};
  node.spec.address = "10.0.0.1";
  node.spec.ports.http = {10'000, 10'000 + sessions + 99};
  node.spec.ports.media = {40'000, 40'000 + sessions + 99};
  node.status.hardware = {
      .ramMB = 262'144, .cores = 64, .arch = index % 4 == 0 ? "arm64" : "amd64"};
  node.status.allocatable = {.memory = std::to_string((sessions + 50) * 1536) + "Mi",
                             .cpu = std::to_string(sessions + 50)};
  for (const char* type : {v1alpha1::node::kReady, v1alpha1::node::kCapable}) {
    node.status.conditions.push_back({.type = type, .status = "True", .reason = type});
  }
  return node;
}

// What a session holds once it is placed.
inline std::vector<store::Claim> ClaimsOf(const std::string& node, const std::string& uid,
                                          const v1alpha1::SessionPorts& ports) {
  auto claims = reconcilers::PortClaims(node, uid, ports);
  claims.push_back(reconcilers::InstanceClaim(
      node, uid, {.memory_bytes = 1536 * kMiB, .milli_cpu = 1000, .gpus = 0}));
  claims.push_back(reconcilers::ProfileClaim("nekoplane-session-" + uid, uid));
  return claims;
}

class World {
 public:
  World(int nodes, int sessions) {
    const std::int64_t each = nodes == 0 ? 0 : sessions / nodes;
    for (int i = 0; i < nodes; ++i) {
      names_.push_back(MakeNode(i, each).metadata.name);
      PutNode(MakeNode(i, each));
    }
    request_.session.metadata.name = "my-browser";
    request_.session.metadata.namespace_ = "default";
    request_.browser_class.metadata.name = "chromium";
    for (const char* arch : {"amd64", "arm64"}) {
      v1alpha1::ClassVariant variant;
      variant.name = arch;
      variant.match.arch = {arch};
      request_.browser_class.spec.variants.push_back(std::move(variant));
    }
    for (int i = 0; i < sessions; ++i) {
      const auto at = static_cast<std::size_t>(i % nodes);
      Place(names_[at], {10'000 + i / nodes, 40'000 + i / nodes});
    }
  }

  store::MemoryStore& store() { return store_; }

  const scheduler::Request& request() const { return request_; }

  const std::vector<std::string>& names() const { return names_; }

  void PutNode(const BrowserNode& node) {
    const store::Key key{BrowserNode::kResource, "", node.metadata.name};
    const auto op =
        store_.Get(key) == nullptr ? store::Write::Op::kCreate : store::Write::Op::kUpdate;
    Commit({{op, key, node.metadata.uid, codec::Encode(node).dump(), std::nullopt}}, {});
  }

  // Records a session as placed: its object and its claims.
  void Place(const std::string& node, const v1alpha1::SessionPorts& ports) {
    const std::string uid = "uid-" + std::to_string(++last_);
    const store::Key key{BrowserSession::kResource, "default", "s-" + std::to_string(last_)};
    std::vector<store::ClaimChange> claims;
    for (auto& claim : ClaimsOf(node, uid, ports)) claims.push_back(Acquire(std::move(claim)));
    Commit({{store::Write::Op::kCreate, key, uid,
             R"({"metadata":{"name":")" + key.name + R"("},"spec":{}})", std::nullopt}},
           std::move(claims));
    placed_.push_back({key, uid});
  }

  // Takes the oldest session away. REQUIRES: there is one.
  void ReleaseOldest() {
    const auto [key, uid] = placed_.front();
    placed_.pop_front();
    Commit({{store::Write::Op::kDelete, key, "", "", std::nullopt}},
           {reconcilers::ReleaseOwner(uid)});
  }

 private:
  struct Placed {
    store::Key key;
    std::string uid;
  };

  void Commit(std::vector<store::Write> writes, std::vector<store::ClaimChange> claims) {
    const auto done = store_.Commit(Context(), {std::move(writes), std::move(claims), {}});
    NEKO_CHECK(done.has_value());
  }

  store::MemoryStore store_{"bench"};
  scheduler::Request request_;
  std::vector<std::string> names_;
  std::deque<Placed> placed_;
  int last_ = 0;
};

}  // namespace nekoplane::bench
