#include "api/taos/neko_url.h"

#include <algorithm>
#include <cctype>

namespace nekoplane::taos {
namespace {

bool IsName(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
  });
}

bool IsV6(std::string_view inner) {
  return inner.find(':') != std::string_view::npos &&
         std::all_of(inner.begin(), inner.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0 || c == ':' || c == '.'; });
}

bool IsPort(std::string_view text) {
  return text.size() <= 5 && std::all_of(text.begin(), text.end(),
                                         [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string PercentEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[u >> 4];
      out += kHex[u & 15];
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> HostPart(std::string_view header) {
  std::string_view host = header.substr(0, header.find(','));
  while (!host.empty() && host.front() == ' ') host.remove_prefix(1);
  while (!host.empty() && host.back() == ' ') host.remove_suffix(1);
  if (!host.empty() && host.front() == '[') {
    const std::size_t close = host.find(']');
    if (close == std::string_view::npos || !IsV6(host.substr(1, close - 1))) return std::nullopt;
    const std::string_view rest = host.substr(close + 1);
    if (!rest.empty() && (rest.front() != ':' || !IsPort(rest.substr(1)))) return std::nullopt;
    return std::string(host.substr(0, close + 1));
  }
  const std::size_t colon = host.find(':');
  if (colon != std::string_view::npos) {
    if (!IsPort(host.substr(colon + 1))) return std::nullopt;
    host = host.substr(0, colon);
  }
  if (!IsName(host)) return std::nullopt;
  return std::string(host);
}

std::optional<std::string> ForwardedHost(const http::Request& request) {
  if (auto host = HostPart(request.header("X-Forwarded-Host"))) return host;
  return HostPart(request.header("Host"));
}

std::string UrlHost(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return std::string(address);
  return "[" + std::string(address) + "]";
}

std::string NekoUrl(std::string_view url_host, std::int64_t port, std::string_view password) {
  return "http://" + std::string(url_host) + ":" + std::to_string(port) +
         "/?usr=neko&pwd=" + PercentEncode(password);
}

}  // namespace nekoplane::taos
