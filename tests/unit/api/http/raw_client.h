// A client without manners: sends any bytes over TCP, TLS or a unix socket and shows what comes
// back.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nekoplane::http {

// For TLS: whom to trust and who to be. All PEM.
struct RawTls {
  std::string ca;
  std::string certificate, key;  // "" = anonymous
};

// Both PEM.
void UseIdentity(SSL_CTX* context, const std::string& certificate, const std::string& key);

// One parsed response, just well enough for tests.
struct RawResponse {
  int status = 0;
  std::string head;  // status line and fields
  std::string body;
};

class RawClient {
 public:
  // `address` as Server::address() gives it. Fails the test if it cannot connect.
  explicit RawClient(const std::string& address);
  // With a handshake; connected() tells whether it succeeded.
  RawClient(const std::string& address, const RawTls& tls);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const;
  // False if the peer has closed.
  bool Send(std::string_view bytes);
  // Ends our direction only.
  void ShutdownSend();
  // Sends a TCP reset.
  void Reset();
  // A small receive buffer, so that a server that writes a lot blocks soon.
  void ShrinkReceiveBuffer();

  // Whatever arrives next; "" at the end or when nothing arrives in time.
  std::string Receive(std::chrono::milliseconds timeout = std::chrono::seconds(5));
  // All until the peer closes. nullopt if it does not close in time.
  std::optional<std::string> ReceiveAll(
      std::chrono::milliseconds timeout = std::chrono::seconds(5));
  // The next response with Content-Length (or without body). nullopt if none arrives.
  std::optional<RawResponse> ReceiveResponse(bool head_only = false);
  // True if the peer closes without sending anything more.
  bool ClosedByPeer(std::chrono::milliseconds timeout = std::chrono::seconds(5));

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nekoplane::http
