// A real server on loopback with short deadlines and a handler that echoes what it understood.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/auth/certificate_authority.h"
#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/base/mutex.h"
#include "api/http/server.h"
#include "tests/unit/api/http/raw_client.h"

namespace nekoplane::http {

// Answers "METHOD PATH BODY-SIZE".
inline void Echo(const std::shared_ptr<const Request>& request,
                 const std::shared_ptr<Responder>& responder) {
  responder->Send(
      {200,
       {{"Content-Type", "text/plain"}},
       request->method + " " + request->path + " " + std::to_string(request->body.size())});
}

// For tests of deadlines; all others have time, however busy the machine is.
inline ServerOptions QuickOptions() {
  ServerOptions options;
  const auto quick = std::chrono::milliseconds(300);
  options.deadlines = {quick, quick, quick, quick, std::chrono::milliseconds(600), quick};
  return options;
}

// One CA and one server certificate for all tests of the process: keys take a while to make.
struct TestTls {
  SystemClock clock;
  SystemRandom random;
  auth::CertificateAuthority ca =
      auth::CertificateAuthority::Create("test-ca", clock.WallNow(), random).value();
  auth::Identity server = ca.IssueServer({{"localhost"}, {"127.0.0.1", "::1"}}, clock.WallNow(),
                                         std::chrono::hours(1), random)
                              .value();

  std::shared_ptr<const TlsMaterial> material() const {
    return std::make_shared<TlsMaterial>(
        TlsMaterial{server.certificate, server.key, ca.identity().certificate});
  }

  auth::Identity Client(const std::string& user, const std::vector<std::string>& groups) {
    return ca.IssueClient(user, groups, clock.WallNow(), std::chrono::hours(1), random).value();
  }

  RawTls Anonymous() const { return {ca.identity().certificate, "", ""}; }

  static TestTls& Get() {
    static TestTls* const tls = new TestTls;
    return *tls;
  }
};

class ServerTest : public ::testing::Test {
 protected:
  void StartServer(Handler handler, ServerOptions options = {},
                   std::shared_ptr<const TlsMaterial> tls = nullptr,
                   const std::string& address = "127.0.0.1:0") {
    auto started = Server::Start({{address, std::move(tls), std::move(handler)}},
                                 std::move(options), clock_, log_);
    ASSERT_TRUE(started) << started.error().ToString();
    server_ = std::move(*started);
    address_ = server_->address(0);
  }

  // The server still does its work.
  void ExpectServes() {
    RawClient client(address_);
    ASSERT_TRUE(client.Send("GET /still HTTP/1.1\r\nHost: x\r\n\r\n"));
    const auto response = client.ReceiveResponse();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "GET /still 0");
  }

  SystemClock clock_;
  NullLogger log_;
  std::string address_;
  std::unique_ptr<Server> server_;
};

}  // namespace nekoplane::http
