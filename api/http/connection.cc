#include "api/http/connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/error.hpp>
#include <utility>

#include "api/http/peer_certificate.h"
#include "api/http/responder.h"

namespace nekoplane::http {
namespace {

using boost::system::error_code;

// Somebody typed http:// for an https:// port.
bool IsPlainHttp(const error_code& ec) {
  if (ec.category() != boost::asio::error::get_ssl_category()) return false;
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(ec.value()));  // NOLINT
  return reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST;
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, std::shared_ptr<const Endpoint> endpoint,
                       Socket socket, Peer peer)
    : core_(std::move(core)),
      endpoint_(std::move(endpoint)),
      peer_(std::move(peer)),
      deadline_(MonoTime::max().time_since_epoch().count()),
      transport_(std::move(socket), endpoint_->tls.get()),
      strand_(transport_.executor()),
      reader_({core_->options.max_header_bytes, core_->options.max_body_bytes}) {}

void Connection::Start(bool refuse) {
  OnStrand([refuse](Connection& self) { self.Handshake(refuse); });
}

void Connection::Drain() {
  OnStrand([](Connection& self) {
    if (self.state_ == State::kHandshake || self.state_ == State::kIdle) self.Die();
    if (self.state_ == State::kStreaming) self.stream_->Close();
    if (self.state_ != State::kClosed) self.keep_alive_ = false;
  });
}

void Connection::Abort() {
  OnStrand([](Connection& self) { self.Die(); });
}

void Connection::CheckDeadline(MonoTime now) {
  if (now.time_since_epoch().count() < deadline_) return;
  OnStrand([](Connection& self) {
    // It may have been moved while we were on our way to the strand.
    if (self.core_->clock.Now().time_since_epoch().count() >= self.deadline_) self.Expire();
  });
}

void Connection::SetDeadline(Duration from_now) {
  deadline_ = (core_->clock.Now() + from_now).time_since_epoch().count();
}

// ---- Reading ----

void Connection::Handshake(bool refuse) {
  started_ = core_->clock.Now();
  if (!transport_.has_tls()) {
    if (refuse) return Refuse(503, "too many connections");
    return BeginRequest();
  }
  SetDeadline(core_->options.deadlines.handshake);
  transport_.AsyncHandshake([self = shared_from_this(), refuse](const error_code& ec) {
    self->Guard([&] { self->OnHandshake(ec, refuse); });
  });
}

void Connection::OnHandshake(const error_code& ec, bool refuse) {
  if (state_ == State::kClosed) return;
  if (IsPlainHttp(ec)) {
    transport_.DropTls();
    return Refuse(400, "this port speaks HTTPS: use https:// in the URL");
  }
  if (ec) return Die();
  PeerCertificate peer = ReadPeerCertificate(transport_.ssl());
  client_cert_cn_ = std::move(peer.common_name);
  client_cert_orgs_ = std::move(peer.organizations);
  if (refuse) return Refuse(503, "too many connections");
  BeginRequest();
}

void Connection::BeginRequest() {
  state_ = State::kIdle;
  reading_body_ = continued_ = false;
  const Deadlines& deadlines = core_->options.deadlines;
  SetDeadline(std::exchange(first_request_, false) ? deadlines.header : deadlines.idle);
  if (!unread_.empty()) return OnInput({});
  unread_.shrink_to_fit();
  Read();
}

void Connection::Read() {
  if (std::exchange(read_pending_, true)) return;
  transport_.AsyncReadSome(boost::asio::buffer(in_),
                           [self = shared_from_this()](const error_code& ec, std::size_t n) {
                             self->Guard([&] { self->OnRead(ec, n); });
                           });
}

void Connection::OnRead(const error_code& ec, std::size_t n) {
  read_pending_ = false;
  switch (state_) {
    case State::kIdle:
    case State::kReading:
      return ec ? Die() : OnInput({in_.data(), n});
    case State::kStreaming:
      if (ec) return Die();
      keep_alive_ = false;  // talks out of turn: nothing it said can be trusted to be a request
      return Read();
    case State::kClosing:
      return ec ? Die() : Discard();
    case State::kHandshake:
    case State::kHandling:
    case State::kResponding:  // a refusal is under way; closing reads the rest
    case State::kClosed:
      return;
  }
}

void Connection::OnInput(std::string_view fresh) {
  if (state_ == State::kIdle) {
    state_ = State::kReading;
    started_ = core_->clock.Now();
    SetDeadline(core_->options.deadlines.header);
  }
  if (unread_.empty()) {
    unread_ = fresh.substr(reader_.Feed(fresh));
  } else {
    unread_ += fresh;
    unread_.erase(0, reader_.Feed(unread_));
  }
  switch (reader_.state()) {
    case RequestReader::State::kHeader:
      return Read();
    case RequestReader::State::kBody:
      if (!std::exchange(reading_body_, true)) SetDeadline(core_->options.deadlines.body);
      if (reader_.expects_continue() && !std::exchange(continued_, true) && unread_.empty()) {
        static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        out_.assign(1, boost::asio::buffer(kContinue));
        return Write(Then::kRead);
      }
      return Read();
    case RequestReader::State::kFailed:
      return Refuse(reader_.failure().status, reader_.failure().message);
    case RequestReader::State::kDone:
      return Dispatch();
  }
}

void Connection::Dispatch() {
  keep_alive_ = reader_.keep_alive();
  http10_ = reader_.http10();
  auto request = std::make_shared<Request>(reader_.Take());
  reader_.Reset();
  request->remote_address = peer_.address;
  request->remote_is_loopback = peer_.is_loopback;
  request->client_cert_cn = client_cert_cn_;
  request->client_cert_orgs = client_cert_orgs_;
  request_ = std::move(request);
  state_ = State::kHandling;
  ClearDeadline();
  const auto responder = std::make_shared<ConnectionResponder>(weak_from_this());
  const auto handled = request_;  // an answer given inside the handler may drop request_
  try {
    endpoint_->handler(handled, responder);
  } catch (const std::exception& e) {
    core_->log.Error("HTTP handler failed",
                     {{"method", handled->method}, {"path", handled->path}, {"error", e.what()}});
  }
}

void Connection::Refuse(int status, std::string message) {
  request_ = std::make_shared<Request>(reader_.Take());
  reader_.Reset();
  unread_.clear();
  keep_alive_ = false;
  http10_ = false;
  state_ = State::kHandling;
  Response response{status, {{"Content-Type", "text/plain; charset=utf-8"}}, {}};
  response.body = std::move(message) + "\n";
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  SendResponse(std::move(response));
}

// ---- Ending ----

void Connection::CloseGracefully() {
  state_ = State::kClosing;
  SetDeadline(core_->options.deadlines.linger);
  // Closing while unread input lies in the socket would reset the connection, and the client might
  // never see the answer. So say that we are done, and read until the client is, too.
  if (!transport_.has_tls() || read_pending_) {
    transport_.ShutdownSend();
    if (!read_pending_) Discard();
    return;
  }
  transport_.AsyncShutdownTls([self = shared_from_this()](const error_code&) {
    if (self->state_ == State::kClosed) return;
    self->transport_.ShutdownSend();
    self->Discard();
  });
}

void Connection::Discard() {
  read_pending_ = true;
  transport_.raw().async_read_some(
      boost::asio::buffer(in_), [self = shared_from_this()](const error_code& ec, std::size_t n) {
        self->Guard([&] { self->OnRead(ec, n); });
      });
}

void Connection::Expire() {
  const bool request_begun = state_ == State::kReading && !write_pending_;
  if (request_begun) return Refuse(408, "the request did not arrive in time");
  Die();
}

void Connection::Die() {
  if (std::exchange(state_, State::kClosed) == State::kClosed) return;
  ClearDeadline();
  transport_.Close();
  if (status_ != 0) Report();
  request_.reset();
  if (stream_) std::exchange(stream_, nullptr)->Finish();
  core_->Remove(this);
}

void Connection::Report() {
  if (core_->options.on_request && request_) {
    core_->options.on_request(*request_, status_, core_->clock.Now() - started_, sent_bytes_);
  }
  status_ = 0;
  sent_bytes_ = 0;
}

}  // namespace nekoplane::http
