// From what a machine has to what the shipped class runs on it: taOS's choices, row for row.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/codec/builtin.h"
#include "api/codec/json_codec.h"
#include "api/codec/json_parse.h"
#include "controller/machine/machine.h"
#include "controller/scheduler/scheduler.h"

namespace nekoplane::machine {
namespace {

using v1alpha1::BrowserClass;

BrowserClass Shipped(const std::string& name) {
  for (const std::string& text : codec::BuiltinClassManifests()) {
    const auto documents = codec::ParseYaml(text, "class");
    if (!documents) continue;
    for (const auto& document : *documents) {
      auto decoded = codec::Decode<BrowserClass>(*document.value);
      if (decoded && decoded->metadata.name == name) return *std::move(decoded);
    }
  }
  ADD_FAILURE() << "there is no class " << name;
  return {};
}

Evidence Rockchip(const char* compatible) {
  return {.compatible = compatible, .mpp_service = true};
}

struct Row {
  const char* name;
  Evidence evidence;
  const char* arch;
  const char* image;  // without its tag
  const char* encode;
  std::vector<std::string> devices;
  std::int64_t gpus;
};

void PrintTo(const Row& row, std::ostream* os) { *os << row.name; }

class ShippedClassTest : public ::testing::TestWithParam<Row> {};

TEST_P(ShippedClassTest, ChromiumRunsAsInTaos) {
  const auto& row = GetParam();
  const auto found = Classify(row.evidence).found;
  const v1alpha1::NodeHardware hardware{
      .ramMB = 8192, .cores = 8, .arch = row.arch, .soc = found.soc, .gpu = found.gpu};
  const BrowserClass cls = Shipped("chromium");
  const auto* variant = scheduler::MatchVariant(cls, hardware);
  ASSERT_NE(variant, nullptr);
  EXPECT_EQ(variant->image.substr(0, variant->image.rfind(':')), row.image);
  EXPECT_EQ(variant->encode, row.encode);
  EXPECT_EQ(variant->devices, row.devices);
  EXPECT_EQ(variant->gpus, row.gpus);
}

const char kSoftware[] = "ghcr.io/m1k1o/neko/chromium";
const std::vector<std::string> kRockchip = {"/dev/mpp_service", "/dev/dri", "/dev/rga"};

INSTANTIATE_TEST_SUITE_P(
    Cases, ShippedClassTest,
    ::testing::Values(
        Row{"Rk3588", Rockchip("rockchip,rk3588"), "arm64", "ghcr.io/jaylfc/taos-neko-cdp", "rkmpp",
            kRockchip, 0},
        Row{"Rk3576", Rockchip("rockchip,rk3576"), "arm64", "ghcr.io/jaylfc/taos-neko-cdp", "rkmpp",
            kRockchip, 0},
        Row{"Nvidia",
            {.nvidia_devices = 1, .nvidia_control = true, .nvidia_toolkit = true},
            "amd64",
            "ghcr.io/m1k1o/neko/nvidia-chromium",
            "nvenc",
            {},
            1},
        Row{"Intel",
            {.cards = {"0x8086"}, .render_node = true},
            "amd64",
            kSoftware,
            "vaapi",
            {"/dev/dri"},
            0},
        Row{"Amd",
            {.cards = {"0x1002"}, .render_node = true},
            "amd64",
            kSoftware,
            "vaapi",
            {"/dev/dri"},
            0},
        Row{"Plain", {}, "amd64", kSoftware, "software", {}, 0},
        Row{"Pi5", {.compatible = "brcm,bcm2712"}, "arm64", kSoftware, "software", {}, 0},
        Row{"RockchipWithoutEncoder",
            {.compatible = "rockchip,rk3588"},
            "arm64",
            kSoftware,
            "software",
            {},
            0}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::machine
