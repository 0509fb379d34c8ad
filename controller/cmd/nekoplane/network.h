#pragma once

#include <string>

namespace nekoplane {

// The address by which other machines of the local network reach this one: that of the interface
// with the default route; "127.0.0.1" if there is none. Sends nothing.
std::string DetectAddress();

}  // namespace nekoplane
