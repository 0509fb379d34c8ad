#include "controller/runtime/docker/endpoint.h"

#include <utility>

#include "api/base/ssh_address.h"

namespace nekoplane::runtime::docker {
namespace {

Status Invalid(std::string_view docker_host, std::string_view why) {
  return MakeStatus(Code::kInvalid, "InvalidEndpoint",
                    "cannot use the container engine address \"" + std::string(docker_host) +
                        "\": " + std::string(why));
}

Result<Endpoint> ParseSsh(std::string_view docker_host, std::string_view rest) {
  auto address = ParseSshAddress(rest);
  if (!address) return Invalid(docker_host, address.error().message);
  SshTarget target{
      .user = std::move(address->user), .host = std::move(address->host), .port = address->port};
  if (!address->path.empty()) target.socket = std::move(address->path);
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
