#include "controller/runtime/docker/endpoint.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>

namespace nekoplane::runtime::docker {
namespace {

// sun_path, with its final NUL.
constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;

Status Invalid(std::string_view docker_host, std::string_view why) {
  return MakeStatus(Code::kInvalid, "InvalidEndpoint",
                    "cannot use the container engine address \"" + std::string(docker_host) +
                        "\": " + std::string(why));
}

// What cannot be taken for an option, nor break out of one of ssh's arguments.
bool IsPlain(std::string_view text, std::string_view also) {
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           also.find(c) != std::string_view::npos;
  });
}

std::optional<int> ParsePort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535) {
    return std::nullopt;
  }
  return port;
}

Result<Endpoint> ParseSsh(std::string_view docker_host, std::string_view rest) {
  SshTarget target;
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const std::string_view path = rest.substr(slash);
    rest = rest.substr(0, slash);
    if (path != "/") target.socket = path;
    if (!IsPlain(target.socket, "/._-+") || target.socket.size() > kMaxSocketPath) {
      return Invalid(docker_host, "the socket's path must be of letters, digits and / . _ - +");
    }
  }
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    target.user = rest.substr(0, at);
    rest = rest.substr(at + 1);
    if (!IsPlain(target.user, "._-")) {
      return Invalid(docker_host, "the user's name must be of letters, digits and . _ -");
    }
  }
  std::string_view port;
  const bool v6 = rest.starts_with('[');
  const std::size_t colon = v6 ? rest.find("]:") : rest.find(':');
  if (colon != std::string_view::npos) {
    port = rest.substr(colon + (v6 ? 2 : 1));
    rest = rest.substr(0, colon + (v6 ? 1 : 0));
    const auto number = ParsePort(port);
    if (!number) return Invalid(docker_host, "the port must be a number from 1 to 65535");
    target.port = *number;
  }
  if (v6 && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  if (!IsPlain(rest, v6 ? ":.%" : "._-")) {
    return Invalid(docker_host, "it must be ssh://[USER@]HOST[:PORT][/PATH]");
  }
  target.host = rest;
  return Endpoint{"", "http://engine", "", std::move(target)};
}

}  // namespace

bool Endpoint::OpenToTheNetwork(bool tls) const {
  if (tls || ssh || !unix_socket.empty()) return false;
  return host != "localhost" && host != "[::1]" && !host.starts_with("127.");
}

Result<Endpoint> ParseEndpoint(std::string_view docker_host, bool tls) {
  std::string_view rest = docker_host;
  const auto take = [&](std::string_view prefix) {
    if (!rest.starts_with(prefix)) return false;
    rest.remove_prefix(prefix.size());
    return true;
  };
  if (take("unix://") || rest.starts_with('/')) {
    if (!rest.starts_with('/')) return Invalid(docker_host, "the socket's path is not absolute");
    if (rest.size() > kMaxSocketPath) return Invalid(docker_host, "the socket's path is too long");
    if (tls) return Invalid(docker_host, "certificates are for tcp:// only");
    return Endpoint{std::string(rest), "http://engine", "127.0.0.1"};
  }
  if (take("ssh://")) {
    if (tls) return Invalid(docker_host, "certificates are for tcp:// only; ssh has its own keys");
    return ParseSsh(docker_host, rest);
  }
  std::string_view scheme;
  if (take("https://")) {
    scheme = "https";
  } else if (take("http://")) {
    if (tls) return Invalid(docker_host, "http:// carries no certificates; it must be tcp://");
    scheme = "http";
  } else if (take("tcp://")) {
    scheme = tls ? "https" : "http";
  } else {
    return Invalid(docker_host, "it must start with unix://, tcp://, ssh://, http:// or https://");
  }
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty() || rest.find_first_of("/?#@ ") != std::string_view::npos) {
    return Invalid(docker_host, "it must be a host and a port");
  }
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == rest.size() ||
      rest.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) {
    return Invalid(docker_host, "the port is missing");
  }
  return Endpoint{"", std::string(scheme) + "://" + std::string(rest),
                  std::string(rest.substr(0, colon))};
}

}  // namespace nekoplane::runtime::docker
