#include "controller/machine/machine.h"

#include <gtest/gtest.h>

#include <map>

namespace nekoplane::machine {
namespace {

// Files of a machine; devices are empty files.
class FakeFiles final : public Files {
 public:
  explicit FakeFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  Result<std::string> Read(const std::string& path) const override {
    const auto it = files_.find(path);
    if (it == files_.end()) return MakeStatus(Code::kNotFound, "NoSuchFile", path);
    return it->second;
  }

  Result<bool> Exists(const std::string& path) const override { return files_.contains(path); }

  Result<void> WriteAtomic(const std::string& path, std::string_view, unsigned) override {
    return MakeStatus(Code::kForbidden, "WriteFailed", path);
  }

  Result<void> MakeFolders(const std::string& path, unsigned) override {
    return MakeStatus(Code::kForbidden, "WriteFailed", path);
  }

 private:
  const std::map<std::string, std::string> files_;
};

using namespace std::string_literals;

const char kCard0[] = "/sys/class/drm/card0/device/vendor";
const char kCard1[] = "/sys/class/drm/card1/device/vendor";
const char kRender[] = "/dev/dri/renderD128";
const char kCompatible[] = "/proc/device-tree/compatible";
const char kModel[] = "/proc/device-tree/model";

struct Row {
  const char* name;
  std::map<std::string, std::string> files;
  const char* soc;
  const char* vendor;  // "" = no GPU
  std::int64_t count;
  const char* note;  // part of the only one; "" = none
};

void PrintTo(const Row& row, std::ostream* os) { *os << row.name; }

class MachineTest : public ::testing::TestWithParam<Row> {};

TEST_P(MachineTest, SaysWhatCanBeUsed) {
  const auto& row = GetParam();
  const FakeFiles files(row.files);
  const auto hardware = Classify(ReadEvidence(files));
  EXPECT_EQ(hardware.found.soc, row.soc);
  EXPECT_EQ(hardware.found.gpu ? hardware.found.gpu->vendor : "", row.vendor);
  EXPECT_EQ(hardware.found.gpu ? hardware.found.gpu->count : 0, row.count);
  ASSERT_EQ(hardware.notes.size(), *row.note == '\0' ? 0U : 1U);
  if (*row.note != '\0') {
    EXPECT_NE(hardware.notes[0].find(row.note), std::string::npos) << hardware.notes[0];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, MachineTest,
    ::testing::Values(
        Row{"Nothing", {}, "", "", 0, ""},
        Row{"Rock5B",
            {{kCompatible, "radxa,rock-5b\0rockchip,rk3588\0"s}, {"/dev/mpp_service", ""}},
            "rk3588",
            "",
            0,
            ""},
        Row{"Rock5A",
            {{kCompatible, "radxa,rock-5a\0rockchip,rk3588s\0"s}, {"/dev/mpp_service", ""}},
            "rk3588",
            "",
            0,
            ""},
        Row{"Rk3576",
            {{kCompatible, "x,y\0rockchip,rk3576\0"s}, {"/dev/mpp_service", ""}},
            "rk3576",
            "",
            0,
            ""},
        Row{"Rk3588WithoutEncoder",
            {{kCompatible, "radxa,rock-5b\0rockchip,rk3588\0"s}},
            "",
            "",
            0,
            "/dev/mpp_service is missing"},
        Row{"Rk3588ByModel",
            {{kModel, "FriendlyElec RK3588 board\0"s}, {"/dev/mpp_service", ""}},
            "rk3588",
            "",
            0,
            ""},
        Row{"OtherRockchip", {{kCompatible, "x,y\0rockchip,rk3399\0"s}}, "", "", 0, ""},
        Row{"Pi5", {{kCompatible, "raspberrypi,5-model-b\0brcm,bcm2712\0"s}}, "bcm2712", "", 0, ""},
        Row{"Pi4", {{kCompatible, "raspberrypi,4-model-b\0brcm,bcm2711\0"s}}, "bcm2711", "", 0, ""},
        Row{"Pi5ByModel", {{kModel, "Raspberry Pi 5 Model B Rev 1.0\0"s}}, "bcm2712", "", 0, ""},
        Row{"Pi400ByModel", {{kModel, "Raspberry Pi 400 Rev 1.0\0"s}}, "bcm2711", "", 0, ""},
        Row{"Intel", {{kCard0, "0x8086\n"}, {kRender, ""}}, "", "intel", 1, ""},
        Row{"AmdTwice",
            {{kCard0, "0x1002\n"}, {kCard1, "0x1002\n"}, {kRender, ""}},
            "",
            "amd",
            2,
            ""},
        Row{"AmdBesideIntel",
            {{kCard0, "0x8086\n"}, {kCard1, "0x1002\n"}, {kRender, ""}},
            "",
            "amd",
            1,
            ""},
        Row{"NoRenderNode", {{kCard0, "0x8086\n"}}, "", "", 0, "no render node"},
        Row{"OtherCard", {{kCard0, "0x1af4\n"}, {kRender, ""}}, "", "", 0, ""},
        Row{"Nvidia",
            {{kCard0, "0x10de\n"},
             {"/dev/nvidia0", ""},
             {"/dev/nvidiactl", ""},
             {"/usr/bin/nvidia-ctk", ""},
             {kRender, ""}},
            "",
            "nvidia",
            1,
            ""},
        Row{"NvidiaWithoutScreens",
            {{"/dev/nvidia0", ""},
             {"/dev/nvidia1", ""},
             {"/dev/nvidiactl", ""},
             {"/usr/bin/nvidia-container-runtime-hook", ""}},
            "",
            "nvidia",
            2,
            ""},
        Row{"NvidiaBesideIntel",
            {{kCard0, "0x8086\n"},
             {kCard1, "0x10de\n"},
             {"/dev/nvidia0", ""},
             {"/dev/nvidiactl", ""},
             {"/usr/bin/nvidia-ctk", ""},
             {kRender, ""}},
            "",
            "nvidia",
            1,
            ""},
        Row{"NvidiaWithoutToolkit",
            {{kCard0, "0x10de\n"}, {"/dev/nvidia0", ""}, {"/dev/nvidiactl", ""}},
            "",
            "",
            0,
            "Container Toolkit"},
        Row{"NvidiaWithoutDriverBesideIntel",
            {{kCard0, "0x8086\n"}, {kCard1, "0x10de\n"}, {kRender, ""}},
            "",
            "intel",
            1,
            "/dev/nvidiactl is missing"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::machine
