// Accepts connections on one address.
//
// Thread safety: Open and the constructor before the event loop runs; the rest from any thread.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <utility>

#include "api/base/result.h"
#include "api/http/listen_address.h"
#include "api/http/server_core.h"
#include "api/http/transport.h"

namespace nekoplane::http {

class Listener final : public std::enable_shared_from_this<Listener> {
 public:
  // Binds. A unix socket left behind by a process that is gone is replaced.
  // Errors: kInvalid: the address or certificate; kUnavailable: AddressInUse, ListenFailed.
  static Result<std::shared_ptr<Listener>> Open(std::shared_ptr<ServerCore> core,
                                                ListenOptions options);
  ~Listener();

  void Start();
  // Accepts no more.
  void Close();

  // What it is bound to, with the real port.
  const std::string& address() const { return address_; }

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

  Listener(std::shared_ptr<ServerCore> core, std::shared_ptr<const Endpoint> endpoint);

  Result<void> Bind(const std::string& text, const ListenAddress& where);
  void Accept();
  void OnAccept(const boost::system::error_code& ec);

  const std::shared_ptr<ServerCore> core_;
  const std::shared_ptr<const Endpoint> endpoint_;
  const boost::asio::any_io_executor strand_;  // of the members below
  Acceptor acceptor_;
  boost::asio::steady_timer backoff_;
  Socket next_;
  SocketAddress peer_;
  std::string address_;
  std::string unix_path_;
};

}  // namespace nekoplane::http
