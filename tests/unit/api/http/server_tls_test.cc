#include <thread>

#include "tests/unit/api/http/server_fixture.h"

namespace nekoplane::http {
namespace {

constexpr char kGet[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

// Answers who the client certificate says it is: "cn|org,org,".
void WhoAmI(const std::shared_ptr<const Request>& request,
            const std::shared_ptr<Responder>& responder) {
  std::string who = request->client_cert_cn + "|";
  for (const std::string& org : request->client_cert_orgs) who += org + ",";
  responder->Send({200, {}, who});
}

class ServerTlsTest : public ServerTest {
 protected:
  void ExpectServesTls() {
    RawClient client(address_, TestTls::Get().Anonymous());
    ASSERT_TRUE(client.connected());
    client.Send(kGet);
    const auto response = client.ReceiveResponse();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
  }
};

TEST_F(ServerTlsTest, ServesClientsWithoutACertificate) {
  StartServer(WhoAmI, {}, TestTls::Get().material());
  RawClient client(address_, TestTls::Get().Anonymous());
  ASSERT_TRUE(client.connected());
  for (int i = 0; i < 2; ++i) {
    client.Send(kGet);
    EXPECT_EQ(client.ReceiveResponse()->body, "|");
  }
}

TEST_F(ServerTlsTest, KnowsClientsByTheirCertificate) {
  StartServer(WhoAmI, {}, TestTls::Get().material());
  const auto me = TestTls::Get().Client("j\xC3\xBCrgen", {"system:masters", "team-a"});
  RawClient client(address_, {TestTls::Get().ca.identity().certificate, me.certificate, me.key});
  ASSERT_TRUE(client.connected());
  client.Send(kGet);
  EXPECT_EQ(client.ReceiveResponse()->body, "j\xC3\xBCrgen|system:masters,team-a,");
}

TEST_F(ServerTlsTest, RefusesCertificatesOfAnotherAuthority) {
  StartServer(WhoAmI, {}, TestTls::Get().material());
  SystemRandom random;
  auto foreign = auth::CertificateAuthority::Create("test-ca", clock_.WallNow(), random).value();
  const auto me =
      foreign
          .IssueClient("admin", {"system:masters"}, clock_.WallNow(), std::chrono::hours(1), random)
          .value();
  RawClient client(address_, {TestTls::Get().ca.identity().certificate, me.certificate, me.key});
  client.Send(kGet);
  EXPECT_FALSE(client.ReceiveResponse());
  ExpectServesTls();
}

TEST_F(ServerTlsTest, TellsPlainHttpClientsToUseHttps) {
  StartServer(WhoAmI, {}, TestTls::Get().material());
  RawClient client(address_);
  client.Send(kGet);
  const auto response = client.ReceiveResponse();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 400);
  EXPECT_NE(response->body.find("https://"), std::string::npos);
  EXPECT_TRUE(client.ClosedByPeer());
  ExpectServesTls();
}

TEST_F(ServerTlsTest, ClosesBrokenAndHalfHandshakes) {
  StartServer(WhoAmI, QuickOptions(), TestTls::Get().material());
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  RawClient silent(address_), half(address_), garbage(address_), gone(address_);
  half.Send(hello);
  garbage.Send(std::string(5000, '\x80'));
  gone.Send(hello);
  gone.Reset();
  EXPECT_TRUE(silent.ClosedByPeer());
  EXPECT_TRUE(half.ClosedByPeer());
  EXPECT_TRUE(garbage.ReceiveAll());  // an alert may come first
  ExpectServesTls();
}

TEST_F(ServerTlsTest, LargeBodiesPassBothWays) {
  StartServer(
      [](const auto& request, const auto& responder) {
        responder->Send({200, {}, request->body});
      },
      {}, TestTls::Get().material());
  RawClient client(address_, TestTls::Get().Anonymous());
  std::string body;
  for (int i = 0; body.size() < 2'000'000; ++i) body += std::to_string(i) + ",";
  client.Send("PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n");
  std::thread sender([&] { client.Send(body); });
  sender.join();
  const auto response = client.ReceiveResponse();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body == body);
}

TEST_F(ServerTlsTest, TellsClientsBeyondTheLimit) {
  ServerOptions options;
  options.max_connections = 1;
  StartServer(WhoAmI, options, TestTls::Get().material());
  RawClient first(address_, TestTls::Get().Anonymous());
  first.Send(kGet);
  ASSERT_EQ(first.ReceiveResponse()->status, 200);
  RawClient second(address_, TestTls::Get().Anonymous());
  EXPECT_EQ(second.ReceiveResponse()->status, 503);
}

struct BadMaterial {
  const char* name;
  TlsMaterial (*make)(const TlsMaterial&);
};

class BadTlsMaterialTest : public ServerTest, public ::testing::WithParamInterface<BadMaterial> {};

TEST_P(BadTlsMaterialTest, IsRefusedAtStart) {
  auto material = std::make_shared<TlsMaterial>(GetParam().make(*TestTls::Get().material()));
  const auto started = Server::Start({{"127.0.0.1:0", material, Echo}}, {}, clock_, log_);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::kInvalid);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadTlsMaterialTest,
    ::testing::Values(
        BadMaterial{"Empty", [](const TlsMaterial&) { return TlsMaterial{}; }},
        BadMaterial{"NoCertificate",
                    [](const TlsMaterial& good) {
                      return TlsMaterial{"not PEM", good.private_key, ""};
                    }},
        BadMaterial{"NoKey",
                    [](const TlsMaterial& good) {
                      return TlsMaterial{good.certificate_chain, "not PEM", ""};
                    }},
        BadMaterial{
            "OtherKey",
            [](const TlsMaterial& good) {
              return TlsMaterial{good.certificate_chain, TestTls::Get().Client("x", {}).key, ""};
            }},
        BadMaterial{"NoCa",
                    [](const TlsMaterial& good) {
                      return TlsMaterial{good.certificate_chain, good.private_key, "not PEM"};
                    }}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::http
