// Container logs arrive in frames, one per write: stream (1 byte), three zeros, length (4 bytes,
// big endian), text. Pure.
#pragma once

#include <string>
#include <string_view>

namespace nekoplane::runtime::docker {

// The texts of all frames in order. What is not framed (a container with a terminal) comes back as
// it is; a last frame that was cut is kept as far as it goes.
std::string JoinLogFrames(std::string_view raw);

}  // namespace nekoplane::runtime::docker
