// Both clients against our own server, and against one that breaks off.
#include "api/http/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "api/http/curl_errors.h"
#include "tests/unit/api/http/server_fixture.h"

namespace nekoplane::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Sends fixed bytes to whoever connects, and hangs up.
// With `tls` it does the handshake, and hangs up without a reply and with a reset, as a server
// does that refuses what it was shown and has no time to say so.
class CannedServer {
 public:
  explicit CannedServer(std::string reply, const auth::Identity* tls = nullptr)
      : reply_(std::move(reply)) {
    if (tls != nullptr) {
      context_.reset(SSL_CTX_new(TLS_server_method()));
      UseIdentity(context_.get(), tls->certificate, tls->key);
    }
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = (context_ ? "https" : "http") + std::string("://127.0.0.1:") +
           std::to_string(ntohs(address.sin_port)) + "/";
    thread_ = std::thread([this] { Serve(); });
  }

  ~CannedServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }

  const std::string& url() const { return url_; }

  int connections() const { return connections_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  void ShakeHandsAndReset(int fd) {
    const std::unique_ptr<SSL, Free> ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), fd);
    EXPECT_EQ(SSL_accept(ssl.get()), 1);
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    ::close(fd);
  }

  void Serve() {
    for (;;) {
      const int fd = ::accept(fd_, nullptr, nullptr);
      if (fd < 0) return;
      ++connections_;
      if (context_) {
        ShakeHandsAndReset(fd);
        continue;
      }
      char request[4096];
      if (::recv(fd, request, sizeof(request), 0) > 0) {
        ::send(fd, reply_.data(), reply_.size(), MSG_NOSIGNAL);
      }
      ::close(fd);
    }
  }

  const std::string reply_;
  std::unique_ptr<SSL_CTX, Free> context_;
  int fd_ = -1;
  std::string url_;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

// A port of this machine on which nobody listens.
std::string UnusedUrl() {
  std::string url;
  {
    const CannedServer server("");
    url = server.url();
  }
  return url;
}

// What a server may be asked for in these tests.
void Serve(const std::shared_ptr<const Request>& request,
           const std::shared_ptr<Responder>& responder) {
  static Mutex mu;
  static std::vector<std::shared_ptr<Responder>>* const held =
      new std::vector<std::shared_ptr<Responder>>;
  if (request->path == "/never") {
    MutexLock lock(mu);
    held->push_back(responder);
  } else if (request->path == "/redirect") {
    responder->Send({302, {{"Location", "/elsewhere"}}, "moved"});
  } else if (request->path == "/missing") {
    responder->Send({404, {{"X-Why", "gone"}}, "nothing here"});
  } else if (request->path == "/empty") {
    responder->Send({204, {}, ""});
  } else if (request->path == "/large") {
    responder->Send({200, {}, std::string(1'000'000, 'x')});
  } else if (request->path == "/chunks") {
    const auto stream = responder->StartStream(200, {});
    for (int i = 0; i < 20; ++i) stream->Write(std::make_shared<std::string>("0123456789"));
    stream->Close();
  } else {
    responder->Send({200,
                     {{"X-Method", request->method},
                      {"X-Target", request->target},
                      {"X-Type", std::string(request->header("Content-Type"))},
                      {"X-Token", std::string(request->header("Authorization"))},
                      {"X-Expect", std::string(request->header("Expect"))}},
                     request->body});
  }
}

struct Maker {
  const char* name;
  std::unique_ptr<Client> (*make)(const Clock&);
};

class ClientTest : public ServerTest, public ::testing::WithParamInterface<Maker> {
 protected:
  void SetUp() override {
    StartServer(Serve);
    client_ = GetParam().make(clock_);
  }

  Context Soon(milliseconds timeout = seconds(5)) { return Context().WithTimeout(clock_, timeout); }

  ClientRequest To(const std::string& path) {
    ClientRequest request;
    request.url = "http://" + address_ + path;
    return request;
  }

  std::unique_ptr<Client> client_;
};

TEST_P(ClientTest, CarriesMethodTargetHeadersAndBody) {
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    ClientRequest request = To("/a%20b?x=%26&y=1");
    request.method = method;
    request.headers = {{"Authorization", "Bearer t"}};
    if (request.method != "GET") {
      request.headers.emplace_back("Content-Type", "application/json");
      request.body = "{\"a\":\"" + std::string(100'000, 'b') + "\"}";
    }
    const auto response = client_->Do(Soon(), request);
    ASSERT_TRUE(response) << method << ": " << response.error().ToString();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(FindHeader(response->headers, "x-method"), method);
    EXPECT_EQ(FindHeader(response->headers, "X-Target"), "/a%20b?x=%26&y=1");
    EXPECT_EQ(FindHeader(response->headers, "X-Token"), "Bearer t");
    EXPECT_EQ(FindHeader(response->headers, "X-Expect"), "");
    EXPECT_EQ(FindHeader(response->headers, "X-Type"),
              request.body.empty() ? "" : "application/json");
    EXPECT_TRUE(response->body == request.body);
  }
}

TEST_P(ClientTest, SendsNoContentTypeThatNobodyGave) {
  ClientRequest request = To("/");
  request.method = "POST";
  request.body = "x=y";
  const auto response = client_->Do(Soon(), request);
  ASSERT_TRUE(response);
  EXPECT_EQ(FindHeader(response->headers, "X-Type"), "");
}

TEST_P(ClientTest, SendsABinaryBodyUnchanged) {
  ClientRequest request = To("/");
  request.method = "PUT";
  for (int i = 0; i < 1000; ++i) request.body += static_cast<char>(i);
  const auto response = client_->Do(Soon(), request);
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body == request.body);
}

TEST_P(ClientTest, AnyStatusIsAReply) {
  const auto missing = client_->Do(Soon(), To("/missing"));
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(FindHeader(missing->headers, "X-Why"), "gone");
  EXPECT_EQ(missing->body, "nothing here");
  const auto empty = client_->Do(Soon(), To("/empty"));
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->status, 204);
  EXPECT_EQ(empty->body, "");
}

TEST_P(ClientTest, FollowsNoRedirect) {
  const auto response = client_->Do(Soon(), To("/redirect"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
}

TEST_P(ClientTest, ReadsChunkedReplies) {
  const auto response = client_->Do(Soon(), To("/chunks"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.size(), 200u);
}

TEST_P(ClientTest, ServesManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        ClientRequest request = To("/");
        request.method = i % 2 == 0 ? "POST" : "PUT";
        request.body = std::to_string(t) + "-" + std::to_string(i);
        const auto response = client_->Do(Soon(), request);
        ASSERT_TRUE(response) << response.error().ToString();
        EXPECT_EQ(response->body, request.body);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(ClientTest, ARefusedConnectionIsUnavailable) {
  ClientRequest request;
  request.url = UnusedUrl();
  const auto response = client_->Do(Soon(), request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_EQ(response.error().reason, "ConnectionRefused");
}

TEST_P(ClientTest, AnUnknownHostIsUnavailable) {
  ClientRequest request;
  request.url = "http://does-not-exist.invalid/";
  const auto response = client_->Do(Soon(seconds(20)), request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_EQ(response.error().reason, "ConnectionFailed");
}

TEST_P(ClientTest, NoAnswerInTimeIsTimeout) {
  const MonoTime begin = clock_.Now();
  const auto response = client_->Do(Soon(milliseconds(100)), To("/never"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kTimeout);
  EXPECT_GE(clock_.Now() - begin, milliseconds(100));
  EXPECT_LT(clock_.Now() - begin, seconds(2));
}

TEST_P(ClientTest, APassedDeadlineIsTimeoutAtOnce) {
  const auto response = client_->Do(Soon(milliseconds(-1)), To("/never"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kTimeout);
}

TEST_P(ClientTest, AStopRequestEndsTheCallWithin100Milliseconds) {
  std::stop_source stop;
  MonoTime stopped_at{};
  std::thread stopper([&] {
    std::this_thread::sleep_for(milliseconds(50));
    stopped_at = clock_.Now();
    stop.request_stop();
  });
  const auto response = client_->Do(Context(stop.get_token()), To("/never"));
  const MonoTime ended_at = clock_.Now();
  stopper.join();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kCancelled);
  EXPECT_LT(ended_at - stopped_at, milliseconds(100));
  const auto after = client_->Do(Context(stop.get_token()), To("/"));
  EXPECT_TRUE(after.is(Code::kCancelled));
}

TEST_P(ClientTest, AReplyBeyondTheLimitIsRefused) {
  ClientRequest request = To("/large");
  request.max_reply_bytes = 100'000;
  const auto response = client_->Do(Soon(), request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_EQ(response.error().reason, "ReplyTooLarge");
  request.max_reply_bytes = 1'000'000;
  EXPECT_TRUE(client_->Do(Soon(), request));
}

TEST_P(ClientTest, BrokenRepliesAreUnavailable) {
  for (const std::string reply :
       {"", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort"}) {
    const CannedServer server(reply);
    ClientRequest request;
    request.url = server.url();
    const auto response = client_->Do(Soon(), request);
    ASSERT_FALSE(response) << reply;
    EXPECT_EQ(response.error().code, Code::kUnavailable) << reply;
    EXPECT_EQ(response.error().reason, "BadReply") << response.error().ToString();
  }
}

TEST_P(ClientTest, APostIsSentOnce) {
  const CannedServer server("");  // takes the request and hangs up
  ASSERT_TRUE(client_->Do(Soon(), To("/")));
  ClientRequest request;
  request.method = "POST";
  request.url = server.url();
  EXPECT_FALSE(client_->Do(Soon(), request));
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(ClientTest, ErrorsDoNotShowTheQuery) {
  ClientRequest request;
  request.url = UnusedUrl() + "api/login?token=s3cret";
  const auto response = client_->Do(Soon(), request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message.find("s3cret"), std::string::npos);
}

TEST_P(ClientTest, RefusesUrlsAndHeadersThatMakeNoSense) {
  for (const char* url :
       {"", "x", "ftp://127.0.0.1/", "http://", "http://a b/", "http://h/\r\nX: y",
        "http://h:99999/", "http://user:pw@h/", "file:///etc/passwd"}) {
    ClientRequest request;
    request.url = url;
    const auto response = client_->Do(Soon(), request);
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().code, Code::kInvalid) << url;
  }
  ClientRequest request = To("/");
  request.headers = {{"X-A", "b\r\nX-B: c"}};
  EXPECT_TRUE(client_->Do(Soon(), request).is(Code::kInvalid));
}

INSTANTIATE_TEST_SUITE_P(
    Both, ClientTest,
    ::testing::Values(Maker{"Curl", [](const Clock& clock) { return MakeCurlClient(clock, {}); }},
                      Maker{"Rest", [](const Clock& clock) { return MakeRestClient(clock); }}),
    [](const auto& row) { return row.param.name; });

class CurlClientTest : public ServerTest {
 protected:
  Context Soon() { return Context().WithTimeout(clock_, seconds(5)); }
};

TEST_F(CurlClientTest, HandsAStreamOverAsItArrives) {
  std::promise<std::shared_ptr<Stream>> streams;
  StartServer([&](const auto&, const auto& responder) {
    streams.set_value(responder->StartStream(200, {}));
  });
  std::promise<std::string> first;
  std::string all;
  auto client = MakeCurlClient(clock_, {});
  std::thread reader([&] {
    const auto response = client->Stream(Soon(), {.url = "http://" + address_ + "/events"},
                                         [&](std::string_view bytes) {
                                           if (all.empty()) first.set_value(std::string(bytes));
                                           all += bytes;
                                           return true;
                                         });
    ASSERT_TRUE(response) << response.error().ToString();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "");
  });
  const auto stream = streams.get_future().get();
  stream->Write(std::make_shared<std::string>("one"));
  EXPECT_EQ(first.get_future().get(), "one");
  stream->Write(std::make_shared<std::string>("two"));
  stream->Close();
  reader.join();
  EXPECT_EQ(all, "onetwo");
}

TEST_F(CurlClientTest, TheReaderMayEndAStream) {
  std::promise<std::shared_ptr<Stream>> streams;
  StartServer([&](const auto&, const auto& responder) {
    auto stream = responder->StartStream(200, {});
    stream->Write(std::make_shared<std::string>("one"));
    streams.set_value(stream);
  });
  auto client = MakeCurlClient(clock_, {});
  const auto response = client->Stream(Soon(), {.url = "http://" + address_ + "/events"},
                                       [](std::string_view) { return false; });
  EXPECT_TRUE(response.is(Code::kCancelled));
  std::promise<void> closed;
  streams.get_future().get()->OnClosed([&] { closed.set_value(); });
  EXPECT_EQ(closed.get_future().wait_for(seconds(5)), std::future_status::ready);
}

TEST_F(CurlClientTest, AQuietStreamEndsWithin100MillisecondsOfAStopRequest) {
  std::promise<std::shared_ptr<Stream>> streams;
  StartServer([&](const auto&, const auto& responder) {
    streams.set_value(responder->StartStream(200, {}));
  });
  auto client = MakeCurlClient(clock_, {});
  std::stop_source stop;
  MonoTime stopped_at{};
  std::thread stopper([&] {
    const auto stream = streams.get_future().get();
    std::this_thread::sleep_for(milliseconds(30));
    stopped_at = clock_.Now();
    stop.request_stop();
  });
  const auto response =
      client->Stream(Context(stop.get_token()), {.url = "http://" + address_ + "/events"},
                     [](std::string_view) { return true; });
  const MonoTime ended_at = clock_.Now();
  stopper.join();
  EXPECT_TRUE(response.is(Code::kCancelled));
  EXPECT_LT(ended_at - stopped_at, milliseconds(100));
}

TEST_F(CurlClientTest, AnErrorToAStreamRequestIsReturnedWhole) {
  StartServer(Serve);
  const auto response =
      MakeCurlClient(clock_, {})
          ->Stream(Soon(), {.url = "http://" + address_ + "/missing"}, [](std::string_view) {
            ADD_FAILURE() << "an error is no data";
            return true;
          });
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "nothing here");
}

TEST_F(CurlClientTest, SpeaksOverUnixSockets) {
  const std::string path = ::testing::TempDir() + "neko-curl-" + std::to_string(::getpid());
  StartServer(Serve, {}, nullptr, "unix:" + path);
  CurlOptions options;
  options.unix_socket = path;
  auto client = MakeCurlClient(clock_, options);
  for (int i = 0; i < 3; ++i) {
    const auto response = client->Do(Soon(), {.url = "http://d/v1.41/_ping"});
    ASSERT_TRUE(response) << response.error().ToString();
    EXPECT_EQ(FindHeader(response->headers, "X-Target"), "/v1.41/_ping");
  }
  server_.reset();
  const auto missing = client->Do(Soon(), {.url = "http://d/_ping"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kUnavailable);
  EXPECT_NE(missing.error().message.find(path), std::string::npos);
}

TEST_F(CurlClientTest, ReplacesAKeptConnectionThatThePeerClosed) {
  ServerOptions options;
  options.deadlines.idle = milliseconds(50);
  StartServer(Serve, options);
  auto client = MakeCurlClient(clock_, {});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client->Do(Soon(), {.url = "http://" + address_ + "/"})) << i;
    std::this_thread::sleep_for(milliseconds(150));
  }
}

class CurlTlsTest : public CurlClientTest {
 protected:
  void SetUp() override {
    StartServer(
        [](const auto& request, const auto& responder) {
          responder->Send({200, {}, request->client_cert_cn});
        },
        {}, TestTls::Get().material());
    url_ = "https://" + address_ + "/";
  }

  CurlOptions Trusting() {
    CurlOptions options;
    options.ca_pem = TestTls::Get().ca.identity().certificate;
    return options;
  }

  void ExpectRefused(const CurlOptions& options, const std::string& url, const char* reason) {
    const auto response = MakeCurlClient(clock_, options)->Do(Soon(), {.url = url});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::kUnavailable);
    EXPECT_EQ(response.error().reason, reason) << response.error().ToString();
  }

  std::string url_;
};

TEST_F(CurlTlsTest, ShowsItsCertificateFromMemory) {
  const auto me = TestTls::Get().Client("me", {});
  CurlOptions options = Trusting();
  options.cert_pem = me.certificate;
  options.key_pem = me.key;
  const auto response = MakeCurlClient(clock_, options)->Do(Soon(), {.url = url_});
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->body, "me");
}

TEST_F(CurlTlsTest, TrustsNobodyElseThanTheGivenCa) {
  ExpectRefused({}, url_, "CertificateInvalid");
  SystemRandom random;
  CurlOptions other;
  other.ca_pem = auth::CertificateAuthority::Create("other", clock_.WallNow(), random)
                     .value()
                     .identity()
                     .certificate;
  ExpectRefused(other, url_, "CertificateInvalid");
}

TEST_F(CurlTlsTest, ChecksTheNameInTheCertificate) {
  const std::string port = address_.substr(address_.rfind(':'));
  EXPECT_TRUE(MakeCurlClient(clock_, Trusting())->Do(Soon(), {.url = "https://localhost" + port}));
  TestTls& tls = TestTls::Get();
  const auto other =
      tls.ca
          .IssueServer({{"other.example"}, {}}, clock_.WallNow(), std::chrono::hours(1), tls.random)
          .value();
  StartServer(Serve, {},
              std::make_shared<TlsMaterial>(TlsMaterial{other.certificate, other.key, ""}));
  ExpectRefused(Trusting(), "https://" + address_ + "/", "CertificateInvalid");
}

TEST_F(CurlTlsTest, ToldApartFromAnExpiredCertificateOfTheServer) {
  TestTls& tls = TestTls::Get();
  const auto old =
      tls.ca
          .IssueServer({{"localhost"}, {"127.0.0.1"}}, clock_.WallNow() - std::chrono::hours(48),
                       std::chrono::hours(1), tls.random)
          .value();
  StartServer(Serve, {}, std::make_shared<TlsMaterial>(TlsMaterial{old.certificate, old.key, ""}));
  ExpectRefused(Trusting(), "https://" + address_ + "/", "CertificateExpired");
}

TEST_F(CurlTlsTest, APeerThatSpeaksNoTlsFailsTheHandshake) {
  StartServer(Serve);
  ExpectRefused(Trusting(), "https://" + address_ + "/", "TlsHandshakeFailed");
}

TEST_F(CurlTlsTest, TellsThatTheServerRefusesOurCertificate) {
  SystemRandom random;
  const auto foreign =
      auth::CertificateAuthority::Create("other", clock_.WallNow(), random).value();
  const auto me =
      foreign.IssueClient("me", {}, clock_.WallNow(), std::chrono::hours(1), random).value();
  CurlOptions options = Trusting();
  options.cert_pem = me.certificate;
  options.key_pem = me.key;
  ExpectRefused(options, url_, "CertificateInvalid");
}

TEST_F(CurlTlsTest, SuspectsItsCertificateWhenTheServerHangsUpWithoutAWord) {
  const CannedServer server("", &TestTls::Get().server);
  ExpectRefused(Trusting(), server.url(), "BadReply");
  const auto me = TestTls::Get().Client("me", {});
  CurlOptions options = Trusting();
  options.cert_pem = me.certificate;
  options.key_pem = me.key;
  ExpectRefused(options, server.url(), "TlsHandshakeFailed");
}

struct Failure {
  CURLcode code;
  const char *text, *reason;
};

// The alert that says why can be lost when the server resets the connection at once.
TEST(CurlFailureTest, HangingUpOnOurCertificateIsSaidToBeThat) {
  for (const CURLcode code : {CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING}) {
    const auto refused = CurlFailure(code, {.showed_certificate = true}, "peer", "reset");
    EXPECT_EQ(refused.code, Code::kUnavailable);
    EXPECT_EQ(refused.reason, "TlsHandshakeFailed");
    EXPECT_NE(refused.message.find("certificate"), std::string::npos);
    EXPECT_NE(refused.message.find("reset"), std::string::npos);
    EXPECT_EQ(CurlFailure(code, {}, "peer", "reset").reason, "BadReply");
  }
  const auto known = CurlFailure(CURLE_RECV_ERROR, {.showed_certificate = true}, "peer",
                                 "OpenSSL SSL_read: error:0A000418:SSL routines::tlsv1 alert "
                                 "unknown ca, errno 0");
  EXPECT_EQ(known.reason, "CertificateInvalid");
  EXPECT_EQ(CurlFailure(CURLE_COULDNT_CONNECT, {.os_error = ECONNREFUSED}, "p", "").reason,
            "ConnectionRefused");
}

// OpenSSL's own words, as libcurl hands them on.
TEST(TlsReasonTest, IsReadFromWhatOpensslSays) {
  const Failure cases[] = {
      {CURLE_PEER_FAILED_VERIFICATION, "SSL certificate problem: certificate has expired",
       "CertificateExpired"},
      {CURLE_PEER_FAILED_VERIFICATION,
       "SSL: no alternative certificate subject name matches target host name '10.0.0.1'",
       "CertificateInvalid"},
      {CURLE_SSL_CERTPROBLEM, "could not load PEM client certificate", "CertificateInvalid"},
      {CURLE_SSL_CONNECT_ERROR, "error:0A00010B:SSL routines::wrong version number",
       "TlsHandshakeFailed"},
      {CURLE_SSL_CONNECT_ERROR, "error:0A000412:SSL routines::sslv3 alert bad certificate",
       "CertificateInvalid"},
      {CURLE_RECV_ERROR,
       "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0",
       "CertificateInvalid"},
      {CURLE_RECV_ERROR,
       "OpenSSL SSL_read: error:0A000415:SSL routines::sslv3 alert certificate expired, errno 0",
       "CertificateExpired"},
      {CURLE_RECV_ERROR,
       "OpenSSL SSL_read: error:0A000438:SSL routines::tlsv1 alert internal error, errno 0",
       "TlsHandshakeFailed"},
      {CURLE_RECV_ERROR, "Recv failure: Connection reset by peer", ""},
      {CURLE_COULDNT_CONNECT, "Failed to connect to certificate has expired port 1", ""}};
  for (const auto& c : cases) EXPECT_EQ(TlsReason(c.code, c.text), c.reason) << c.text;
}

}  // namespace
}  // namespace nekoplane::http
