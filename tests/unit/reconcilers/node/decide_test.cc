#include "reconcilers/node/decide.h"

#include <gtest/gtest.h>

#include "reconcilers/common/claims.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::node {
namespace {

namespace cond = v1alpha1::node;

runtime::NodeFacts Facts(std::int64_t mb = 16384, std::int64_t cores = 8) {
  return {.memory_bytes = mb << 20,
          .cores = cores,
          .arch = "arm64",
          .engine_name = "docker",
          .engine_version = "29.0",
          .engine_api_version = "1.51"};
}

class NodeDecideTest : public ::testing::Test {
 protected:
  Inputs Given(const std::string& name = "host") {
    Inputs in{.node = testing::MakeNode(name),
              .ledger = testing::MakeLedger(),
              .facts = Facts(),
              .why = {},
              .silence = Silence::kSuspected,
              .sessions = {},
              .remains = {},
              .now = clock_.WallNow(),
              .options = {}};
    in.node.status = {};
    return in;
  }

  testing::FakeClock clock_;
};

TEST_F(NodeDecideTest, AnsweringEngineMakesAReadyCapableNode) {
  const auto status = Decide(Given());
  EXPECT_TRUE(IsTrue(status.conditions, cond::kReady));
  EXPECT_TRUE(IsTrue(status.conditions, cond::kCapable));
  EXPECT_EQ(ReasonOf(status.conditions, cond::kDrained), cond::kReasonNotDraining);
  EXPECT_EQ(status.capacity.memory, "16Gi");
  EXPECT_EQ(status.capacity.cpu, "8");
  EXPECT_EQ(status.capacity.ports, 1000);
  EXPECT_EQ(status.allocatable, status.capacity);
  EXPECT_EQ(status.hardware.arch, "arm64");
  EXPECT_EQ(status.engine.version, "29.0");
  EXPECT_EQ(status.heartbeatTime, "2026-01-01T00:00:00Z");
}

TEST_F(NodeDecideTest, OverridesWinOverFacts) {
  auto in = Given();
  in.node.spec.capacity = {.memory = "5Gi", .cpu = "2", .gpus = 3, .ports = 7};
  const auto status = Decide(in);
  EXPECT_EQ(status.capacity.memory, "5Gi");
  EXPECT_EQ(status.capacity.cpu, "2");
  EXPECT_EQ(status.capacity.gpus, 3);
  EXPECT_EQ(status.capacity.ports, 7);
  EXPECT_EQ(status.hardware.ramMB, 16384);  // what the machine is stays what it is
}

TEST_F(NodeDecideTest, AllocatedComesFromTheLedger) {
  auto in = Given();
  std::vector<store::Claim> claims = PortClaims("host", "u", {8800, 59000});
  claims.push_back(
      InstanceClaim("host", "u", {.memory_bytes = 1536 << 20, .milli_cpu = 1000, .gpus = 0}));
  in.ledger = testing::MakeLedger(std::move(claims));
  const auto status = Decide(in);
  EXPECT_EQ(status.allocated.memory, "1536Mi");
  EXPECT_EQ(status.allocated.cpu, "1");
  EXPECT_EQ(status.allocated.ports, 1);
  EXPECT_EQ(status.sessions, 1);
}

TEST_F(NodeDecideTest, SilentEngineKeepsWhatWasKnownAndItsLastHeartbeat) {
  auto in = Given();
  in.node.status = Decide(in);
  clock_.Advance(std::chrono::minutes(5));
  in.now = clock_.WallNow();
  in.facts.reset();
  in.why = MakeStatus(Code::kUnavailable, "SshFailed", "connection refused");
  const auto status = Decide(in);
  const auto* ready = FindCondition(status.conditions, cond::kReady);
  EXPECT_EQ(ready->status, kUnknown);
  EXPECT_EQ(ready->reason, cond::kReasonEngineUnavailable);
  EXPECT_EQ(ready->message, "SshFailed: connection refused");
  in.why.reason.clear();
  EXPECT_EQ(FindCondition(Decide(in).conditions, cond::kReady)->message, "connection refused");
  EXPECT_TRUE(IsTrue(status.conditions, cond::kCapable));
  EXPECT_EQ(status.capacity, in.node.status.capacity);
  EXPECT_EQ(status.heartbeatTime, in.node.status.heartbeatTime);
}

TEST_F(NodeDecideTest, HeartbeatMovesRarelyAndWithEveryChange) {
  auto in = Given();
  in.node.status = Decide(in);
  clock_.Advance(std::chrono::seconds(299));
  in.now = clock_.WallNow();
  EXPECT_EQ(Decide(in), in.node.status);

  auto changed = in;
  changed.facts->engine_version = "30.0";
  EXPECT_EQ(Decide(changed).heartbeatTime, "2026-01-01T00:04:59Z");

  clock_.Advance(std::chrono::seconds(1));
  in.now = clock_.WallNow();
  EXPECT_EQ(Decide(in).heartbeatTime, "2026-01-01T00:05:00Z");
}

struct SilenceRow {
  const char* name;
  Silence silence;
  const char* status;
  const char* reason;
  const char* message;  // part of it
};

class SilenceTest : public NodeDecideTest, public ::testing::WithParamInterface<SilenceRow> {};

TEST_P(SilenceTest, ReadySaysWhatSilenceMeans) {
  const auto& row = GetParam();
  auto in = Given("attic");
  in.node.status = Decide(in);
  in.facts.reset();
  in.why = MakeStatus(Code::kTimeout, "Timeout", "no answer in 10s");
  in.silence = row.silence;
  const auto status = Decide(in);
  const auto* ready = FindCondition(status.conditions, cond::kReady);
  EXPECT_EQ(ready->status, row.status);
  EXPECT_EQ(ready->reason, row.reason);
  EXPECT_NE(ready->message.find(row.message), std::string::npos) << ready->message;
  EXPECT_TRUE(ready->message.starts_with("Timeout: no answer in 10s")) << ready->message;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, SilenceTest,
    ::testing::Values(SilenceRow{"Suspected", Silence::kSuspected, kUnknown,
                                 cond::kReasonEngineUnavailable, "no answer"},
                      SilenceRow{"Lost", Silence::kLost, kFalse, cond::kReasonNodeLost,
                                 "silent for more than 40s"},
                      SilenceRow{"TooMany", Silence::kTooMany, kUnknown, cond::kReasonTooManyLost,
                                 "more than 55 % of the nodes"},
                      SilenceRow{"TooManySaysHowToLetGo", Silence::kTooMany, kUnknown,
                                 cond::kReasonTooManyLost,
                                 "kubectl delete bnode attic --wait=false, then kubectl patch "
                                 "bnode attic --type=merge -p "
                                 "'{\"metadata\":{\"finalizers\":null}}'"}),
    [](const auto& row) { return row.param.name; });

struct HardwareRow {
  const char* name;
  const char* node;
  v1alpha1::NodeHardwareHints found, told;
  const char* soc;
  const char* vendor;  // "" = no GPU
};

void PrintTo(const HardwareRow& row, std::ostream* os) { *os << row.name; }

class HardwareTest : public NodeDecideTest, public ::testing::WithParamInterface<HardwareRow> {};

TEST_P(HardwareTest, OperatorsWordOverWhatWasFound) {
  const auto& row = GetParam();
  auto in = Given(row.node);
  in.node.spec.hardware = row.told;
  in.options.host_hardware = row.found;
  const auto status = Decide(in);
  EXPECT_EQ(status.hardware.soc, row.soc);
  EXPECT_EQ(status.hardware.gpu ? status.hardware.gpu->vendor : "", row.vendor);
  EXPECT_EQ(status.capacity.gpus, *row.vendor == '\0' ? 0 : 1);
}

const v1alpha1::NodeGpu kIntel{.vendor = "intel", .model = "", .count = 1};
const v1alpha1::NodeGpu kNvidia{.vendor = "nvidia", .model = "", .count = 1};
const v1alpha1::NodeGpu kNone{.vendor = "intel", .model = "", .count = 0};

INSTANTIATE_TEST_SUITE_P(
    Cases, HardwareTest,
    ::testing::Values(
        HardwareRow{"NothingKnown", "host", {}, {}, "", ""},
        HardwareRow{"Found", "host", {"bcm2712", kIntel}, {}, "bcm2712", "intel"},
        HardwareRow{"FoundIsOfTheHost", "w", {"bcm2712", kIntel}, {}, "", ""},
        HardwareRow{"ToldOfAnother", "w", {}, {"rk3588", kNvidia}, "rk3588", "nvidia"},
        HardwareRow{
            "ToldWins", "host", {"bcm2712", kIntel}, {"rk3588", kNvidia}, "rk3588", "nvidia"},
        HardwareRow{"ToldInPart", "host", {"bcm2712", kIntel}, {"", kNvidia}, "bcm2712", "nvidia"},
        HardwareRow{"ToldNone", "host", {"", kIntel}, {"", kNone}, "", ""}),
    [](const auto& row) { return row.param.name; });

TEST_F(NodeDecideTest, HintThatIsTakenBackIsForgottenAndWhatTheMachineTellsIsNot) {
  auto in = Given("w");
  in.node.status.hardware.gpu = kNvidia;
  EXPECT_FALSE(Decide(in).hardware.gpu);
  in.facts->gpu =
      runtime::GpuFacts{.vendor = kNvidia.vendor, .model = kNvidia.model, .count = kNvidia.count};
  in.facts->soc = "rk3588";
  EXPECT_EQ(Decide(in).hardware.gpu, kNvidia);
  EXPECT_EQ(Decide(in).hardware.soc, "rk3588");
  in.node.status.hardware.gpu = kNvidia;
  in.facts.reset();
  EXPECT_EQ(Decide(in).hardware.gpu, kNvidia) << "silence takes nothing back";
}

TEST_F(NodeDecideTest, LoadIsWrittenWithAHeartbeatAndNeverAlone) {
  auto in = Given("w");
  in.facts->load_percent = 10;
  in.node.status = Decide(in);
  EXPECT_EQ(in.node.status.loadPercent, 10);
  in.facts->load_percent = 90;
  EXPECT_EQ(Decide(in), in.node.status);
  in.now += in.options.heartbeat;
  EXPECT_EQ(Decide(in).loadPercent, 90);
}

struct FloorRow {
  const char* name;
  const char* node;
  std::int64_t mb, cores;
  const char* reason;
};

class FloorTest : public NodeDecideTest, public ::testing::WithParamInterface<FloorRow> {};

TEST_F(NodeDecideTest, TheCoreFloorIsASetting) {
  auto in = Given("w");
  in.facts = Facts(4096, 2);
  in.options.worker_min_cores = 2;
  EXPECT_EQ(ReasonOf(Decide(in).conditions, cond::kCapable), cond::kReasonCapable);
  in.options.worker_min_cores = 3;
  EXPECT_EQ(ReasonOf(Decide(in).conditions, cond::kCapable), cond::kReasonBelowCoreFloor);
}

TEST_P(FloorTest, CapableSaysWhyNot) {
  auto in = Given(GetParam().node);
  in.facts = Facts(GetParam().mb, GetParam().cores);
  EXPECT_EQ(ReasonOf(Decide(in).conditions, cond::kCapable), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, FloorTest,
    ::testing::Values(FloorRow{"HostAtItsFloor", "host", 6144, 1, cond::kReasonCapable},
                      FloorRow{"HostBelow", "host", 6143, 64, cond::kReasonBelowMemoryFloor},
                      FloorRow{"WorkerAtItsFloors", "w", 4096, 4, cond::kReasonCapable},
                      FloorRow{"WorkerBelowMemory", "w", 4095, 4, cond::kReasonBelowMemoryFloor},
                      FloorRow{"WorkerBelowCores", "w", 4096, 3, cond::kReasonBelowCoreFloor}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::reconcilers::node
