// Outgoing HTTP. Two implementations: CurlClient (unix sockets, TLS from memory, streams, peers
// that vanish during a long call: container engines, taOS) and RestClient on cpprestsdk (plain REST
// with short answers: Neko).
//
// Thread safety: any thread may call; calls do not wait for one another.
// Blocking: until the reply is complete, ctx.deadline() passes or a stop is requested (noticed
// within
//     100 ms).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/base/context.h"
#include "api/base/result.h"
#include "api/http/message.h"

namespace nekoplane::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // http(s)://host:port/path?query; for a unix socket the host is ignored
  Headers headers;
  std::string body;
  std::size_t max_reply_bytes = 16 * 1024 * 1024;  // beyond: kUnavailable reason ReplyTooLarge
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

class Client {
 public:
  virtual ~Client() = default;

  // Any HTTP status is a success here. Redirects are not followed. Nothing is retried, except that
  // a request other than POST and PATCH is sent again if the kept connection it went out on turns
  // out to have been closed by the peer.
  // Errors: kUnavailable: ConnectionRefused, ConnectionFailed, CertificateExpired,
  //     CertificateInvalid, TlsHandshakeFailed, BadReply, ReplyTooLarge;
  //     kTimeout; kCancelled; kInvalid: the URL.
  virtual Result<ClientResponse> Do(const Context& ctx, const ClientRequest& request) = 0;

  // Hands the body over in pieces as it arrives; `on_data` returning false ends the call with
  // kCancelled. With status >= 400 the body is collected instead and returned. ctx.deadline()
  // bounds the whole stream.
  virtual Result<ClientResponse> Stream(const Context& ctx, const ClientRequest& request,
                                        const std::function<bool(std::string_view)>& on_data) = 0;
};

struct CurlOptions {
  std::string unix_socket;                // "" = TCP
  std::string ca_pem, cert_pem, key_pem;  // mutual TLS; with ca_pem set no other CA is trusted
  Duration connect_timeout = std::chrono::seconds(5);
};

// Keeps idle connections for reuse.
std::unique_ptr<Client> MakeCurlClient(const Clock& clock, CurlOptions options);

// On cpprestsdk, kept to plain http:// REST. Stream() is kInvalid (reason StreamsNotSupported).
std::unique_ptr<Client> MakeRestClient(const Clock& clock);

}  // namespace nekoplane::http
