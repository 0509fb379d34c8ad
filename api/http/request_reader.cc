#include "api/http/request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "api/base/check.h"
#include "api/http/ascii.h"
#include "api/http/target.h"

namespace nekoplane::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;

constexpr std::size_t kMaxMethod = 20;
// "0" and two line ends. Nothing shorter can complete a chunked body, and a second look at less of
// a last chunk trips an assertion of Beast's.
constexpr std::size_t kShortestLastChunk = 5;

bool IsMethod(std::string_view method) {
  return !method.empty() && method.size() <= kMaxMethod &&
         std::all_of(method.begin(), method.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
}

// Just enough to keep a Host value from being mistaken for something else further on.
bool IsHost(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:[]%!$&'()*+,;=").find(c) != std::string_view::npos;
  });
}

}  // namespace

// Writes what Beast finds straight into a Request.
class RequestReader::Parser final : public beast_http::basic_parser<true> {
 public:
  explicit Parser(const Limits& limits) : limits_(limits) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    body_limit(limits.body_bytes);
  }

  std::size_t Feed(std::string_view bytes) {
    std::size_t taken = 0;
    while (state_ == State::kHeader || state_ == State::kBody) {
      const std::string_view rest = bytes.substr(taken);
      if (state_ == State::kBody && chunked() && rest.starts_with('0') &&
          rest.size() < kShortestLastChunk) {
        break;
      }
      const State before = state_;
      error_code ec;
      const std::size_t n = put(boost::asio::const_buffer(rest.data(), rest.size()), ec);
      taken += n;
      if (before == State::kHeader) header_bytes_ += n;
      if (state_ == State::kFailed) break;  // refused by a check of ours
      if (header_bytes_ > limits_.header_bytes) {
        Fail(beast_http::error::header_limit);
        break;
      }
      if (ec == beast_http::error::need_more) {
        CheckUnparsed(rest.size() - n);
        break;
      }
      if (ec) {
        Fail(ec);
        break;
      }
      if (is_done()) {
        state_ = State::kDone;
      } else if (taken == bytes.size()) {
        break;
      }
    }
    return taken;
  }

  State state_ = State::kHeader;
  Failure failure_;
  Request request_;
  bool expects_continue_ = false;
  bool http10_ = false;

 private:
  void Refuse(int status, std::string message) {
    state_ = State::kFailed;
    failure_ = Failure{status, std::move(message)};
  }

  void Fail(const error_code& ec) {
    if (ec == beast_http::error::header_limit) {
      Refuse(431, "the request header is larger than " + std::to_string(limits_.header_bytes) +
                      " bytes");
    } else if (ec == beast_http::error::body_limit) {
      Refuse(413,
             "the request body is larger than " + std::to_string(limits_.body_bytes) + " bytes");
    } else {
      Refuse(400, "malformed HTTP: " + ec.message());
    }
  }

  // Beast keeps no account of what it gives back unparsed: a header of many short lines and a chunk
  // extension without end would grow for ever.
  void CheckUnparsed(std::size_t unparsed) {
    if (state_ == State::kHeader && header_bytes_ + unparsed > limits_.header_bytes) {
      Fail(beast_http::error::header_limit);
    } else if (state_ == State::kBody && unparsed > limits_.header_bytes) {
      Refuse(400, "malformed HTTP: chunk header too large");
    }
  }

  void on_request_impl(beast_http::verb, boost::beast::string_view method,
                       boost::beast::string_view target, int version, error_code&) override {
    request_.method.assign(method.data(), method.size());
    request_.target.assign(target.data(), target.size());
    http10_ = version == 10;
  }

  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}

  void on_field_impl(beast_http::field, boost::beast::string_view name,
                     boost::beast::string_view value, error_code&) override {
    if (state_ != State::kHeader) return;  // trailers are not headers
    request_.headers.emplace_back(std::string(name.data(), name.size()),
                                  std::string(value.data(), value.size()));
  }

  void on_header_impl(error_code&) override {
    state_ = State::kBody;
    CheckHeader();
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(boost::beast::string_view body, error_code&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view body,
                                 error_code&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }

  void on_finish_impl(error_code&) override {}

  void CheckHeader() {
    if (!IsMethod(request_.method)) return Refuse(501, "unknown method");
    if (request_.method == "TRACE" || request_.method == "CONNECT") {
      return Refuse(405, request_.method + " is not supported");
    }
    if (!CheckFields()) return;
    auto target = ParseTarget(request_.target);
    if (!target) return Refuse(400, target.error().message);
    request_.path = std::move(target->path);
    request_.query = std::move(target->query);
  }

  bool CheckFields() {
    std::size_t hosts = 0, codings = 0;
    for (const auto& [name, value] : request_.headers) {
      if (!IsUtf8(value) || std::any_of(value.begin(), value.end(),
                                        [](char c) { return IsControl(c) && c != '\t'; })) {
        Refuse(400, "a header contains bytes that are not text");
      } else if (EqualsIgnoreCase(name, "Host")) {
        if (++hosts > 1 || !IsHost(value)) Refuse(400, "the Host header is invalid");
      } else if (EqualsIgnoreCase(name, "Transfer-Encoding")) {
        // Beast takes a coding it does not know for "no body", and the body for the next request.
        if (++codings > 1 || !EqualsIgnoreCase(value, "chunked")) {
          Refuse(501, "the only transfer coding supported is chunked");
        } else if (http10_) {
          Refuse(400, "HTTP/1.0 has no transfer codings");
        }
      } else if (EqualsIgnoreCase(name, "Expect") && !http10_) {
        if (!EqualsIgnoreCase(value, "100-continue")) Refuse(417, "unknown expectation");
        expects_continue_ = true;
      }
      if (state_ == State::kFailed) return false;
    }
    if (hosts == 0 && !http10_) Refuse(400, "the Host header is missing");
    return state_ != State::kFailed;
  }

  const Limits limits_;
  std::size_t header_bytes_ = 0;
};

RequestReader::RequestReader(Limits limits) : limits_(limits) {}

RequestReader::~RequestReader() = default;

std::size_t RequestReader::Feed(std::string_view bytes) {
  if (!parser_) parser_ = std::make_unique<Parser>(limits_);
  NEKO_CHECK(state() == State::kHeader || state() == State::kBody);
  return parser_->Feed(bytes);
}

RequestReader::State RequestReader::state() const {
  return parser_ ? parser_->state_ : State::kHeader;
}

const RequestReader::Failure& RequestReader::failure() const {
  NEKO_CHECK(state() == State::kFailed);
  return parser_->failure_;
}

const Request& RequestReader::request() const {
  NEKO_CHECK(parser_);
  return parser_->request_;
}

bool RequestReader::expects_continue() const { return parser_ && parser_->expects_continue_; }

bool RequestReader::keep_alive() const { return parser_ && parser_->keep_alive(); }

bool RequestReader::http10() const { return parser_ && parser_->http10_; }

Request RequestReader::Take() { return parser_ ? std::move(parser_->request_) : Request{}; }

void RequestReader::Reset() { parser_.reset(); }

}  // namespace nekoplane::http
