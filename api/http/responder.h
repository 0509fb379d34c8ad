// The Responder of a connection's request in flight.
#pragma once

#include <atomic>
#include <memory>

#include "api/http/message.h"

namespace nekoplane::http {

class Connection;

// Thread safety: any thread may call. Answers after the first are ignored.
class ConnectionResponder final : public Responder {
 public:
  explicit ConnectionResponder(std::weak_ptr<Connection> connection);
  // Answers 500 if nobody has answered.
  ~ConnectionResponder() override;

  void Send(Response response) override;
  std::shared_ptr<Stream> StartStream(int status, Headers headers) override;

 private:
  const std::weak_ptr<Connection> connection_;
  std::atomic<bool> answered_{false};
};

}  // namespace nekoplane::http
