// Where an engine listens, as $DOCKER_HOST says it.
#pragma once

#include <string>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane::runtime::docker {

struct Endpoint {
  std::string unix_socket;  // "" = TCP
  std::string base_url;     // what EngineApiOptions want
  // Where the ports that the engine publishes can be reached: 127.0.0.1 for a unix socket, else the
  // endpoint's host.
  std::string host;
};

// "unix:///var/run/docker.sock", "tcp://host:2376", "http://...", "https://...", or a bare path.
// "tcp" means https when `tls` is set. Errors: kInvalid.
Result<Endpoint> ParseEndpoint(std::string_view docker_host, bool tls);

}  // namespace nekoplane::runtime::docker
