// What a node's endpoint and Secret become, up to a server that wants our certificate.
#include "controller/runtime/docker/docker_connector.h"

#include <gtest/gtest.h>

#include "api/auth/certificate_authority.h"
#include "api/http/server.h"
#include "controller/runtime/docker/tls_files.h"
#include "tests/support/builders.h"

namespace nekoplane::runtime {
namespace {

using std::chrono::hours;

// One authority and what it signs, for all tests: keys take a while to make.
struct Papers {
  SystemClock clock;
  SystemRandom random;
  WallTime now = clock.WallNow();
  auth::CertificateAuthority ca = auth::CertificateAuthority::Create("ca", now, random).value();
  auth::CertificateAuthority other = auth::CertificateAuthority::Create("x", now, random).value();
  auth::Identity server = ca.IssueServer({{}, {"127.0.0.1"}}, now, hours(1), random).value();
  auth::Identity client = ca.IssueClient("np", {}, now, hours(1), random).value();
  auth::Identity foreign = other.IssueClient("np", {}, now, hours(1), random).value();
  auth::Identity expired = ca.IssueClient("np", {}, now - hours(48), hours(1), random).value();

  SecretData Secret() const {
    return {{"ca.crt", ca.identity().certificate},
            {"tls.crt", client.certificate},
            {"tls.key", client.key}};
  }

  static Papers& Get() {
    static auto* const papers = new Papers;
    return *papers;
  }
};

struct BadSecret {
  const char* name;
  void (*spoil)(SecretData& secret);
  const char *reason, *message;
};

class TlsFilesTest : public ::testing::TestWithParam<BadSecret> {};

TEST_P(TlsFilesTest, SayWhatIsWrongWithoutShowingIt) {
  Papers& papers = Papers::Get();
  SecretData secret = papers.Secret();
  GetParam().spoil(secret);
  const auto files = docker::ReadTlsFiles(secret, "keys", papers.clock.WallNow());
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().reason, GetParam().reason);
  EXPECT_NE(files.error().message.find(GetParam().message), std::string::npos)
      << files.error().message;
  EXPECT_NE(files.error().message.find("Secret keys"), std::string::npos);
  EXPECT_EQ(files.error().message.find("BEGIN"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, TlsFilesTest,
    ::testing::Values(
        BadSecret{"Empty", [](SecretData& s) { s.clear(); }, "SecretIncomplete", "no ca.crt"},
        BadSecret{"NoKey", [](SecretData& s) { s.erase("tls.key"); }, "SecretIncomplete",
                  "no tls.key"},
        BadSecret{"EmptyValue", [](SecretData& s) { s["tls.crt"] = ""; }, "SecretIncomplete",
                  "no tls.crt"},
        BadSecret{"NoCertificate", [](SecretData& s) { s["tls.crt"] = "hello"; },
                  "CertificateInvalid", "tls.crt in"},
        BadSecret{"BadAuthority",
                  [](SecretData& s) { s["ca.crt"] = "-----BEGIN CERTIFICATE-----"; },
                  "CertificateInvalid", "ca.crt in"},
        BadSecret{"KeyOfAnother", [](SecretData& s) { s["tls.key"] = Papers::Get().server.key; },
                  "CertificateInvalid", "is not the key of its tls.crt"},
        BadSecret{"NoKeyAtAll", [](SecretData& s) { s["tls.key"] = "sesame"; },
                  "CertificateInvalid", "is not the key of its tls.crt"},
        BadSecret{"Expired",
                  [](SecretData& s) {
                    s["tls.crt"] = Papers::Get().expired.certificate;
                    s["tls.key"] = Papers::Get().expired.key;
                  },
                  "CertificateExpired", "expired on 20"}),
    [](const auto& row) { return row.param.name; });

TEST(TlsFilesTest, ACertificateOfTomorrowIsNotValidYet) {
  Papers& papers = Papers::Get();
  const auto files = docker::ReadTlsFiles(papers.Secret(), "keys", papers.now - hours(24 * 30));
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().reason, "CertificateInvalid");
  EXPECT_NE(files.error().message.find("not valid before"), std::string::npos);
}

// A server that answers pings, and knows who asks by the certificate.
class DockerConnectorTest : public ::testing::Test {
 protected:
  void StartEngine(const auth::Identity& identity, const std::string& client_ca) {
    auto started = http::Server::Start(
        {{"127.0.0.1:0",
          std::make_shared<http::TlsMaterial>(
              http::TlsMaterial{identity.certificate, identity.key, client_ca}),
          [](const auto& request, const auto& responder) {
            if (request->client_cert_cn.empty()) return responder->Send({403, {}, "who are you"});
            responder->Send({200, {{"Api-Version", "1.41"}}, R"({"MemTotal":1,"NCPU":2})"});
          }}},
        {}, papers_.clock, log_);
    ASSERT_TRUE(started) << started.error().ToString();
    server_ = *std::move(started);
  }

  v1alpha1::BrowserNode Node() {
    auto node = testing::MakeNode("w");
    node.spec.docker = v1alpha1::DockerEndpoint{.endpoint = "tcp://" + server_->address(0),
                                                .tls = v1alpha1::NodeTls{.secretRef = {"keys"}}};
    return node;
  }

  // Why an engine with this node and Secret does not answer; "" if it does.
  std::string ReasonOf(const v1alpha1::BrowserNode& node, const SecretData& secret) {
    const auto driver = connector_.Connect(node, secret);
    if (!driver) return driver.error().reason;
    const auto ctx = Context().WithTimeout(papers_.clock, std::chrono::seconds(10));
    const auto id = (*driver)->ListVolumes(ctx);
    return id ? "" : id.error().reason;
  }

  Papers& papers_ = Papers::Get();
  NullLogger log_;
  std::unique_ptr<http::Client> probe_ = http::MakeRestClient(papers_.clock);
  DockerConnector connector_{{papers_.clock, *probe_, log_},
                             {.installation = "mine", .socket_folder = "/nowhere"}};
  std::unique_ptr<http::Server> server_;
};

TEST_F(DockerConnectorTest, BothSidesProveWhoTheyAre) {
  StartEngine(papers_.server, papers_.ca.identity().certificate);
  EXPECT_EQ(ReasonOf(Node(), papers_.Secret()), "BadReply") << "it answered, if not as an engine";
}

TEST_F(DockerConnectorTest, AnEngineOfAnotherAuthorityIsNotTalkedTo) {
  const auto theirs =
      papers_.other.IssueServer({{}, {"127.0.0.1"}}, papers_.now, hours(1), papers_.random).value();
  StartEngine(theirs, papers_.ca.identity().certificate);
  EXPECT_EQ(ReasonOf(Node(), papers_.Secret()), "CertificateInvalid");
}

TEST_F(DockerConnectorTest, AnEngineOfAnotherNameIsNotTalkedTo) {
  const auto elsewhere =
      papers_.ca.IssueServer({{"elsewhere"}, {}}, papers_.now, hours(1), papers_.random).value();
  StartEngine(elsewhere, papers_.ca.identity().certificate);
  EXPECT_EQ(ReasonOf(Node(), papers_.Secret()), "CertificateInvalid");
}

TEST_F(DockerConnectorTest, AnEngineThatDoesNotKnowUsRefuses) {
  StartEngine(papers_.server, papers_.other.identity().certificate);
  EXPECT_EQ(ReasonOf(Node(), papers_.Secret()), "CertificateInvalid");
}

TEST_F(DockerConnectorTest, WhatCannotWorkIsRefusedBeforeAnythingIsSent) {
  auto node = testing::MakeNode("w");
  const auto reason = [&](const std::string& endpoint, bool tls) {
    node.spec.docker->endpoint = endpoint;
    node.spec.docker->tls.reset();
    if (tls) node.spec.docker->tls = v1alpha1::NodeTls{.secretRef = {"keys"}};
    const auto driver = connector_.Connect(node, {});
    return driver ? "" : driver.error().reason;
  };
  EXPECT_EQ(reason("tcp://192.0.2.1:2376", false), "");
  EXPECT_EQ(reason("tcp://192.0.2.1:2376", true), "SecretIncomplete");
  EXPECT_EQ(reason("tcp://192.0.2.1", false), "InvalidEndpoint");
  EXPECT_EQ(reason("unix:///s", true), "InvalidEndpoint");
  EXPECT_EQ(reason("ssh://pi", true), "InvalidEndpoint");
}

TEST_F(DockerConnectorTest, ASocketForSshMustHaveAPlace) {
  auto node = testing::MakeNode("w");
  node.spec.docker->endpoint = "ssh://pi";
  for (const std::string& folder : {"/" + std::string(100, 'x'), std::string("/a:b")}) {
    DockerConnector connector({papers_.clock, *probe_, log_},
                              {.installation = "mine", .socket_folder = folder});
    const auto driver = connector.Connect(node, {});
    ASSERT_FALSE(driver);
    EXPECT_EQ(driver.error().reason, "InvalidEndpoint");
  }
}

}  // namespace
}  // namespace nekoplane::runtime
