// The one place that says where a client reaches a session. A gateway on one origin would change
// this file and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/message.h"

namespace nekoplane::taos {

// The host of "host", "host:port", "[v6]" or "[v6]:port", with brackets if it has any; of a list
// (as proxies make of X-Forwarded-Host) the first. nullopt for what is no host.
std::optional<std::string> HostPart(std::string_view header);

// X-Forwarded-Host, else Host. REQUIRES: the caller is trusted to know.
std::optional<std::string> ForwardedHost(const http::Request& request);

// A node's address as the host part of a URL: IPv6 gets its brackets.
std::string UrlHost(std::string_view address);

// http://<host>:<port>/?usr=neko&pwd=<password>, with whatever is not plain percent-encoded.
std::string NekoUrl(std::string_view url_host, std::int64_t port, std::string_view password);

}  // namespace nekoplane::taos
