// What a session takes, and which variant of its class runs where.
#include <gtest/gtest.h>

#include <ostream>

#include "controller/scheduler/scheduler.h"
#include "tests/unit/controller/scheduler/builders.h"

namespace nekoplane::scheduler {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;

struct DemandCase {
  const char* name;
  v1alpha1::StringMap requests, limits, class_requests;
  Demand want;
};

void PrintTo(const DemandCase& c, std::ostream* os) { *os << c.name; }

class DemandTest : public ::testing::TestWithParam<DemandCase> {};

TEST_P(DemandTest, IsResolvedInOrder) {
  auto session = Wish().session;
  session.spec.resources = {GetParam().requests, GetParam().limits};
  auto variant = Variant("v");
  variant.resources.requests = GetParam().class_requests;
  EXPECT_EQ(DemandOf(session, variant), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, DemandTest,
    ::testing::Values(
        DemandCase{"BuiltIn", {}, {}, {}, {.memory_bytes = 1536 * kMiB, .milli_cpu = 1000}},
        DemandCase{"ClassOverBuiltIn",
                   {},
                   {},
                   {{"memory", "2Gi"}, {"cpu", "2"}},
                   {.memory_bytes = 2048 * kMiB, .milli_cpu = 2000}},
        DemandCase{"SessionOverClass",
                   {{"memory", "1Gi"}, {"cpu", "250m"}},
                   {},
                   {{"memory", "2Gi"}, {"cpu", "2"}},
                   {.memory_bytes = 1024 * kMiB, .milli_cpu = 250}},
        DemandCase{"EachResourceByItself",
                   {{"cpu", "500m"}},
                   {},
                   {{"memory", "2Gi"}},
                   {.memory_bytes = 2048 * kMiB, .milli_cpu = 500}},
        DemandCase{"NeverAboveTheSessionsLimit",
                   {},
                   {{"memory", "1Gi"}, {"cpu", "500m"}},
                   {},
                   {.memory_bytes = 1024 * kMiB, .milli_cpu = 500}},
        DemandCase{"UnreadableCountsAsAbsent",
                   {{"memory", "much"}},
                   {{"cpu", "?"}},
                   {},
                   {.memory_bytes = 1536 * kMiB, .milli_cpu = 1000}}),
    [](const auto& i) { return i.param.name; });

// The rows of taOS's image table, as the shipped class has them.
v1alpha1::BrowserClass TaosClass() {
  v1alpha1::BrowserClass browser_class;
  browser_class.spec.variants = {
      Variant("rockchip", {.arch = {"arm64"}, .soc = {"rk3588", "rk3576"}}),
      Variant("cuda", {.arch = {"amd64"}, .gpuVendor = {"nvidia"}}),
      Variant("vaapi", {.arch = {"amd64"}, .gpuVendor = {"intel", "amd"}}),
      Variant("software", {.arch = {"amd64", "arm64"}}),
  };
  return browser_class;
}

struct MatchCase {
  const char* name;
  v1alpha1::NodeHardware hardware;
  const char* want;  // "" = none
};

void PrintTo(const MatchCase& c, std::ostream* os) { *os << c.name; }

class MatchVariantTest : public ::testing::TestWithParam<MatchCase> {};

TEST_P(MatchVariantTest, FirstMatchWins) {
  const auto browser_class = TaosClass();
  const auto* variant = MatchVariant(browser_class, GetParam().hardware);
  EXPECT_EQ(variant == nullptr ? "" : variant->name, GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, MatchVariantTest,
    ::testing::Values(
        MatchCase{"Rk3588", {.arch = "arm64", .soc = "rk3588"}, "rockchip"},
        MatchCase{"Rk3576", {.arch = "arm64", .soc = "rk3576"}, "rockchip"},
        MatchCase{"OtherArm", {.arch = "arm64", .soc = "bcm2712"}, "software"},
        MatchCase{"Nvidia", {.arch = "amd64", .gpu = v1alpha1::NodeGpu{"nvidia", "", 1}}, "cuda"},
        MatchCase{"Intel", {.arch = "amd64", .gpu = v1alpha1::NodeGpu{"intel", "", 1}}, "vaapi"},
        MatchCase{"Amd", {.arch = "amd64", .gpu = v1alpha1::NodeGpu{"amd", "", 1}}, "vaapi"},
        MatchCase{"NoGpu", {.arch = "amd64"}, "software"},
        MatchCase{"UnknownArch", {.arch = "riscv64"}, ""}, MatchCase{"NothingKnown", {}, ""}),
    [](const auto& i) { return i.param.name; });

}  // namespace
}  // namespace nekoplane::scheduler
