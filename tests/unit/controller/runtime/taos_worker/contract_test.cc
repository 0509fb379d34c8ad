// The recorded contract with taOS's browser-worker: every request as taOS sends it and every answer
// as the worker gives it, word for word.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "controller/runtime/taos_worker/worker_api.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::runtime::taos {
namespace {

constexpr char kId[] = "7d3b1a520c7e4a399f10000000000001";

// Plays one recorded answer and keeps the request.
class Recorded final : public http::Client {
 public:
  Result<http::ClientResponse> Do(const Context& ctx, const http::ClientRequest& request) override {
    asked = request;
    deadline = ctx.deadline();
    return http::ClientResponse{.status = status, .headers = {}, .body = body};
  }

  Result<http::ClientResponse> Stream(const Context&, const http::ClientRequest&,
                                      const std::function<bool(std::string_view)>&) override {
    return MakeStatus(Code::kInvalid, "StreamsNotSupported", "");
  }

  int status = 200;
  std::string body;
  http::ClientRequest asked;
  MonoTime deadline{};
};

class ContractTest : public ::testing::Test {
 protected:
  WorkerApi Api(const std::string& token = "") {
    return WorkerApi(client_, clock_,
                     {.url = "http://192.168.1.9:7080/",
                      .token = [token]() -> Result<std::string> { return token; }});
  }

  testing::FakeClock clock_;
  Recorded client_;
};

TEST_F(ContractTest, StartAsTaosSendsItAndAsTheWorkerAnswersIt) {
  client_.body =
      R"({"container_id":"3f2a9c0d","neko_url":"http://192.168.1.9:8801/?usr=neko&pwd=Zx8-_w%3D",)"
      R"("cdp_url":null,"http_port":8801,"epr_lo":59010,"epr_hi":59019,)"
      R"("image":"ghcr.io/m1k1o/neko/chromium:latest","encode":"software"})";
  const auto reply = Api("t0ken").Start({}, {kId, std::string("taos-browser-") + kId, true});
  EXPECT_EQ(client_.asked.method, "POST");
  EXPECT_EQ(client_.asked.url, "http://192.168.1.9:7080/worker/browser/start");
  EXPECT_EQ(client_.asked.body,
            R"({"session_id":"7d3b1a520c7e4a399f10000000000001",)"
            R"("profile_volume":"taos-browser-7d3b1a520c7e4a399f10000000000001","mobile":true})");
  EXPECT_EQ(http::FindHeader(client_.asked.headers, "Authorization"), "Bearer t0ken");
  EXPECT_EQ(http::FindHeader(client_.asked.headers, "Content-Type"), "application/json");
  EXPECT_EQ(client_.deadline, clock_.Now() + std::chrono::minutes(30));
  ASSERT_TRUE(reply) << reply.error().ToString();
  EXPECT_EQ(reply->container_id, "3f2a9c0d");
  EXPECT_EQ(reply->host, "192.168.1.9");
  EXPECT_EQ(reply->http_port, 8801);
  EXPECT_EQ(reply->media_port, 59010);
  EXPECT_EQ(reply->user_password, "Zx8-_w=");
  EXPECT_EQ(reply->image, "ghcr.io/m1k1o/neko/chromium:latest");
}

TEST_F(ContractTest, OlderWorkersTellNeitherPortNorImage) {
  client_.body =
      R"({"container_id":"3f2a9c0d","neko_url":"http://10.0.0.2:8800/?usr=neko&pwd=x","cdp_url":null})";
  const auto reply = Api().Start({}, {kId, "v", false});
  ASSERT_TRUE(reply) << reply.error().ToString();
  EXPECT_EQ(reply->http_port, 8800);
  EXPECT_EQ(reply->media_port, 0);
  EXPECT_EQ(http::FindHeader(client_.asked.headers, "Authorization"), "");
}

TEST_F(ContractTest, StopAlwaysCarriesThePort) {
  client_.body = R"({"ok":true})";
  EXPECT_TRUE(Api().Stop({}, "3f2a9c0d", 8801));
  EXPECT_EQ(client_.asked.method, "POST");
  EXPECT_EQ(client_.asked.url, "http://192.168.1.9:7080/worker/browser/stop");
  EXPECT_EQ(client_.asked.body, R"({"container_id":"3f2a9c0d","http_port":8801})");
  EXPECT_EQ(client_.deadline, clock_.Now() + std::chrono::seconds(30));
  EXPECT_TRUE(Api().Stop({}, "taos-neko-1", std::nullopt));
  EXPECT_EQ(client_.asked.body, R"({"container_id":"taos-neko-1","http_port":null})");
}

struct AnswerRow {
  const char* name;
  int status;
  const char* body;
  Code code;
  const char* reason;
  const char* says;  // part of the message
};

class StartAnswers : public ContractTest, public ::testing::WithParamInterface<AnswerRow> {};

TEST_P(StartAnswers, MeansWhatTheTableSays) {
  client_.status = GetParam().status;
  client_.body = GetParam().body;
  const auto reply = Api().Start({}, {kId, "v", false});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, GetParam().code) << reply.error().ToString();
  EXPECT_EQ(reply.error().reason, GetParam().reason);
  EXPECT_NE(reply.error().message.find(GetParam().says), std::string::npos)
      << reply.error().message;
  EXPECT_EQ(reply.error().message.find("hunter2"), std::string::npos) << "a password";
}

INSTANTIATE_TEST_SUITE_P(
    B1, StartAnswers,
    ::testing::Values(
        AnswerRow{"Token", 401, R"({"detail":"Unauthorized"})", Code::kForbidden, "TokenRefused",
                  "tokenSecretRef"},
        AnswerRow{"Taken", 500,
                  R"({"error":"docker run failed (rc=125): docker: Error response from daemon: )"
                  R"(Conflict. The container name \"/taos-neko-1\" is already in use by )"
                  R"(container \"3f\". You have to remove it."})",
                  Code::kConflict, "NameInUse", "already in use"},
        AnswerRow{"Pull", 500, R"({"error":"docker pull ghcr.io/x:latest failed: denied"})",
                  Code::kInvalid, "StartFailed", "docker pull ghcr.io/x:latest failed: denied"},
        AnswerRow{"Run", 500, R"({"error":"docker run failed (rc=127): no docker"})",
                  Code::kInvalid, "StartFailed", "rc=127"},
        AnswerRow{"Secret", 500,
                  R"({"error":"run -e NEKO_MEMBER_MULTIUSER_USER_PASSWORD=hunter2 failed"})",
                  Code::kInvalid, "StartFailed", "..."},
        AnswerRow{"Plain", 500, "Internal Server Error", Code::kUnavailable, "WorkerError",
                  "Internal Server Error"},
        AnswerRow{"Detail", 500, R"({"detail":"Internal Server Error"})", Code::kUnavailable,
                  "WorkerError", "Internal Server Error"},
        AnswerRow{"PlainTaken", 500, "already in use", Code::kUnavailable, "WorkerError",
                  "already in use"},
        AnswerRow{"Model", 422,
                  R"({"detail":[{"loc":["body","session_id"],"msg":"Field required"}]})",
                  Code::kInvalid, "StartFailed", "Field required"},
        AnswerRow{"Proxy", 502, "<html>bad gateway</html>", Code::kUnavailable, "WorkerError",
                  "502"},
        AnswerRow{"NotJson", 200, "ok", Code::kUnavailable, "BadReply", "no JSON object"},
        AnswerRow{"NoContainer", 200, R"({"neko_url":"http://h:1/?pwd=x"})", Code::kUnavailable,
                  "BadReply", "container_id"},
        AnswerRow{"NoUrl", 200, R"({"container_id":"c"})", Code::kUnavailable, "BadReply",
                  "neko_url"},
        AnswerRow{"NoPassword", 200, R"({"container_id":"c","neko_url":"http://h:1/?usr=neko"})",
                  Code::kUnavailable, "BadReply", "password"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(ContractTest, StopThatIsRefusedIsNoStop) {
  client_.status = 401;
  EXPECT_TRUE(Api().Stop({}, "c", 8800).is(Code::kForbidden));
  client_.status = 500;
  EXPECT_TRUE(Api().Stop({}, "c", 8800).is(Code::kUnavailable));
}

TEST_F(ContractTest, HealthIsNekosOwn) {
  client_.body = "true\n";
  EXPECT_TRUE(Api().Health({}, "192.168.1.9", 8801));
  EXPECT_EQ(client_.asked.url, "http://192.168.1.9:8801/health");
  client_.body = "<html>";
  EXPECT_TRUE(Api().Health({}, "192.168.1.9", 8801).is(Code::kUnavailable));
  client_.status = 503;
  client_.body = "true";
  EXPECT_TRUE(Api().Health({}, "192.168.1.9", 8801).is(Code::kUnavailable));
}

TEST_F(ContractTest, AnythingButItsOwnDocumentIsNoWorker) {
  EXPECT_TRUE(Api().Reach({}));
  EXPECT_EQ(client_.asked.method, "GET");
  EXPECT_EQ(client_.asked.url, "http://192.168.1.9:7080/openapi.json");
  client_.status = 404;
  EXPECT_TRUE(Api().Reach({}).is(Code::kUnavailable));
}

TEST_F(ContractTest, NoTokenWhereOneIsWantedIsNoCall) {
  WorkerApi api(client_, clock_, {.url = "http://h:1", .token = []() -> Result<std::string> {
                                    return MakeStatus(Code::kUnavailable, "SecretNotFound",
                                                      "no Secret w1-token");
                                  }});
  EXPECT_EQ(api.Start({}, {kId, "v", false}).error().reason, "SecretNotFound");
  EXPECT_EQ(client_.asked.url, "");
}

}  // namespace
}  // namespace nekoplane::runtime::taos
