#include "reconcilers/common/claims.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace nekoplane::reconcilers {
namespace {

using testing::MakeLedger;
using testing::MakeNode;

store::Claim Tcp(int port, std::string owner = "other") {
  return {store::kClaimPortTcp, "host", std::to_string(port), std::move(owner), ""};
}

store::Claim Udp(int port, std::string owner = "other") {
  return {store::kClaimPortUdp, "host", std::to_string(port), std::move(owner), ""};
}

TEST(ClaimsTest, DemandSurvivesTheLedger) {
  const scheduler::Demand demand{.memory_bytes = 1610612736, .milli_cpu = 1500, .gpus = 1};
  EXPECT_EQ(DecodeDemand(EncodeDemand(demand)), demand);
  EXPECT_EQ(EncodeDemand(demand), R"({"gpus":1,"memory":1610612736,"milliCpu":1500})");
}

TEST(ClaimsTest, UnreadableDetailTakesNothing) {
  for (const char* detail : {"", "{", "[]", "7", R"({"memory":"1Gi"})"}) {
    EXPECT_EQ(DecodeDemand(detail), scheduler::Demand{}) << detail;
  }
}

struct PortRow {
  const char* name;
  std::vector<store::Claim> claims;
  std::vector<std::int64_t> avoid;
  v1alpha1::PortRange http, media;
  std::optional<v1alpha1::SessionPorts> want;
};

class FreePortsTest : public ::testing::TestWithParam<PortRow> {};

TEST_P(FreePortsTest, FirstFreePair) {
  auto node = MakeNode();
  node.spec.ports.http = GetParam().http;
  node.spec.ports.media = GetParam().media;
  EXPECT_EQ(FreePorts(node, *MakeLedger(GetParam().claims), GetParam().avoid), GetParam().want);
}

using Ports = v1alpha1::SessionPorts;

INSTANTIATE_TEST_SUITE_P(
    Cases, FreePortsTest,
    ::testing::Values(
        PortRow{"Empty", {}, {}, {8800, 8802}, {59000, 59002}, Ports{8800, 59000}},
        PortRow{"SkipsClaimed", {Tcp(8800)}, {}, {8800, 8802}, {59000, 59002}, Ports{8801, 59000}},
        PortRow{
            "MediaNeedsUdpToo", {Udp(59000)}, {}, {8800, 8802}, {59000, 59002}, Ports{8800, 59001}},
        PortRow{
            "MediaNeedsTcpToo", {Tcp(59000)}, {}, {8800, 8802}, {59000, 59002}, Ports{8800, 59001}},
        PortRow{
            "SkipsRefused", {}, {8800, 59000}, {8800, 8802}, {59000, 59002}, Ports{8801, 59001}},
        PortRow{"OtherNodesDoNotCount",
                {{store::kClaimPortTcp, "elsewhere", "8800", "x", ""}},
                {},
                {8800, 8802},
                {59000, 59002},
                Ports{8800, 59000}},
        PortRow{"NeverTheSameNumberTwice", {}, {}, {9000, 9001}, {9000, 9001}, Ports{9000, 9001}},
        PortRow{"NoHttpLeft", {Tcp(8800)}, {}, {8800, 8800}, {59000, 59002}, std::nullopt},
        PortRow{"NoMediaLeft", {Udp(59000)}, {}, {8800, 8800}, {59000, 59000}, std::nullopt},
        PortRow{"RefusedAreNotTakenForLackOfOthers",
                {},
                {8800},
                {8800, 8800},
                {59000, 59000},
                std::nullopt}),
    [](const auto& row) { return row.param.name; });

TEST(ClaimsTest, NodeViewAddsUpInstanceClaimsOfThatNodeOnly) {
  auto small = MakeNode();
  small.spec.ports.http = {8800, 8809};
  small.spec.ports.media = {59000, 59004};
  const auto ledger = MakeLedger({
      InstanceClaim("host", "a", {.memory_bytes = 1 << 30, .milli_cpu = 500, .gpus = 0}),
      InstanceClaim("host", "b", {.memory_bytes = 1 << 30, .milli_cpu = 3500, .gpus = 1}),
      InstanceClaim("zeta", "c", {.memory_bytes = 5, .milli_cpu = 5, .gpus = 5}),
      Tcp(8800),
      Tcp(59000),
      Udp(59000),
  });
  const auto views = NodeViews({MakeNode("zeta"), small}, *ledger);
  ASSERT_EQ(views.size(), 2U);
  EXPECT_EQ(views[0].node.metadata.name, "host");
  EXPECT_EQ(
      views[0].allocated,
      (scheduler::Demand{.memory_bytes = std::int64_t{2} << 30, .milli_cpu = 4000, .gpus = 1}));
  EXPECT_EQ(views[0].free_http_ports, 9);
  EXPECT_EQ(views[0].free_media_ports, 4);
  EXPECT_DOUBLE_EQ(views[0].load, 0.5);
  EXPECT_EQ(views[1].allocated.milli_cpu, 5);
}

TEST(ClaimsTest, LoadIsTheLargerOfWhatIsClaimedAndWhatTheMachineReports) {
  auto node = MakeNode();
  const auto ledger = MakeLedger({InstanceClaim("host", "a", {.memory_bytes = 0, .milli_cpu = 0})});
  node.status.loadPercent = 30;
  EXPECT_DOUBLE_EQ(NodeViews({node}, *ledger)[0].load, 0.3);
  node.status.loadPercent = 250;  // nonsense counts as full
  EXPECT_DOUBLE_EQ(NodeViews({node}, *ledger)[0].load, 1.0);
  node.status.loadPercent = 0;
  EXPECT_DOUBLE_EQ(NodeViews({node}, *ledger)[0].load, 0.0);
}

}  // namespace
}  // namespace nekoplane::reconcilers
