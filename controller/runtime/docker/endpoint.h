// Where an engine listens, as $DOCKER_HOST says it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane::runtime::docker {

// An engine's socket on a machine that is reached through ssh.
struct SshTarget {
  std::string user, host;  // user "" = as ssh's own configuration says; host without brackets
  int port = 0;            // 0 = likewise
  std::string socket = "/var/run/docker.sock";

  friend bool operator==(const SshTarget&, const SshTarget&) = default;
};

struct Endpoint {
  std::string unix_socket;  // "" = TCP or ssh
  std::string base_url;     // what EngineApiOptions want
  // Where the ports that the engine publishes can be reached: 127.0.0.1 for a unix socket, else the
  // endpoint's host; "" for ssh, whose host may be a name that only ssh knows.
  std::string host;
  std::optional<SshTarget> ssh;

  // Everybody on the network who reaches this address owns the machine: TCP to another machine
  // without a client certificate.
  bool OpenToTheNetwork(bool tls) const;
};

// "unix:///var/run/docker.sock", "tcp://host:2376", "http://...", "https://...",
// "ssh://[user@]host[:port][/path/of/docker.sock]", or a bare path. `tls`: there are certificates;
// "tcp" means https then. Errors: kInvalid InvalidEndpoint.
Result<Endpoint> ParseEndpoint(std::string_view docker_host, bool tls);

}  // namespace nekoplane::runtime::docker
