// The addresses a server can listen on, as people write them.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "api/base/result.h"

namespace nekoplane::http {

using SocketAddress = boost::asio::generic::stream_protocol::endpoint;

struct ListenAddress {
  SocketAddress address;
  std::string unix_path;  // "" = TCP
};

// "127.0.0.1:7443", "[::1]:0", "localhost:80", "unix:/run/x.sock". Errors: kInvalid.
Result<ListenAddress> ParseListenAddress(std::string_view text);

// "127.0.0.1:4711", "[::1]:4711"; "unix" for anything else.
std::string FormatSocketAddress(const SocketAddress& address);
// True for unix sockets too: the peer is on this machine.
bool IsLoopback(const SocketAddress& address);

}  // namespace nekoplane::http
