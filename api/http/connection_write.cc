// The writing half of Connection.
#include <boost/asio/dispatch.hpp>
#include <charconv>
#include <utility>

#include "api/http/connection.h"

namespace nekoplane::http {
namespace {

using boost::system::error_code;

// Up to here head and body share one buffer, and with it one packet or TLS record.
constexpr std::size_t kSmallBody = 16 * 1024;
constexpr std::string_view kCrlf = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace

void Connection::Respond(Response response) {
  // From inside the handler this runs at once, without a turn through the event loop.
  boost::asio::dispatch(strand_,
                        [weak = weak_from_this(), response = std::move(response)]() mutable {
                          const auto self = weak.lock();
                          if (!self) return;
                          self->Guard([&] { self->SendResponse(std::move(response)); });
                        });
}

void Connection::SendResponse(Response response) {
  if (state_ != State::kHandling) return;
  state_ = State::kResponding;
  status_ = response.status;
  if (core_->draining()) keep_alive_ = false;
  HeadOptions options = Head();
  options.content_length = response.body.size();
  head_ = FormatHead(response.status, response.headers, options, core_->clock.WallNow());
  body_ = std::move(response.body);
  if (request_->method == "HEAD" || StatusHasNoBody(response.status)) body_.clear();
  if (body_.size() <= kSmallBody) {
    head_ += body_;
    body_.clear();
  }
  out_.assign(1, boost::asio::buffer(head_));
  if (!body_.empty()) out_.push_back(boost::asio::buffer(body_));
  Write(Then::kFinish);
}

std::shared_ptr<Stream> Connection::RespondWithStream(int status, Headers headers) {
  const auto wake = [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self) self->OnStrand([](Connection& connection) { connection.Pump(); });
  };
  auto stream = std::make_shared<ChunkStream>(core_->options.max_stream_bytes, wake);
  boost::asio::dispatch(strand_,
                        [weak = weak_from_this(), stream, status, headers = std::move(headers)] {
                          if (const auto self = weak.lock()) {
                            self->Guard([&] { self->StartStream(stream, status, headers); });
                          } else {
                            stream->Finish();
                          }
                        });
  return stream;
}

void Connection::StartStream(std::shared_ptr<ChunkStream> stream, int status,
                             const Headers& headers) {
  if (state_ != State::kHandling) return stream->Finish();
  if (request_->method == "HEAD" || StatusHasNoBody(status)) {
    SendResponse(Response{status, headers, {}});
    return stream->Finish();
  }
  state_ = State::kStreaming;
  status_ = status;
  stream_ = std::move(stream);
  // From here on reading only serves to notice that the peer leaves; requests that were sent ahead
  // are not kept, so the connection cannot be reused.
  if (http10_ || core_->draining() || !unread_.empty()) keep_alive_ = false;
  unread_.clear();
  head_ = FormatHead(status, headers, Head(), core_->clock.WallNow());
  if (core_->draining()) stream_->Close();
  Read();
  Pump();
}

void Connection::Pump() {
  if (state_ != State::kStreaming) return;
  if (stream_->overflowed()) return Die();
  if (write_pending_) return;
  ChunkStream::Batch batch = stream_->Take(kFramesPerWrite);
  out_.clear();
  if (!head_.empty()) out_.push_back(boost::asio::buffer(head_));
  chunks_ = std::move(batch.chunks);
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const std::string& data = *chunks_[i];
    if (http10_) {
      out_.push_back(boost::asio::buffer(data));
      continue;
    }
    auto& size = chunk_sizes_[i];
    char* end = std::to_chars(size.data(), size.data() + size.size() - 2, data.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out_.push_back(boost::asio::buffer(size.data(), static_cast<std::size_t>(end - size.data())));
    out_.push_back(boost::asio::buffer(data));
    out_.push_back(boost::asio::buffer(kCrlf));
  }
  if (batch.last && !http10_) out_.push_back(boost::asio::buffer(kLastChunk));
  if (out_.empty()) return batch.last ? FinishRequest() : ClearDeadline();
  Write(batch.last ? Then::kFinish : Then::kPump);
}

void Connection::Write(Then then) {
  then_ = then;
  write_pending_ = true;
  SetDeadline(core_->options.deadlines.write);
  transport_.AsyncWriteSome(out_, [self = shared_from_this()](const error_code& ec, std::size_t n) {
    self->Guard([&] { self->OnWritten(ec, n); });
  });
}

void Connection::OnWritten(const error_code& ec, std::size_t n) {
  write_pending_ = false;
  if (state_ == State::kClosed) return;
  if (ec) return Die();
  sent_bytes_ += n;
  std::size_t done = 0;
  while (done < out_.size() && n >= out_[done].size()) n -= out_[done++].size();
  out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(done));
  if (!out_.empty()) {
    out_.front() += n;
    return Write(then_);
  }
  switch (then_) {
    case Then::kRead:
      sent_bytes_ = 0;
      SetDeadline(core_->options.deadlines.body);
      return Read();
    case Then::kFinish:
      return FinishRequest();
    case Then::kPump:
      head_.clear();
      for (const auto& chunk : chunks_) stream_->Sent(chunk->size());
      chunks_.clear();
      return Pump();
  }
}

void Connection::FinishRequest() {
  Report();
  request_.reset();
  head_ = {};
  body_ = {};
  chunks_.clear();
  if (stream_) std::exchange(stream_, nullptr)->Finish();
  if (!keep_alive_ || core_->draining()) return CloseGracefully();
  BeginRequest();
}

}  // namespace nekoplane::http
