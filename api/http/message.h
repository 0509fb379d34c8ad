// Requests and responses as plain values, shared by the server, the handlers and their tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nekoplane::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The first header of that name, case-insensitively; "" if there is none.
std::string_view FindHeader(const Headers& headers, std::string_view name);

struct Request {
  std::string method;  // upper case
  std::string path;    // percent-decoded, starts with '/', no "." or ".." segments
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::string target;                                      // as received
  Headers headers;
  std::string body;
  std::string remote_address;  // "127.0.0.1:4711"; "unix" for a unix socket
  bool remote_is_loopback = false;
  // Verified client certificate; empty if none was given.
  std::string client_cert_cn;
  std::vector<std::string> client_cert_orgs;

  std::string_view header(std::string_view name) const { return FindHeader(headers, name); }

  // The first value of a query parameter; nullptr if absent.
  const std::string* param(std::string_view name) const;
};

struct Response {
  int status = 200;
  Headers headers;  // Content-Length, Connection and Date are the server's
  std::string body;
};

// A chunked response that stays open.
//
// Thread safety: any thread may call.
class Stream {
 public:
  virtual ~Stream() = default;
  // Queues one chunk; never blocks. False: the peer is gone, or it reads so slowly that its buffer
  // (1 MiB) is full, in which case the connection is dropped.
  virtual bool Write(std::shared_ptr<const std::string> chunk) = 0;

  // Bytes that Write accepted and that have not left yet, for writers that have much to say and can
  // wait. Implementations that do not know say 0.
  virtual std::size_t queued() const { return 0; }

  // Ends the response after what is queued.
  virtual void Close() = 0;
  // Called once, when the peer went away, the stream was closed or the server stops; at once if
  // that has already happened. The callback must not block.
  virtual void OnClosed(std::function<void()> callback) = 0;
};

// The way to answer one request: exactly one call of Send or StartStream, from any thread, now or
// later. If it is destroyed unanswered the client gets 500.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void Send(Response response) = 0;
  virtual std::shared_ptr<Stream> StartStream(int status, Headers headers) = 0;
};

// Called on a server thread; must not block.
using Handler = std::function<void(std::shared_ptr<const Request> request,
                                   std::shared_ptr<Responder> responder)>;

// Standard reason phrase: 404 -> "Not Found".
std::string_view ReasonPhrase(int status);

}  // namespace nekoplane::http
