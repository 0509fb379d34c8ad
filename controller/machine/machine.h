// What the machine that nekoplane runs on has and its container engine does not tell: the chip of a
// single-board computer, and a GPU that containers can use.
//
// Only what can be used counts. A class chooses image and devices by these words, so an encoder
// without its driver must not be among them: sessions would fail to start instead of encoding in
// software.
//
// Thread safety: free functions. Blocking: ReadEvidence, for a few small files of /proc and /sys.
#pragma once

#include <string>
#include <vector>

#include "api/base/files.h"
#include "api/v1alpha1/browser_node.h"

namespace nekoplane::machine {

// What was read.
struct Evidence {
  std::string compatible;          // /proc/device-tree/compatible: texts that end with NUL
  std::string model;               // /proc/device-tree/model
  std::vector<std::string> cards;  // PCI vendors of /sys/class/drm/card*, "0x8086"
  int nvidia_devices = 0;          // /dev/nvidia0 and following
  bool nvidia_control = false;     // /dev/nvidiactl: its driver runs
  bool nvidia_toolkit = false;     // what lets containers use it is installed
  bool render_node = false;        // /dev/dri/renderD128 or following
  bool mpp_service = false;        // /dev/mpp_service: Rockchip's encoder
};

struct Hardware {
  v1alpha1::NodeHardwareHints found;
  std::vector<std::string> notes;  // what is there and cannot be used, and why
};

// What cannot be read is not there.
Evidence ReadEvidence(const Files& files);

Hardware Classify(const Evidence& evidence);

}  // namespace nekoplane::machine
