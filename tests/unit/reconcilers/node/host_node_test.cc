#include "reconcilers/node/host_node.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/base/random.h"
#include "api/codec/schema.h"
#include "api/registry/registry.h"
#include "api/store/memory_store.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::node {
namespace {

using v1alpha1::BrowserNode;
using v1alpha1::PortRange;

class HostNodeTest : public ::testing::Test {
 protected:
  BrowserNode Ensure(const HostSettings& settings) {
    auto node = EnsureHostNode({}, client_, settings);
    EXPECT_TRUE(node.has_value()) << node.error().ToString();
    return node ? *node : BrowserNode{};
  }

  testing::FakeClock clock_;
  SeededRandom random_{1};
  store::MemoryStore store_{"test"};
  registry::Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  registry::Client client_{registry_, clock_, random_};
  HostSettings told_{.docker_endpoint = "unix:///run/docker.sock",
                     .advertise_address = "",
                     .own_address = "192.0.2.1",
                     .http_ports = {},
                     .media_ports = {}};
};

TEST_F(HostNodeTest, NewNodeHasWhatWasToldAndDefaultsForTheRest) {
  told_.media_ports = PortRange{5000, 5009};
  const auto node = Ensure(told_);
  EXPECT_EQ(node.spec.docker->endpoint, "unix:///run/docker.sock");
  EXPECT_EQ(node.spec.address, "192.0.2.1");
  EXPECT_EQ(node.spec.ports.http.from, 8800);
  EXPECT_EQ(node.spec.ports.media.to, 5009);
}

TEST_F(HostNodeTest, WhatWasToldReplacesWhatTheNodeSays) {
  Ensure(told_);
  told_.advertise_address = "203.0.113.7";
  told_.http_ports = PortRange{9000, 9009};
  told_.docker_endpoint = "tcp://127.0.0.1:2375";
  const auto node = Ensure(told_);
  EXPECT_EQ(node.spec.address, "203.0.113.7");
  EXPECT_EQ(node.spec.ports.http.from, 9000);
  EXPECT_EQ(node.spec.ports.media.from, 59000);
  EXPECT_EQ(node.spec.docker->endpoint, "tcp://127.0.0.1:2375");
}

TEST_F(HostNodeTest, OperatorsEditsStayWhereNothingWasTold) {
  Ensure(told_);
  ASSERT_TRUE(client_.Patch<BrowserNode>(
      {}, "", BrowserNode::kHost,
      {{"spec", {{"address", "203.0.113.9"}, {"schedulingPolicy", "Unschedulable"}}}}));
  told_.own_address = "192.0.2.55";
  const auto node = Ensure(told_);
  EXPECT_EQ(node.spec.address, "203.0.113.9");
  EXPECT_EQ(node.spec.schedulingPolicy, v1alpha1::SchedulingPolicy::kUnschedulable);
  const auto version = store_.Version();
  Ensure(told_);
  EXPECT_EQ(store_.Version(), version);
}

TEST_F(HostNodeTest, RangesThatOverlapWithTheNodesOthersAreRefused) {
  Ensure(told_);
  told_.http_ports = PortRange{59000, 59100};
  const auto node = EnsureHostNode({}, client_, told_);
  ASSERT_TRUE(node.is(Code::kInvalid));
  EXPECT_TRUE(node.error().message.starts_with("node host")) << node.error().message;
}

}  // namespace
}  // namespace nekoplane::reconcilers::node
