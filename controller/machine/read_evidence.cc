#include "controller/machine/machine.h"

namespace nekoplane::machine {
namespace {

// More than any machine has; numbers may have gaps.
constexpr int kMaxCards = 32;

bool Exists(const Files& files, const std::string& path) {
  const auto there = files.Exists(path);
  return there && *there;
}

std::string ReadText(const Files& files, const std::string& path) {
  auto text = files.Read(path);
  if (!text) return "";
  while (!text->empty() && (text->back() == '\n' || text->back() == '\0')) text->pop_back();
  return *std::move(text);
}

}  // namespace

Evidence ReadEvidence(const Files& files) {
  Evidence evidence;
  evidence.compatible = ReadText(files, "/proc/device-tree/compatible");
  evidence.model = ReadText(files, "/proc/device-tree/model");
  for (int i = 0; i < kMaxCards; ++i) {
    const std::string n = std::to_string(i);
    const std::string vendor = ReadText(files, "/sys/class/drm/card" + n + "/device/vendor");
    if (!vendor.empty()) evidence.cards.push_back(vendor);
    if (Exists(files, "/dev/nvidia" + n)) ++evidence.nvidia_devices;
    if (Exists(files, "/dev/dri/renderD" + std::to_string(128 + i))) evidence.render_node = true;
  }
  evidence.nvidia_control = Exists(files, "/dev/nvidiactl");
  for (const char* tool : {"/usr/bin/nvidia-container-runtime-hook",
                           "/usr/bin/nvidia-container-toolkit", "/usr/bin/nvidia-ctk"}) {
    evidence.nvidia_toolkit |= Exists(files, tool);
  }
  evidence.mpp_service = Exists(files, "/dev/mpp_service");
  return evidence;
}

}  // namespace nekoplane::machine
