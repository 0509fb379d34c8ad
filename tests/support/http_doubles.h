// Requests and streams without a network.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "api/http/message.h"

namespace nekoplane::testing {

// A stream that either side can end; what is written to it is the derived class's business.
// Thread safety: none.
class EndableStream : public http::Stream {
 public:
  void Close() override { End(); }

  void OnClosed(std::function<void()> callback) override {
    if (closed) return callback();
    on_closed_ = std::move(callback);
  }

  // The peer went away, or we closed.
  void End() {
    if (std::exchange(closed, true)) return;
    if (const auto callback = std::exchange(on_closed_, nullptr)) callback();
  }

  bool closed = false;

 private:
  std::function<void()> on_closed_;
};

// A request in one line: Ask("GET", "/api/v1/secrets?limit=1", {{"Accept", "..."}}, body).
inline std::shared_ptr<http::Request> MakeRequest(const std::string& method, std::string target,
                                                  http::Headers headers = {},
                                                  std::string body = "") {
  auto request = std::make_shared<http::Request>();
  request->method = method;
  request->target = target;
  const std::size_t question = target.find('?');
  request->path = target.substr(0, question);
  while (question != std::string::npos && target.find_first_of("?&") != std::string::npos) {
    target = target.substr(target.find_first_of("?&") + 1);
    const std::string pair = target.substr(0, target.find('&'));
    const std::size_t equals = pair.find('=');
    request->query.emplace_back(pair.substr(0, equals),
                                equals == std::string::npos ? "" : pair.substr(equals + 1));
  }
  request->headers = std::move(headers);
  request->body = std::move(body);
  return request;
}

}  // namespace nekoplane::testing
