// The bytes of a connection: what is read does not depend on how they arrive, and nothing gets past
// the checks that everything behind the parser relies on.
#include <algorithm>

#include "api/http/ascii.h"
#include "api/http/request_reader.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {
namespace {

// As a connection does it, `piece` bytes at a time.
std::vector<http::Request> Converse(std::string_view input, std::size_t piece,
                                    http::RequestReader::Limits limits) {
  using State = http::RequestReader::State;
  std::vector<http::Request> out;
  http::RequestReader reader(limits);
  std::string unread;
  while (!input.empty()) {
    unread += input.substr(0, piece);
    input.remove_prefix(std::min(piece, input.size()));
    while (!unread.empty()) {
      const std::size_t taken = reader.Feed(unread);
      NEKO_PROMISE(taken <= unread.size());
      unread.erase(0, taken);
      if (reader.state() == State::kFailed) {
        NEKO_PROMISE(reader.failure().status >= 400 && reader.failure().status < 600);
        NEKO_PROMISE(!reader.failure().message.empty());
        return out;
      }
      if (reader.state() != State::kDone) break;
      const bool keep = reader.keep_alive();
      out.push_back(reader.Take());
      reader.Reset();
      if (!keep) return out;
    }
    NEKO_PROMISE(unread.size() <= 2 * limits.header_bytes + piece);  // bounded while it waits
  }
  return out;
}

void Check(const http::Request& request, const http::RequestReader::Limits& limits) {
  NEKO_PROMISE(!request.method.empty());
  NEKO_PROMISE(std::all_of(request.method.begin(), request.method.end(),
                           [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; }));
  NEKO_PROMISE(request.path.starts_with('/') && http::IsUtf8(request.path));
  NEKO_PROMISE(std::none_of(request.path.begin(), request.path.end(), http::IsControl));
  for (const auto& [name, value] : request.query) {
    NEKO_PROMISE(http::IsUtf8(name) && http::IsUtf8(value));
    NEKO_PROMISE((name + value).find('\0') == std::string::npos);
  }
  for (const auto& [name, value] : request.headers) {
    NEKO_PROMISE(!name.empty() && http::IsUtf8(value));
    NEKO_PROMISE(std::none_of(value.begin(), value.end(),
                              [](char c) { return http::IsControl(c) && c != '\t'; }));
  }
  NEKO_PROMISE(request.body.size() <= limits.body_bytes);
}

}  // namespace

NEKO_FUZZ(http_request) {
  const http::RequestReader::Limits roomy{64 * 1024, 64 * 1024}, narrow{256, 16};
  const auto whole = Converse(input, std::max<std::size_t>(input.size(), 1), roomy);
  const auto pieces = Converse(input, 1 + input.size() % 13, roomy);
  NEKO_PROMISE(whole.size() == pieces.size());
  for (std::size_t i = 0; i < std::min(whole.size(), pieces.size()); ++i) {
    const http::Request &a = whole[i], &b = pieces[i];
    NEKO_PROMISE(a.method == b.method && a.target == b.target && a.body == b.body);
    NEKO_PROMISE(a.path == b.path && a.query == b.query && a.headers == b.headers);
    Check(a, roomy);
  }
  for (const http::Request& request : Converse(input, 7, narrow)) Check(request, narrow);
}

}  // namespace nekoplane
