#include "api/http/server.h"

#include <unistd.h>

#include <future>
#include <thread>

#include "tests/unit/api/http/server_fixture.h"

namespace nekoplane::http {
namespace {

using std::chrono::milliseconds;

constexpr char kGet[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(ServerTest, AnswersWithTheStandardHeaders) {
  StartServer(Echo);
  RawClient client(address_);
  client.Send(kGet);
  const auto response = client.ReceiveResponse();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->head.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << response->head;
  EXPECT_NE(response->head.find("Content-Type: text/plain\r\n"), std::string::npos);
  EXPECT_NE(response->head.find("Content-Length: 8\r\n"), std::string::npos);
  EXPECT_EQ(response->body, "GET /a 0");
}

TEST_F(ServerTest, HandsTheWholeRequestToTheHandler) {
  std::promise<Request> seen;
  StartServer([&](const auto& request, const auto& responder) {
    seen.set_value(*request);
    responder->Send({204, {}, ""});
  });
  RawClient client(address_);
  client.Send(
      "POST /caf%C3%A9/b?labelSelector=a%3Db&watch&x=1+2 HTTP/1.1\r\nHost: x\r\n"
      "X-Two: a\r\nx-two: b\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(client.ReceiveResponse()->status, 204);
  const Request request = seen.get_future().get();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/caf\xC3\xA9/b");
  EXPECT_EQ(request.target, "/caf%C3%A9/b?labelSelector=a%3Db&watch&x=1+2");
  EXPECT_EQ(*request.param("labelSelector"), "a=b");
  EXPECT_EQ(*request.param("watch"), "");
  EXPECT_EQ(*request.param("x"), "1 2");
  EXPECT_EQ(request.param("y"), nullptr);
  EXPECT_EQ(request.header("X-TWO"), "a");
  EXPECT_EQ(request.body, "hello");
  EXPECT_TRUE(request.remote_is_loopback);
  EXPECT_TRUE(request.remote_address.starts_with("127.0.0.1:")) << request.remote_address;
  EXPECT_EQ(request.client_cert_cn, "");
}

TEST_F(ServerTest, KeepsTheConnectionForFurtherRequests) {
  StartServer(Echo);
  RawClient client(address_);
  for (int i = 0; i < 3; ++i) {
    client.Send(kGet);
    ASSERT_EQ(client.ReceiveResponse()->body, "GET /a 0");
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  StartServer(Echo);
  RawClient client(address_);
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests +=
        "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  }
  client.Send(requests);
  for (int i = 0; i < 50; ++i) {
    const auto response = client.ReceiveResponse();
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(response->body, "POST /" + std::to_string(i) + " 3");
  }
}

TEST_F(ServerTest, HeadHasLengthButNoBody) {
  StartServer(Echo);
  RawClient client(address_);
  client.Send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto head = client.ReceiveResponse(/*head_only=*/true);
  ASSERT_TRUE(head);
  EXPECT_NE(head->head.find("Content-Length: 9\r\n"), std::string::npos) << head->head;
  client.Send(kGet);
  EXPECT_EQ(client.ReceiveResponse()->body, "GET /a 0");  // still in step
}

TEST_F(ServerTest, TellsTheClientToContinue) {
  StartServer(Echo);
  RawClient client(address_);
  client.Send("PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.ReceiveResponse()->status, 100);
  client.Send("abc");
  EXPECT_EQ(client.ReceiveResponse()->body, "PUT /a 3");
}

TEST_F(ServerTest, RefusesALargeBodyBeforeItIsSent) {
  StartServer(Echo);
  RawClient client(address_);
  client.Send(
      "PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n");
  EXPECT_EQ(client.ReceiveResponse()->status, 413);
  EXPECT_TRUE(client.ClosedByPeer());
}

TEST_F(ServerTest, TheAnswerToABodyThatIsTooLargeSurvivesTheClientThatKeepsSending) {
  StartServer(Echo);
  RawClient client(address_);
  client.Send("PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (int i = 0; i < 100 && client.Send(chunk); ++i) {
  }
  const auto response = client.ReceiveResponse();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
}

TEST_F(ServerTest, Http10ClosesUnlessAskedNotTo) {
  StartServer(Echo);
  RawClient closing(address_);
  closing.Send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closing.ReceiveResponse()->body, "GET /a 0");
  EXPECT_TRUE(closing.ClosedByPeer());
  RawClient keeping(address_);
  for (int i = 0; i < 2; ++i) {
    keeping.Send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto response = keeping.ReceiveResponse();
    ASSERT_TRUE(response);
    EXPECT_NE(response->head.find("Connection: keep-alive\r\n"), std::string::npos);
  }
}

TEST_F(ServerTest, ClosesWhenTheClientAsksFor) {
  StartServer(Echo);
  RawClient client(address_);
  client.Send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close, TE\r\n\r\n");
  const auto response = client.ReceiveResponse();
  ASSERT_TRUE(response);
  EXPECT_NE(response->head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.ClosedByPeer());
}

TEST_F(ServerTest, AnswersAClientThatHasFinishedSending) {
  StartServer(Echo);
  RawClient client(address_);
  client.Send(kGet);
  client.ShutdownSend();
  EXPECT_EQ(client.ReceiveResponse()->body, "GET /a 0");
  EXPECT_TRUE(client.ClosedByPeer());
}

TEST_F(ServerTest, LargeResponsesArriveWhole) {
  std::string body;
  for (int i = 0; body.size() < 20'000'000; ++i) body += std::to_string(i) + " ";
  StartServer([&](const auto&, const auto& responder) { responder->Send({200, {}, body}); });
  RawClient client(address_);
  client.Send(kGet);
  const auto response = client.ReceiveResponse();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body == body);
}

TEST_F(ServerTest, TheAnswerMayComeLaterAndFromAnotherThread) {
  std::promise<std::shared_ptr<Responder>> handed_over;
  StartServer([&](const auto&, const auto& responder) { handed_over.set_value(responder); });
  RawClient client(address_);
  client.Send(kGet);
  handed_over.get_future().get()->Send({200, {}, "later"});
  EXPECT_EQ(client.ReceiveResponse()->body, "later");
}

TEST_F(ServerTest, OnlyTheFirstAnswerCounts) {
  StartServer([](const auto&, const auto& responder) {
    responder->Send({200, {}, "first"});
    responder->Send({500, {}, "second"});
    EXPECT_FALSE(responder->StartStream(200, {})->Write(std::make_shared<std::string>("x")));
  });
  RawClient client(address_);
  client.Send(std::string(kGet) + kGet);
  EXPECT_EQ(client.ReceiveResponse()->body, "first");
  EXPECT_EQ(client.ReceiveResponse()->body, "first");
}

TEST_F(ServerTest, AForgottenAnswerIs500) {
  StartServer([](const auto&, const auto&) {});
  RawClient client(address_);
  client.Send(kGet);
  EXPECT_EQ(client.ReceiveResponse()->status, 500);
}

TEST_F(ServerTest, AThrowingHandlerIs500AndNothingElse) {
  StartServer([](const auto& request, const auto& responder) {
    if (request->path == "/throw") throw std::runtime_error("oops");
    Echo(request, responder);
  });
  RawClient client(address_);
  client.Send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ReceiveResponse()->status, 500);
  ExpectServes();
}

TEST_F(ServerTest, HeadersCannotBeSplitByTheirValues) {
  StartServer([](const auto&, const auto& responder) {
    responder->Send({200, {{"Location", "/a\r\nSet-Cookie: x"}, {"content-length", "1"}}, "body"});
  });
  RawClient client(address_);
  client.Send(kGet);
  const auto response = client.ReceiveResponse();
  ASSERT_TRUE(response);
  EXPECT_NE(response->head.find("Location: /a  Set-Cookie: x\r\n"), std::string::npos);
  EXPECT_EQ(response->body, "body");
}

TEST_F(ServerTest, ReportsEachRequestWithItsOutcome) {
  struct Row {
    std::string path;
    int status;
    std::size_t bytes;
  };

  Mutex mu;
  std::vector<Row> rows;
  ServerOptions options;
  options.on_request = [&](const Request& request, int status, Duration took, std::size_t bytes) {
    EXPECT_LT(took, std::chrono::seconds(5));
    MutexLock lock(mu);
    rows.push_back({request.path, status, bytes});
  };
  StartServer(Echo, options);
  RawClient(address_).Send("GET /a HTTP/1.1\r\n\r\n");
  RawClient client(address_);
  client.Send(kGet);
  client.ReceiveResponse();
  server_->Stop(std::chrono::seconds(1));
  MutexLock lock(mu);
  ASSERT_EQ(rows.size(), 2u);
  const std::size_t good = rows[0].status == 200 ? 0 : 1;
  EXPECT_EQ(rows[good].path, "/a");
  EXPECT_GT(rows[good].bytes, 100u);
  EXPECT_EQ(rows[1 - good].status, 400);
}

TEST_F(ServerTest, ListensOnIpv6AndOnUnixSockets) {
  for (const std::string& address :
       {std::string("[::1]:0"),
        "unix:" + ::testing::TempDir() + "neko-http-" + std::to_string(::getpid()) + ".sock"}) {
    StartServer(Echo, {}, nullptr, address);
    ExpectServes();
    server_.reset();
  }
}

TEST_F(ServerTest, ReplacesAUnixSocketThatNobodyServesAnyMore) {
  const std::string path = ::testing::TempDir() + "neko-stale-" + std::to_string(::getpid());
  StartServer(Echo, {}, nullptr, "unix:" + path);
  const auto taken = Server::Start({{"unix:" + path, nullptr, Echo}}, {}, clock_, log_);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().reason, "AddressInUse");
  ASSERT_EQ(::link(path.c_str(), (path + ".kept").c_str()), 0);
  server_.reset();  // removes the name, but not the second one
  ASSERT_EQ(::rename((path + ".kept").c_str(), path.c_str()), 0);
  StartServer(Echo, {}, nullptr, "unix:" + path);
  ExpectServes();
}

TEST_F(ServerTest, BindsAllListenersOrNone) {
  StartServer(Echo);
  auto second =
      Server::Start({{"127.0.0.1:0", nullptr, Echo}, {address_, nullptr, Echo}}, {}, clock_, log_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_EQ(second.error().reason, "AddressInUse");
  EXPECT_NE(second.error().message.find(address_), std::string::npos);
}

TEST_F(ServerTest, TellsClientsBeyondTheLimit) {
  ServerOptions options;
  options.max_connections = 2;
  StartServer(Echo, options);
  RawClient first(address_), second(address_);
  for (RawClient* client : {&first, &second}) {
    client->Send(kGet);
    ASSERT_EQ(client->ReceiveResponse()->status, 200);
  }
  RawClient third(address_);
  EXPECT_EQ(third.ReceiveResponse()->status, 503);
}

TEST_F(ServerTest, StopLetsARequestInFlightFinish) {
  std::promise<std::shared_ptr<Responder>> handed_over;
  StartServer([&](const auto&, const auto& responder) { handed_over.set_value(responder); });
  RawClient busy(address_), idle(address_);
  busy.Send(kGet);
  auto responder = handed_over.get_future().get();
  std::thread answer([&] {
    std::this_thread::sleep_for(milliseconds(50));
    responder->Send({200, {}, "done"});
  });
  const auto begin = std::chrono::steady_clock::now();
  server_->Stop(std::chrono::seconds(5));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  const auto response = busy.ReceiveResponse();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "done");
  EXPECT_NE(response->head.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(idle.ClosedByPeer());
  answer.join();
  server_->Stop(std::chrono::seconds(5));  // again does nothing
}

TEST_F(ServerTest, StopEndsAfterTheGraceTime) {
  std::promise<std::shared_ptr<Responder>> handed_over;
  StartServer([&](const auto&, const auto& responder) { handed_over.set_value(responder); });
  RawClient client(address_);
  client.Send(kGet);
  const auto responder = handed_over.get_future().get();
  server_->Stop(milliseconds(50));
  EXPECT_TRUE(client.ClosedByPeer());
  server_.reset();
  responder->Send({200, {}, "too late"});  // outlives the server: no harm
}

}  // namespace
}  // namespace nekoplane::http
