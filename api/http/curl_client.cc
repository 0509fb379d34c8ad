// Client on libcurl. Each call drives its own multi handle on the caller's thread, so that a stop
// request can wake it.
#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <stop_token>
#include <utility>

#include "api/http/client.h"
#include "api/http/client_request.h"
#include "api/http/curl_errors.h"
#include "api/http/curl_session.h"

namespace nekoplane::http {
namespace {

constexpr std::size_t kIdleSessions = 8;
constexpr auto kMaxWait = std::chrono::milliseconds(1000);

struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// Everything libcurl's callbacks need to know about one call.
struct Transfer {
  const ClientRequest* request = nullptr;
  const std::function<bool(std::string_view)>* on_data = nullptr;  // null = collect
  CURL* easy = nullptr;
  ClientResponse response;
  bool too_large = false;
  bool cancelled = false;  // by on_data

  bool Take(std::string_view bytes) {
    if (response.status == 0) {
      long status = 0;  // NOLINT(google-runtime-int): libcurl's type
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      response.status = static_cast<int>(status);
    }
    if (on_data != nullptr && response.status < 400) {
      cancelled = !(*on_data)(bytes);
      return !cancelled;
    }
    if (response.body.size() + bytes.size() > request->max_reply_bytes) {
      too_large = true;
      return false;
    }
    response.body.append(bytes);
    return true;
  }
};

std::size_t OnBody(char* data, std::size_t, std::size_t size, void* user) {
  // A short count makes libcurl end the transfer; anything thrown must not pass through C.
  try {
    return static_cast<Transfer*>(user)->Take({data, size}) ? size : 0;
  } catch (const std::exception&) {
    return 0;
  }
}

std::size_t OnHeader(char* data, std::size_t, std::size_t size, void* user) {
  auto& response = static_cast<Transfer*>(user)->response;
  std::string_view line(data, size);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  try {
    if (line.starts_with("HTTP/")) {
      response.headers.clear();  // an interim response (100 Continue) came before
    } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      std::string_view value = line.substr(colon + 1);
      value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
      response.headers.emplace_back(std::string(line.substr(0, colon)), std::string(value));
    }
  } catch (const std::exception&) {
    return 0;
  }
  return size;
}

curl_blob AsBlob(const std::string& pem) {
  // libcurl copies (CURL_BLOB_COPY); the field is not const for historical reasons.
  return {const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_COPY};
}

Connection ConnectionOf(CURL* easy, bool has_certificate) {
  // NOLINTBEGIN(google-runtime-int): libcurl's type
  long os_error = 0, connects = 0, status = 0;
  // NOLINTEND(google-runtime-int)
  curl_off_t handshake = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &handshake);
  return {os_error, has_certificate && connects > 0 && handshake > 0 && status == 0};
}

Status FromCurl(CURLcode code, const Connection& connection, const Transfer& transfer,
                const char* details, const std::string& peer) {
  if (code == CURLE_WRITE_ERROR && transfer.too_large) {
    return MakeStatus(Code::kUnavailable, "ReplyTooLarge",
                      peer + ": the reply is larger than " +
                          std::to_string(transfer.request->max_reply_bytes) + " bytes");
  }
  if (code == CURLE_WRITE_ERROR && transfer.cancelled) {
    return MakeStatus(Code::kCancelled, "Cancelled", "stopped reading");
  }
  return CurlFailure(code, connection, peer, *details != '\0' ? details : curl_easy_strerror(code));
}

class CurlClient final : public Client {
 public:
  CurlClient(const Clock& clock, CurlOptions options)
      : clock_(clock), options_(std::move(options)), pool_(kIdleSessions) {}

  Result<ClientResponse> Do(const Context& ctx, const ClientRequest& request) override {
    return Run(ctx, request, nullptr);
  }

  Result<ClientResponse> Stream(const Context& ctx, const ClientRequest& request,
                                const std::function<bool(std::string_view)>& on_data) override {
    return Run(ctx, request, &on_data);
  }

 private:
  Result<ClientResponse> Run(const Context& ctx, const ClientRequest& request,
                             const std::function<bool(std::string_view)>* on_data) {
    NEKO_TRY(const Url url, CheckRequest(request));
    const std::string peer = options_.unix_socket.empty() ? url.Origin() : options_.unix_socket;
    auto session = pool_.Take();
    Transfer transfer;
    transfer.request = &request;
    transfer.on_data = on_data;
    transfer.easy = session->easy();
    std::array<char, CURL_ERROR_SIZE> details{};
    const auto headers = SetOptions(session->easy(), request, transfer, details.data());
    const Result<void> done = Drive(ctx, *session, transfer, details.data(), peer);
    long status = 0;  // NOLINT(google-runtime-int)
    curl_easy_getinfo(session->easy(), CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    pool_.Return(std::move(session));
    if (!done) return done.error();
    return std::move(transfer.response);
  }

  using HeaderList = std::unique_ptr<curl_slist, SlistDeleter>;

  HeaderList SetOptions(CURL* easy, const ClientRequest& request, Transfer& transfer,
                        char* details) const {
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY,
                     "");  // engines are reached directly, whatever the shell says
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     static_cast<long>(CURL_HTTP_VERSION_1_1));  // NOLINT
    curl_easy_setopt(
        easy, CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(  // NOLINT(google-runtime-int)
            std::chrono::ceil<std::chrono::milliseconds>(options_.connect_timeout).count()));
    // A machine that vanished without a word is noticed within a minute.
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 15L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 5L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, details);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    // Debian's libcurl also trusts /etc/ssl/certs unless told otherwise.
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options_.unix_socket.empty()) {
      curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str());
    }
    SetBlob(easy, CURLOPT_CAINFO_BLOB, options_.ca_pem);
    SetBlob(easy, CURLOPT_SSLCERT_BLOB, options_.cert_pem);
    SetBlob(easy, CURLOPT_SSLKEY_BLOB, options_.key_pem);
    SetMethod(easy, request);
    curl_slist* list =
        curl_slist_append(nullptr, "Expect:");  // libcurl would wait for 100 Continue
    if (FindHeader(request.headers, "Content-Type").empty()) {
      list = curl_slist_append(list, "Content-Type:");  // libcurl would make it a form
    }
    for (const auto& [name, value] : request.headers) {
      list = curl_slist_append(list, (name + ": " + value).c_str());
    }
    HeaderList headers(list);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    return headers;
  }

  static void SetBlob(CURL* easy, CURLoption option, const std::string& pem) {
    if (pem.empty()) return;
    curl_blob blob = AsBlob(pem);
    curl_easy_setopt(easy, option, &blob);
  }

  static void SetMethod(CURL* easy, const ClientRequest& request) {
    if (request.method == "HEAD") {
      curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET" || !request.body.empty()) {
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    // libcurl sends a request again if a kept connection turns out to be dead. For what must not
    // happen twice that is not good enough.
    if (request.method == "POST" || request.method == "PATCH") {
      curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    }
  }

  // Runs the transfer until it ends, the deadline passes or a stop is requested.
  Result<void> Drive(const Context& ctx, CurlSession& session, const Transfer& transfer,
                     const char* details, const std::string& peer) {
    CURLM* const multi = session.multi();
    const std::stop_callback wake(ctx.stop(), [multi] { curl_multi_wakeup(multi); });
    curl_multi_add_handle(multi, session.easy());
    const Result<void> result = Loop(ctx, session, transfer, details, peer);
    curl_multi_remove_handle(multi, session.easy());
    return result;
  }

  Result<void> Loop(const Context& ctx, CurlSession& session, const Transfer& transfer,
                    const char* details, const std::string& peer) {
    CURLM* const multi = session.multi();
    for (;;) {
      if (ctx.stopped()) {
        return MakeStatus(Code::kCancelled, "Cancelled", peer + ": told to stop");
      }
      if (clock_.Now() >= ctx.deadline()) {
        return MakeStatus(Code::kTimeout, "Timeout", peer + ": no complete reply in time");
      }
      int running = 0;
      if (const CURLMcode code = curl_multi_perform(multi, &running); code != CURLM_OK) {
        return MakeStatus(Code::kInternal, "Curl", curl_multi_strerror(code));
      }
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        if (code == CURLE_OK) return {};
        return FromCurl(code, ConnectionOf(session.easy(), !options_.cert_pem.empty()), transfer,
                        details, peer);
      }
      curl_multi_poll(multi, nullptr, 0, PollMilliseconds(ctx), nullptr);
    }
  }

  int PollMilliseconds(const Context& ctx) const {
    const Duration left = std::min<Duration>(ctx.deadline() - clock_.Now(), kMaxWait);
    return static_cast<int>(
        std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(left).count()));
  }

  const Clock& clock_;
  const CurlOptions options_;
  CurlPool pool_;
};

}  // namespace

std::unique_ptr<Client> MakeCurlClient(const Clock& clock, CurlOptions options) {
  return std::make_unique<CurlClient>(clock, std::move(options));
}

}  // namespace nekoplane::http
