#include "api/http/listen_address.h"

#include <sys/un.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

namespace nekoplane::http {
namespace {

using boost::asio::ip::tcp;

Status Bad(std::string_view text, std::string_view why) {
  return MakeStatus(Code::kInvalid, "BadListenAddress",
                    "cannot listen on \"" + std::string(text) + "\": " + std::string(why) +
                        " (examples: 127.0.0.1:7443, [::]:7443, unix:/run/nekoplane.sock)");
}

std::optional<tcp::endpoint> AsTcp(const SocketAddress& address) {
  const int family = address.protocol().family();
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  tcp::endpoint endpoint;
  if (address.size() > endpoint.capacity()) return std::nullopt;
  std::memcpy(endpoint.data(), address.data(), address.size());
  endpoint.resize(address.size());
  return endpoint;
}

boost::asio::ip::address Unmapped(const boost::asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    std::string path(text.substr(kUnix.size()));
    while (path.starts_with("//")) path.erase(0, 1);  // unix:///run/x.sock
    if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
      return Bad(text, "the path must have 1 to 107 characters");
    }
    return ListenAddress{boost::asio::local::stream_protocol::endpoint(path), path};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Bad(text, "the port is missing");
  std::string host(text.substr(0, colon));
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, parse_error] = std::from_chars(digits.begin(), digits.end(), port);
  if (parse_error != std::errc() || end != digits.end()) {
    return Bad(text, "the port is not a number from 0 to 65535");
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return Bad(text, "an IPv6 address needs square brackets");
  }
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(host, ec);
  if (ec) return Bad(text, "the part before the port is not an IP address");
  return ListenAddress{tcp::endpoint(address, port), ""};
}

std::string FormatSocketAddress(const SocketAddress& address) {
  const auto endpoint = AsTcp(address);
  if (!endpoint) return "unix";
  const auto ip = Unmapped(endpoint->address());
  const std::string host = ip.is_v6() ? "[" + ip.to_string() + "]" : ip.to_string();
  return host + ":" + std::to_string(endpoint->port());
}

bool IsLoopback(const SocketAddress& address) {
  const auto endpoint = AsTcp(address);
  return !endpoint || Unmapped(endpoint->address()).is_loopback();
}

}  // namespace nekoplane::http
