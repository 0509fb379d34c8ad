// Client on cpprestsdk. Five rules keep it safe: every chain of tasks ends in a continuation that
// takes the task itself (a dropped failure kills the process); nobody waits on one of the library's
// threads; nothing but http:// is spoken (it would trust every CA of the system); time is limited
// here, by cancelling, and not by the library's timeout per I/O step; bodies are read piece by
// piece up to a limit.
#include <cpprest/containerstream.h>
#include <cpprest/http_client.h>
#include <pplx/threadpool.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "api/base/mutex.h"
#include "api/http/client.h"
#include "api/http/client_request.h"

#if defined(__SANITIZE_THREAD__)
// The library is not instrumented, so the sanitizer cannot see its synchronisation.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() { return "race:libcpprest.so\n"; }
#endif

namespace nekoplane::http {
namespace {

namespace cpprest = web::http;
using concurrency::streams::container_buffer;
using concurrency::streams::istream;

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kMaxOrigins = 64;
constexpr auto kStepTimeout = std::chrono::hours(1);
constexpr auto kMaxWait = std::chrono::milliseconds(1000);

// What the caller and the library's threads share about one call. It outlives whichever ends first.
class Call {
 public:
  explicit Call(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void SetHead(const cpprest::http_response& reply) EXCLUDES(mu_) {
    MutexLock lock(mu_);
    response_.status = reply.status_code();
    for (const auto& [name, value] : reply.headers()) response_.headers.emplace_back(name, value);
  }

  // False: that is too much.
  bool Append(std::string_view piece) EXCLUDES(mu_) {
    MutexLock lock(mu_);
    if (response_.body.size() + piece.size() > max_bytes_) return false;
    response_.body += piece;
    return true;
  }

  // The first outcome counts.
  void Finish(std::optional<Status> error) EXCLUDES(mu_) {
    MutexLock lock(mu_);
    if (finished_) return;
    finished_ = true;
    error_ = std::move(error);
    changed_.NotifyAll();
  }

  void Wake() EXCLUDES(mu_) {
    MutexLock lock(mu_);
    changed_.NotifyAll();
  }

  // nullopt: still running.
  std::optional<Result<ClientResponse>> WaitFor(Duration timeout, const Context& ctx)
      EXCLUDES(mu_) {
    MutexLock lock(mu_);
    if (!finished_ && !ctx.stopped()) changed_.WaitFor(mu_, timeout);
    if (!finished_) return std::nullopt;
    if (error_) return Result<ClientResponse>(*error_);
    return Result<ClientResponse>(std::move(response_));
  }

  std::size_t max_bytes() const { return max_bytes_; }

 private:
  const std::size_t max_bytes_;
  Mutex mu_;
  CondVar changed_;
  bool finished_ GUARDED_BY(mu_) = false;
  std::optional<Status> error_ GUARDED_BY(mu_);
  ClientResponse response_ GUARDED_BY(mu_);
};

struct ReplyTooLarge : std::exception {};

pplx::task<void> ReadBody(std::shared_ptr<Call> call, istream body) {
  container_buffer<std::string> piece;
  return body.read(piece, kPiece).then([call, body, piece](std::size_t n) mutable {
    if (n == 0) return pplx::task_from_result();
    // The collection is as large as was asked for, not as what was read.
    if (!call->Append({piece.collection().data(), n})) throw ReplyTooLarge();
    return ReadBody(call, body);
  });
}

Status FromException(const cpprest::http_exception& e, const std::string& peer) {
  const std::string message = peer + ": " + e.what();
  const std::string_view what = e.what();
  // cpprestsdk reports a refused connection as "host unreachable".
  if (e.error_code() == std::errc::host_unreachable ||
      e.error_code() == std::errc::connection_refused) {
    return MakeStatus(Code::kUnavailable, "ConnectionRefused", message);
  }
  if (e.error_code() == std::errc::timed_out) {
    return MakeStatus(Code::kTimeout, "Timeout", message);
  }
  const bool connecting = what.find("resolving") != std::string_view::npos ||
                          what.find("connect to") != std::string_view::npos;
  return MakeStatus(Code::kUnavailable, connecting ? "ConnectionFailed" : "BadReply", message);
}

class RestClient final : public Client {
 public:
  explicit RestClient(const Clock& clock) : clock_(clock) {
    static std::once_flag once;
    std::call_once(once, [] {
      try {
        // The default is 40 threads. One would be too few: the library waits on its own pool.
        crossplat::threadpool::initialize_with_threads(2);
      } catch (const std::exception&) {
        // Somebody else in this process was first; their size will do.
      }
    });
  }

  Result<ClientResponse> Do(const Context& ctx, const ClientRequest& request) override {
    NEKO_TRY(const Url url, CheckRequest(request));
    if (url.scheme != "http") {
      return MakeStatus(Code::kInvalid, "BadUrl", "only http:// is supported here, not https://");
    }
    try {
      return Send(ctx, request, url);
    } catch (const std::exception& e) {
      return MakeStatus(Code::kInvalid, "BadRequest",
                        "cannot send a request to " + url.Origin() + ": " + e.what());
    }
  }

  Result<ClientResponse> Stream(const Context&, const ClientRequest&,
                                const std::function<bool(std::string_view)>&) override {
    return MakeStatus(Code::kInvalid, "StreamsNotSupported", "this client has no streams");
  }

 private:
  using HttpClientPtr = std::shared_ptr<cpprest::client::http_client>;

  Result<ClientResponse> Send(const Context& ctx, const ClientRequest& request, const Url& url) {
    const std::string peer = url.Origin();
    // Else the request would still be made, and its answer be a matter of luck.
    if (ctx.stopped()) return MakeStatus(Code::kCancelled, "Cancelled", peer + ": told to stop");
    const auto call = std::make_shared<Call>(request.max_reply_bytes);
    const HttpClientPtr client = ClientFor(request, peer);
    pplx::cancellation_token_source cancel;
    client->request(ToCpprest(request, url), cancel.get_token())
        .then([call](cpprest::http_response reply) {
          call->SetHead(reply);
          return ReadBody(call, reply.body());
        })
        .then([call, peer, client, cancel](pplx::task<void> done) {
          try {
            done.get();
            call->Finish(std::nullopt);
          } catch (const ReplyTooLarge&) {
            call->Finish(MakeStatus(Code::kUnavailable, "ReplyTooLarge",
                                    peer + ": the reply is larger than " +
                                        std::to_string(call->max_bytes()) + " bytes"));
            cancel.cancel();  // and with it the connection that still delivers
          } catch (const cpprest::http_exception& e) {
            call->Finish(FromException(e, peer));
          } catch (const std::exception& e) {
            call->Finish(MakeStatus(Code::kUnavailable, "BadReply", peer + ": " + e.what()));
          } catch (...) {
            call->Finish(MakeStatus(Code::kUnavailable, "BadReply", peer + ": unknown failure"));
          }
        });
    return Wait(ctx, *call, cancel, peer);
  }

  Result<ClientResponse> Wait(const Context& ctx, Call& call,
                              const pplx::cancellation_token_source& cancel,
                              const std::string& peer) const {
    const std::stop_callback wake(ctx.stop(), [&call] { call.Wake(); });
    for (;;) {
      const MonoTime now = clock_.Now();
      const Duration left = now < ctx.deadline() ? ctx.deadline() - now : Duration::zero();
      if (auto result = call.WaitFor(std::min<Duration>(left, kMaxWait), ctx)) {
        return std::move(*result);
      }
      // What the library does with the cancelled call from here on is of no interest to anybody.
      if (ctx.stopped()) {
        cancel.cancel();
        return MakeStatus(Code::kCancelled, "Cancelled", peer + ": told to stop");
      }
      if (clock_.Now() >= ctx.deadline()) {
        cancel.cancel();
        return MakeStatus(Code::kTimeout, "Timeout", peer + ": no complete reply in time");
      }
    }
  }

  static cpprest::http_request ToCpprest(const ClientRequest& request, const Url& url) {
    cpprest::http_request out(request.method);
    out.set_request_uri(web::uri(url.PathAndQuery()));
    if (!request.body.empty()) {
      out.set_body(request.body);
      out.headers().remove("Content-Type");  // text/plain, which nobody said
    }
    for (const auto& [name, value] : request.headers) out.headers().add(name, value);
    return out;
  }

  // The library keeps idle connections per client object. It also sends a request again, on its
  // own, when such a connection turns out to be dead; what must not happen twice gets a new one.
  HttpClientPtr ClientFor(const ClientRequest& request, const std::string& origin) EXCLUDES(mu_) {
    if (request.method == "POST" || request.method == "PATCH") return NewClient(origin);
    MutexLock lock(mu_);
    if (clients_.size() >= kMaxOrigins && !clients_.contains(origin)) clients_.clear();
    HttpClientPtr& client = clients_[origin];
    if (!client) client = NewClient(origin);
    return client;
  }

  static HttpClientPtr NewClient(const std::string& origin) {
    cpprest::client::http_client_config config;
    config.set_timeout(kStepTimeout);
    config.set_max_redirects(0);
    return std::make_shared<cpprest::client::http_client>(web::uri(origin), config);
  }

  const Clock& clock_;
  Mutex mu_;
  std::map<std::string, HttpClientPtr> clients_ GUARDED_BY(mu_);
};

}  // namespace

std::unique_ptr<Client> MakeRestClient(const Clock& clock) {
  return std::make_unique<RestClient>(clock);
}

}  // namespace nekoplane::http
