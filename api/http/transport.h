// One connected socket, TCP or unix, with or without TLS. The choice is made at run time, so that
// nothing above is a template over it.
//
// Handlers run on the socket's strand. Thread safety: on that strand only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace nekoplane::http {

using Socket = boost::asio::generic::stream_protocol::socket;
using Buffers = std::vector<boost::asio::const_buffer>;

class Transport {
 public:
  // `tls` null = plain.
  Transport(Socket socket, boost::asio::ssl::context* tls) : socket_(std::move(socket)) {
    if (tls != nullptr) tls_ = std::make_unique<boost::asio::ssl::stream<Socket&>>(socket_, *tls);
  }

  bool has_tls() const { return tls_ != nullptr; }

  SSL* ssl() { return tls_->native_handle(); }

  boost::asio::any_io_executor executor() { return socket_.get_executor(); }

  // REQUIRES: has_tls().
  template <class Handler>
  void AsyncHandshake(Handler&& handler) {
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Handler>(handler));
  }

  template <class Handler>
  void AsyncShutdownTls(Handler&& handler) {
    tls_->async_shutdown(std::forward<Handler>(handler));
  }

  template <class Handler>
  void AsyncReadSome(boost::asio::mutable_buffer buffer, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(buffer, std::forward<Handler>(handler));
    } else {
      socket_.async_read_some(buffer, std::forward<Handler>(handler));
    }
  }

  // `buffers` and what they point to must live until the handler runs.
  template <class Handler>
  void AsyncWriteSome(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_write_some(View{&buffers}, std::forward<Handler>(handler));
    } else {
      socket_.async_write_some(View{&buffers}, std::forward<Handler>(handler));
    }
  }

  // Beside TLS: for what is said before a handshake succeeded and after the session ended.
  Socket& raw() { return socket_; }

  // Goes on in plain text. REQUIRES: no operation is pending.
  void DropTls() { tls_.reset(); }

  void ShutdownSend() {
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
  }

  void Close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  // A buffer sequence that is cheap to copy: Asio copies it into each operation.
  struct View {
    using value_type = boost::asio::const_buffer;
    using const_iterator = Buffers::const_iterator;
    const Buffers* buffers;

    const_iterator begin() const { return buffers->begin(); }

    const_iterator end() const { return buffers->end(); }
  };

  Socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<Socket&>> tls_;
};

}  // namespace nekoplane::http
