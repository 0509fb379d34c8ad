#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "controller/machine/machine.h"

namespace nekoplane::machine {
namespace {

constexpr std::string_view kNvidia = "0x10de", kAmd = "0x1002", kIntel = "0x8086";

// A chip's name in the device tree, and ours: taOS's words.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kChips{
    {{"rockchip,rk3588", "rk3588"},
     {"rockchip,rk3588s", "rk3588"},  // the same encoder
     {"rockchip,rk3576", "rk3576"},
     {"brcm,bcm2712", "bcm2712"},
     {"brcm,bcm2711", "bcm2711"}}};

// For kernels whose device tree does not name the chip.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kModels{
    {{"Raspberry Pi 5", "bcm2712"},
     {"Raspberry Pi Compute Module 5", "bcm2712"},
     {"Raspberry Pi 4", "bcm2711"},  // and the 400
     {"Raspberry Pi Compute Module 4", "bcm2711"},
     {"RK3588", "rk3588"}}};

std::string Chip(const Evidence& evidence) {
  std::string_view rest = evidence.compatible;
  while (!rest.empty()) {
    const std::string_view text = rest.substr(0, rest.find('\0'));
    for (const auto& [name, soc] : kChips) {
      if (text == name) return std::string(soc);
    }
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
  }
  for (const auto& [name, soc] : kModels) {
    if (evidence.model.find(name) != std::string::npos) return std::string(soc);
  }
  return "";
}

std::int64_t CardsOf(const Evidence& evidence, std::string_view vendor) {
  return std::count(evidence.cards.begin(), evidence.cards.end(), vendor);
}

// Of several makers the one whose encoder does most.
void FindGpu(const Evidence& evidence, Hardware& hardware) {
  const bool nvidia_driver = evidence.nvidia_devices > 0 && evidence.nvidia_control;
  if (nvidia_driver && evidence.nvidia_toolkit) {
    hardware.found.gpu =
        v1alpha1::NodeGpu{.vendor = "nvidia", .model = "", .count = evidence.nvidia_devices};
    return;
  }
  if (nvidia_driver) {
    hardware.notes.emplace_back(
        "an NVIDIA GPU is there, but containers cannot use it: install the NVIDIA Container "
        "Toolkit");
  } else if (CardsOf(evidence, kNvidia) > 0) {
    hardware.notes.emplace_back(
        "an NVIDIA GPU is there, but its driver does not run: /dev/nvidiactl is missing");
  }
  for (const auto& [id, vendor] : {std::pair{kAmd, "amd"}, std::pair{kIntel, "intel"}}) {
    const std::int64_t count = CardsOf(evidence, id);
    if (count == 0) continue;
    if (evidence.render_node) {
      hardware.found.gpu = v1alpha1::NodeGpu{.vendor = vendor, .model = "", .count = count};
      return;
    }
    hardware.notes.push_back(std::string("a GPU of ") + vendor +
                             " is there, but cannot be used: /dev/dri has no render node");
  }
}

}  // namespace

Hardware Classify(const Evidence& evidence) {
  Hardware hardware;
  const std::string soc = Chip(evidence);
  if (soc.starts_with("rk") && !evidence.mpp_service) {
    hardware.notes.push_back("this is an " + soc +
                             ", but its encoder cannot be used: /dev/mpp_service is missing; "
                             "streams are encoded in software");
  } else {
    hardware.found.soc = soc;
  }
  FindGpu(evidence, hardware);
  return hardware;
}

}  // namespace nekoplane::machine
