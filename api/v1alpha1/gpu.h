// Which GPUs count where people ask for "a GPU".
#pragma once

#include <optional>

#include "api/v1alpha1/browser_node.h"

namespace nekoplane::v1alpha1 {

// taOS's idea of one: CUDA, or a card with memory of its own. What a small board has encodes one
// stream, if that.
inline bool EncodesForMany(const std::optional<NodeGpu>& gpu) {
  return gpu && gpu->count > 0 &&
         (gpu->vendor == "nvidia" || gpu->vendor == "amd" || gpu->vendor == "apple");
}

}  // namespace nekoplane::v1alpha1
