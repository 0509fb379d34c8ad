// One accepted connection: reads requests one after another, hands them to the handler, writes the
// answers. Everything happens on the connection's strand; the public methods may be called from any
// thread and get there by themselves.
//
// Lifetime: kept by the ServerCore's list until it is closed, and by its pending operations. Nobody
// else keeps one alive: responders and streams hold weak references.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/chunk_stream.h"
#include "api/http/message.h"
#include "api/http/request_reader.h"
#include "api/http/response_head.h"
#include "api/http/server_core.h"
#include "api/http/transport.h"

namespace nekoplane::http {

// Who is at the other end.
struct Peer {
  std::string address;  // "127.0.0.1:4711" or "unix"
  bool is_loopback = false;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServerCore> core, std::shared_ptr<const Endpoint> endpoint,
             Socket socket, Peer peer);

  // Called once. With `refuse` the client is told that there are too many connections.
  void Start(bool refuse);
  // Finishes the request in flight, if any, and closes.
  void Drain();
  // Closes at once.
  void Abort();
  // Acts on the deadline if it has passed.
  void CheckDeadline(MonoTime now);

  // For the responder of the request in flight.
  void Respond(Response response);
  std::shared_ptr<Stream> RespondWithStream(int status, Headers headers);

 private:
  enum class State {
    kHandshake,
    kIdle,
    kReading,
    kHandling,
    kResponding,
    kStreaming,
    kClosing,
    kClosed
  };
  // What follows when everything in out_ is written.
  enum class Then { kRead, kFinish, kPump };

  static constexpr std::size_t kReadBytes = 4096;
  static constexpr std::size_t kFramesPerWrite = 16;

  // Calls `fn` on the strand, unless the connection is gone by then.
  template <class Fn>
  void OnStrand(Fn fn);
  // Runs `fn`; what it throws ends this connection and nothing else.
  template <class Fn>
  void Guard(Fn fn);

  // Reading.
  void Handshake(bool refuse);
  void OnHandshake(const boost::system::error_code& ec, bool refuse);
  void BeginRequest();
  void Read();
  void OnRead(const boost::system::error_code& ec, std::size_t n);
  void OnInput(std::string_view fresh);
  void Dispatch();
  void Refuse(int status, std::string message);

  // Writing.
  void SendResponse(Response response);
  void StartStream(std::shared_ptr<ChunkStream> stream, int status, const Headers& headers);
  void Pump();
  void Write(Then then);
  void OnWritten(const boost::system::error_code& ec, std::size_t n);
  void FinishRequest();

  // Ending.
  void CloseGracefully();
  void Discard();
  void Die();
  void Expire();
  void Report();

  void SetDeadline(Duration from_now);

  void ClearDeadline() { deadline_ = MonoTime::max().time_since_epoch().count(); }

  HeadOptions Head() const { return {.http10 = http10_, .keep_alive = keep_alive_}; }

  // Constant after construction.
  const std::shared_ptr<ServerCore> core_;
  const std::shared_ptr<const Endpoint> endpoint_;
  const Peer peer_;

  std::atomic<Duration::rep> deadline_;

  // The rest belongs to the strand.
  Transport transport_;
  const boost::asio::any_io_executor strand_;
  State state_ = State::kHandshake;
  bool read_pending_ = false;
  bool write_pending_ = false;
  bool first_request_ = true;
  std::string client_cert_cn_;
  std::vector<std::string> client_cert_orgs_;

  std::array<char, kReadBytes> in_;
  std::string unread_;  // received, but not taken by reader_ yet
  RequestReader reader_;
  bool reading_body_ = false;
  bool continued_ = false;

  // The request in flight.
  std::shared_ptr<const Request> request_;
  MonoTime started_{};
  bool keep_alive_ = false;
  bool http10_ = false;
  int status_ = 0;
  std::size_t sent_bytes_ = 0;

  // The answer being written.
  Buffers out_;
  Then then_ = Then::kRead;
  std::string head_, body_;
  std::shared_ptr<ChunkStream> stream_;
  std::vector<std::shared_ptr<const std::string>> chunks_;
  std::array<std::array<char, 20>, kFramesPerWrite> chunk_sizes_;
};

template <class Fn>
void Connection::Guard(Fn fn) {
  try {
    fn();
  } catch (const std::exception& e) {
    core_->log.Error("HTTP connection failed", {{"client", peer_.address}, {"error", e.what()}});
    Die();
  }
}

template <class Fn>
void Connection::OnStrand(Fn fn) {
  boost::asio::post(strand_, [weak = weak_from_this(), fn = std::move(fn)]() mutable {
    if (const auto self = weak.lock()) self->Guard([&] { fn(*self); });
  });
}

}  // namespace nekoplane::http
