#include "controller/runtime/docker/log_frames.h"

#include <cstddef>

namespace nekoplane::runtime::docker {

std::string JoinLogFrames(std::string_view raw) {
  constexpr std::size_t kHeader = 8;
  std::string out;
  for (std::size_t at = 0; at < raw.size();) {
    if (raw.size() - at < kHeader) break;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(raw[at + i]); };
    if (byte(0) > 2 || byte(1) != 0 || byte(2) != 0 || byte(3) != 0) return std::string(raw);
    const std::size_t size = std::size_t{byte(4)} << 24 | std::size_t{byte(5)} << 16 |
                             std::size_t{byte(6)} << 8 | std::size_t{byte(7)};
    at += kHeader;
    out += raw.substr(at, size);
    at += size;
  }
  return out;
}

}  // namespace nekoplane::runtime::docker
