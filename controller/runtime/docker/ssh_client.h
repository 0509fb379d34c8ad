// An http::Client that reaches an engine's socket on another machine through ssh.
#pragma once

#include <memory>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/http/client.h"
#include "controller/runtime/docker/ssh_tunnel.h"

namespace nekoplane::runtime::docker {

// Keeps an SshTunnel for as long as it lives; calls wait until it is up, and fail at once with
// kUnavailable SshFailed while it is down. Lifetime: clock and logger outlive it.
std::unique_ptr<http::Client> MakeSshClient(const Clock& clock, Logger& log, SshOptions options);

}  // namespace nekoplane::runtime::docker
