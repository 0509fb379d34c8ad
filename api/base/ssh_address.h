// Where something is reached through ssh, as people write it. One grammar for who checks such an
// address and for who uses it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane {

// How long the path of a unix socket may be: what sockaddr_un has, without the final NUL.
inline constexpr std::size_t kMaxSocketPath = 107;

struct SshAddress {
  std::string user, host;  // user "" = not said; host without brackets
  int port = 0;            // 0 = not said
  std::string path;        // of a socket there; "" = not said

  friend bool operator==(const SshAddress&, const SshAddress&) = default;
};

// [USER@]HOST[:PORT][/PATH], where HOST is a name, an IPv4 address or an [IPv6] one, with its zone
// if it needs one. What it accepts becomes arguments of ssh: no part can be taken for an option, or
// for more than one argument. Errors: kInvalid InvalidSshAddress: which part, without repeating it.
Result<SshAddress> ParseSshAddress(std::string_view text);

}  // namespace nekoplane
