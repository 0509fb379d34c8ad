#include <arpa/inet.h>

#include <charconv>

#include "controller/config/settings.h"

namespace nekoplane::config {

namespace {

constexpr char kExpected[] = "expected HOST:PORT, [IPV6]:PORT or unix:/PATH, as in 127.0.0.1:7080";

Status Wrong(std::string_view text) {
  return MakeStatus(Code::kInvalid, "InvalidAddress",
                    "\"" + std::string(text) + "\" is no address; " + kExpected);
}

}  // namespace

bool Address::loopback() const {
  if (unix || host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6) != 0;
}

Result<Address> ParseAddress(std::string_view text) {
  if (text.starts_with("unix:")) {
    if (text.size() == 5) return Wrong(text);
    return Address{.host = std::string(text.substr(5)), .unix = true};
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return Wrong(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    in6_addr v6{};
    if (inet_pton(AF_INET6, std::string(host).c_str(), &v6) != 1) return Wrong(text);
  } else if (host.find(':') != std::string_view::npos) {
    return Wrong(text);  // IPv6 without brackets: where would the port begin?
  }
  int port = -1;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || end != port_text.data() + port_text.size() || port < 0 ||
      port > 65535) {
    return Wrong(text);
  }
  return Address{.host = std::string(host), .port = port};
}

}  // namespace nekoplane::config
