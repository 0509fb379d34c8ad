// RequestReader turns the bytes of a connection into requests: Beast's parser, plus the checks that
// Beast leaves to its user. No I/O and no clock, so that any input can be tried without a socket.
//
// It reads one request after another; bytes behind a request (pipelining) stay with the caller.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "api/http/message.h"

namespace nekoplane::http {

class RequestReader {
 public:
  struct Limits {
    std::size_t header_bytes;
    std::size_t body_bytes;
  };
  enum class State { kHeader, kBody, kDone, kFailed };

  // Why a request is refused, as it is answered. The connection cannot be used afterwards.
  struct Failure {
    int status = 400;
    std::string message;
  };

  explicit RequestReader(Limits limits);
  ~RequestReader();

  // Takes bytes until the request is complete or more are needed, and returns how many it took. The
  // rest must be offered again, with more behind it or after Reset().
  // REQUIRES: state() is kHeader or kBody.
  std::size_t Feed(std::string_view bytes);

  State state() const;
  const Failure& failure() const;

  // The rest is known from kBody on.
  const Request& request() const;
  // The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const;
  // The client will go on using the connection.
  bool keep_alive() const;
  bool http10() const;

  // Hands the request over. What is known of it even if it failed.
  Request Take();
  // Ready for the next request; gives all memory back.
  void Reset();

 private:
  class Parser;

  Limits limits_;
  std::unique_ptr<Parser> parser_;  // made by the first byte: an idle connection holds none
};

}  // namespace nekoplane::http
