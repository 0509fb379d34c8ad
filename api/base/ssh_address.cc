#include "api/base/ssh_address.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>

namespace nekoplane {

static_assert(kMaxSocketPath == sizeof(sockaddr_un::sun_path) - 1);

namespace {

Status Invalid(std::string why) {
  return MakeStatus(Code::kInvalid, "InvalidSshAddress", std::move(why));
}

bool IsPlain(std::string_view text, std::string_view also) {
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           also.find(c) != std::string_view::npos;
  });
}

// 0 = it is none.
int ParsePort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool all = error == std::errc() && end == text.data() + text.size();
  return all && port >= 1 && port <= 65535 ? port : 0;
}

}  // namespace

Result<SshAddress> ParseSshAddress(std::string_view text) {
  SshAddress out;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    if (text.size() > slash + 1) out.path = text.substr(slash);
    text = text.substr(0, slash);
    if (!out.path.empty() && !IsPlain(out.path, "/._-+")) {
      return Invalid("the socket's path must be of letters, digits and / . _ - +");
    }
    if (out.path.size() > kMaxSocketPath) {
      return Invalid("the socket's path must not be longer than " + std::to_string(kMaxSocketPath) +
                     " characters");
    }
  }
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    out.user = text.substr(0, at);
    text.remove_prefix(at + 1);
    if (!IsPlain(out.user, "._-")) {
      return Invalid("the user's name must be of letters, digits and . _ -");
    }
  }
  std::string_view rest;  // ":PORT", or nothing
  if (text.starts_with('[')) {
    const std::size_t end = std::min(text.find(']'), text.size() - 1);
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (text[end] != ']' || out.host.find(':') == std::string::npos ||
        !IsPlain(out.host, ":.%_-")) {
      return Invalid("an IPv6 address must stand in brackets, and nothing else may");
    }
  } else {
    out.host = text.substr(0, text.find(':'));
    rest = text.substr(out.host.size());
    if (!IsPlain(out.host, "._-")) {
      return Invalid("the host must be a name or an address, of letters, digits and . _ -");
    }
  }
  if (rest.empty()) return out;
  out.port = rest.front() == ':' ? ParsePort(rest.substr(1)) : 0;
  if (out.port == 0) return Invalid("the port must be a number from 1 to 65535");
  return out;
}

}  // namespace nekoplane
