// Server speaks HTTP/1.1 over TCP (plain or TLS) and unix sockets: Boost.Asio sockets with Beast's
// request parser, one connection object, no template over the stream type.
//
// It survives whatever is sent to it: malformed requests get 400 and a closed connection, headers
// over 16 KiB 431, bodies over 3 MiB 413 (before they are read), unknown transfer codings 501,
// TRACE and CONNECT 405. Deadlines: TLS handshake 10 s, header 15 s, body 30 s, a blocked write 30
// s, idle keep-alive 75 s; streams have none. Accept errors (EMFILE) back off for 100 ms; beyond
// max_connections new connections get 503.
//
// Threads: `threads` of its own, on which handlers run. Thread safety: any thread may call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/base/result.h"
#include "api/http/message.h"

namespace nekoplane::http {

// PEM texts. The server certificate chain, its key, and the CA that client certificates are checked
// against (a client without a certificate is let in; the handler sees an empty client_cert_cn).
struct TlsMaterial {
  std::string certificate_chain, private_key, client_ca;
};

struct ListenOptions {
  std::string address;  // "127.0.0.1:7443", "[::1]:0", "unix:/run/x.sock"; port 0 = any free one
  std::shared_ptr<const TlsMaterial> tls;  // null = plain
  Handler handler;
};

// How long a peer may take. What passes its deadline is answered 408 if a request had begun, and
// closed.
struct Deadlines {
  Duration handshake = std::chrono::seconds(10);
  Duration header =
      std::chrono::seconds(15);  // from the first byte of a request, or from connecting
  Duration body = std::chrono::seconds(30);
  Duration write = std::chrono::seconds(30);  // without any progress
  Duration idle = std::chrono::seconds(75);
  Duration linger = std::chrono::seconds(2);  // for a peer to close after us
};

struct ServerOptions {
  int threads = 2;
  std::size_t max_connections = 4096;
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 3 * 1024 * 1024;
  std::size_t max_stream_bytes = 1024 * 1024;  // queued for one reader that does not read
  Deadlines deadlines;
  // Called after each request with its outcome, for metrics. Must not block.
  std::function<void(const Request&, int status, Duration took, std::size_t response_bytes)>
      on_request;
};

class Server {
 public:
  // Binds all listeners, or none. Errors: kInvalid: an address or certificate that makes no sense;
  // kUnavailable reason AddressInUse / ListenFailed: message names address and cause.
  static Result<std::unique_ptr<Server>> Start(std::vector<ListenOptions> listeners,
                                               ServerOptions options, const Clock& clock,
                                               Logger& log);
  virtual ~Server() = default;

  // The address that listener `index` is bound to, with the real port.
  virtual std::string address(std::size_t index) const = 0;

  // Stops accepting, closes streams, lets requests in flight finish until `grace` is over, joins
  // the threads. Idempotent.
  virtual void Stop(Duration grace) = 0;
};

}  // namespace nekoplane::http
