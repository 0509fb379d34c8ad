#include "api/http/responder.h"

#include <utility>

#include "api/http/chunk_stream.h"
#include "api/http/connection.h"

namespace nekoplane::http {
namespace {

// What a second StartStream, or one for a client that has left, gets.
std::shared_ptr<Stream> ClosedStream() {
  auto stream = std::make_shared<ChunkStream>(0, [] {});
  stream->Finish();
  return stream;
}

}  // namespace

ConnectionResponder::ConnectionResponder(std::weak_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

ConnectionResponder::~ConnectionResponder() {
  if (answered_) return;
  Send(Response{500, {{"Content-Type", "text/plain; charset=utf-8"}}, "internal error\n"});
}

void ConnectionResponder::Send(Response response) {
  if (answered_.exchange(true)) return;
  if (const auto connection = connection_.lock()) connection->Respond(std::move(response));
}

std::shared_ptr<Stream> ConnectionResponder::StartStream(int status, Headers headers) {
  if (answered_.exchange(true)) return ClosedStream();
  const auto connection = connection_.lock();
  return connection ? connection->RespondWithStream(status, std::move(headers)) : ClosedStream();
}

}  // namespace nekoplane::http
