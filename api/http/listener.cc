#include "api/http/listener.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "api/http/connection.h"
#include "api/http/tls_context.h"

namespace nekoplane::http {
namespace {

using boost::system::error_code;

constexpr std::chrono::milliseconds kBackoff(100);

// True if the path is a socket that nobody listens on.
bool IsStale(boost::asio::io_context& io, const ListenAddress& where) {
  struct stat info {};

  if (::stat(where.unix_path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  Socket probe(io);
  error_code ec;
  probe.connect(where.address, ec);
  return ec == boost::asio::error::connection_refused;
}

}  // namespace

Listener::Listener(std::shared_ptr<ServerCore> core, std::shared_ptr<const Endpoint> endpoint)
    : core_(std::move(core)),
      endpoint_(std::move(endpoint)),
      strand_(boost::asio::make_strand(core_->io)),
      acceptor_(strand_),
      backoff_(strand_),
      next_(boost::asio::make_strand(core_->io)) {}

Listener::~Listener() {
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

Result<std::shared_ptr<Listener>> Listener::Open(std::shared_ptr<ServerCore> core,
                                                 ListenOptions options) {
  NEKO_TRY(const ListenAddress where, ParseListenAddress(options.address));
  auto endpoint = std::make_shared<Endpoint>();
  endpoint->handler = std::move(options.handler);
  endpoint->is_unix = !where.unix_path.empty();
  if (options.tls) {
    NEKO_TRY(endpoint->tls, MakeTlsContext(*options.tls));
  }
  const std::shared_ptr<Listener> listener(new Listener(std::move(core), std::move(endpoint)));
  NEKO_RETURN_IF_ERROR(listener->Bind(options.address, where));
  return listener;
}

Result<void> Listener::Bind(const std::string& text, const ListenAddress& where) {
  const bool is_unix = endpoint_->is_unix;
  if (is_unix && IsStale(core_->io, where)) ::unlink(where.unix_path.c_str());
  error_code ec;
  acceptor_.open(where.address.protocol(), ec);
  if (!ec && !is_unix) acceptor_.set_option(boost::asio::socket_base::reuse_address(true), ec);
  if (!ec) acceptor_.bind(where.address, ec);
  if (!ec && is_unix) {
    unix_path_ = where.unix_path;
    // Whoever can connect is a caller without a network in between; the owner decides who else may.
    if (::chmod(unix_path_.c_str(), 0600) != 0) {
      ec = error_code(errno, boost::system::system_category());
    }
  }
  if (!ec) acceptor_.listen(boost::asio::socket_base::max_listen_connections, ec);
  if (ec == boost::asio::error::address_in_use) {
    return MakeStatus(Code::kUnavailable, "AddressInUse",
                      "cannot listen on " + text + ": another process does already");
  }
  if (ec) {
    return MakeStatus(Code::kUnavailable, "ListenFailed",
                      "cannot listen on " + text + ": " + ec.message());
  }
  address_ = is_unix ? text : FormatSocketAddress(acceptor_.local_endpoint(ec));
  return {};
}

void Listener::Start() {
  boost::asio::post(strand_, [self = shared_from_this()] { self->Accept(); });
}

void Listener::Close() {
  boost::asio::post(strand_, [self = shared_from_this()] {
    error_code ignored;
    self->acceptor_.close(ignored);
    self->backoff_.cancel(ignored);
  });
}

void Listener::Accept() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_accept(next_, peer_, [self = shared_from_this()](const error_code& ec) {
    try {
      self->OnAccept(ec);
    } catch (const std::exception& e) {
      self->core_->log.Error("cannot serve a connection", {{"error", e.what()}});
      self->Accept();
    }
  });
}

void Listener::OnAccept(const error_code& ec) {
  if (!acceptor_.is_open()) return;
  Socket socket = std::exchange(next_, Socket(boost::asio::make_strand(core_->io)));
  if (ec) {
    // Out of file descriptors or memory: the connection stays in the backlog, and asking again at
    // once would spin.
    core_->log.Warning("cannot accept connections",
                       {{"address", address_}, {"error", ec.message()}});
    backoff_.expires_after(kBackoff);
    backoff_.async_wait([self = shared_from_this()](const error_code&) { self->Accept(); });
    return;
  }
  error_code ignored;
  if (!endpoint_->is_unix) socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  Peer peer =
      endpoint_->is_unix ? Peer{"unix", true} : Peer{FormatSocketAddress(peer_), IsLoopback(peer_)};
  const auto connection =
      std::make_shared<Connection>(core_, endpoint_, std::move(socket), std::move(peer));
  const auto admission = core_->Admit(connection);
  if (admission != ServerCore::Admission::kDrop) {
    connection->Start(admission == ServerCore::Admission::kRefuse);
  }
  Accept();
}

}  // namespace nekoplane::http
