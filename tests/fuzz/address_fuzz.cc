// Addresses: URLs, what to listen on, where an engine is, hosts in headers, image references.
#include "api/http/listen_address.h"
#include "api/http/url.h"
#include "api/taos/neko_url.h"
#include "controller/config/settings.h"
#include "controller/runtime/docker/endpoint.h"
#include "controller/runtime/docker/pull.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {
namespace {

template <class T>
bool Fine(const Result<T>& result) {
  if (!result) NEKO_PROMISE(fuzz::Explained(result.error()));
  return result.has_value();
}

void CheckUrl(std::string_view input) {
  const auto url = http::Url::Parse(input);
  if (!Fine(url)) return;
  NEKO_PROMISE((url->scheme == "http" || url->scheme == "https") && !url->host.empty());
  NEKO_PROMISE(url->path.starts_with('/') && url->port != 0);
  const auto again = http::Url::Parse(url->Origin() + url->PathAndQuery());
  NEKO_PROMISE(again && again->Origin() == url->Origin());
  NEKO_PROMISE(again && again->PathAndQuery() == url->PathAndQuery());
}

void CheckListen(std::string_view input) {
  const auto listen = http::ParseListenAddress(input);
  if (!Fine(listen)) return;
  const std::string text = http::FormatSocketAddress(listen->address);
  NEKO_PROMISE((text == "unix") == !listen->unix_path.empty());
  if (text == "unix") return;
  const auto again = http::ParseListenAddress(text);
  NEKO_PROMISE(again && http::FormatSocketAddress(again->address) == text);
}

}  // namespace

NEKO_FUZZ(address) {
  CheckUrl(input);
  CheckListen(input);
  Fine(config::ParseAddress(input));
  for (const bool tls : {false, true}) {
    const auto endpoint = runtime::docker::ParseEndpoint(input, tls);
    if (Fine(endpoint))
      NEKO_PROMISE(!endpoint->base_url.empty() &&
                   endpoint->host.empty() == endpoint->ssh.has_value());
  }
  const auto image = runtime::docker::ParseImageReference(input);
  if (Fine(image)) NEKO_PROMISE(!image->repository.empty() && !image->tag.empty());
  if (const auto host = taos::HostPart(input)) NEKO_PROMISE(taos::HostPart(*host) == host);
}

}  // namespace nekoplane
