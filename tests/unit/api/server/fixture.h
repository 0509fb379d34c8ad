// An ApiServer over a memory store, with a standing clock, seeded randomness and recorded answers.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/registry/registry.h"
#include "api/server/api_server.h"
#include "api/store/memory_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/http_doubles.h"

namespace nekoplane::server::testing {

using nekoplane::testing::MakeRequest;
using nlohmann::json;

class RecordingStream final : public nekoplane::testing::EndableStream {
 public:
  bool Write(std::shared_ptr<const std::string> chunk) override {
    if (closed || full) return false;
    text += *chunk;
    chunks.push_back(std::move(chunk));
    return true;
  }

  std::size_t queued() const override { return unread; }

  // One JSON value per line.
  std::vector<json> Frames() const {
    std::vector<json> out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      out.push_back(json::parse(text.substr(at, end - at)));
      at = end + 1;
    }
    return out;
  }

  bool full = false;
  std::size_t unread = 0;
  std::string text;
  std::vector<std::shared_ptr<const std::string>> chunks;
};

class RecordingResponder final : public http::Responder {
 public:
  void Send(http::Response r) override {
    ASSERT_FALSE(response || stream) << "answered twice";
    response = std::move(r);
  }

  std::shared_ptr<http::Stream> StartStream(int status, http::Headers headers) override {
    EXPECT_FALSE(response || stream) << "answered twice";
    stream_status = status;
    stream_headers = std::move(headers);
    stream = std::make_shared<RecordingStream>();
    return stream;
  }

  std::optional<http::Response> response;
  int stream_status = 0;
  http::Headers stream_headers;
  std::shared_ptr<RecordingStream> stream;
};

inline constexpr char kSessions[] =
    "/apis/nekoplane.dev/v1alpha1/namespaces/default/browsersessions";
inline constexpr char kTableAccept[] =
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/"
    "json;as=Table;v=v1beta1;g=meta.k8s.io,"
    "application/json";

inline json Session(const std::string& name, json labels = nullptr) {
  json out = {{"apiVersion", "nekoplane.dev/v1alpha1"},
              {"kind", "BrowserSession"},
              {"metadata", {{"name", name}}},
              {"spec", {{"url", "https://example.org"}}}};
  if (labels.is_object()) out["metadata"]["labels"] = labels;
  return out;
}

class ApiServerTest : public ::testing::Test {
 protected:
  explicit ApiServerTest(store::MemoryStoreOptions options = {}) : store_("test", options) {}

  void SetUp() override {
    ASSERT_TRUE(registry_.Bootstrap(Context()));
    Deps deps{registry_, store_, codec::KindTable::Builtin(), clock_, timers_, random_, log_, {}};
    deps.access.authenticate = [this](const http::Request&) { return user_; };
    deps.access.authorize = [this](const User&, const Attributes& what) -> Result<void> {
      asked_.push_back(what);
      if (allowed_) return {};
      return MakeStatus(Code::kForbidden, "Forbidden", "");
    };
    deps.access.rules = [](const User&, const std::string&) {
      return std::vector<AccessRule>{{{"get", "list"}, {"*"}, {"*"}, {}},
                                     {{"get"}, {}, {}, {"/metrics"}}};
    };
    deps.readiness = {{"store", [this] { return ready_; }}};
    deps.metrics = [] { return std::string("up 1\n"); };
    deps.hooks.on_watch = [this](std::string_view, int delta) { open_watches_ += delta; };
    deps.hooks.on_request = [this](std::string_view verb, std::string_view resource, int code,
                                   Duration) {
      requests_.push_back(std::string(verb) + " " + std::string(resource) + " " +
                          std::to_string(code));
    };
    deps.hooks.on_panic = [this] { ++panics_; };
    server_ = std::make_unique<ApiServer>(std::move(deps));
  }

  std::shared_ptr<RecordingResponder> Start(const std::string& method, const std::string& target,
                                            http::Headers headers = {}, std::string body = "") {
    auto responder = std::make_shared<RecordingResponder>();
    server_->Handle(MakeRequest(method, target, std::move(headers), std::move(body)), responder);
    return responder;
  }

  // A request that is answered at once.
  http::Response Ask(const std::string& method, const std::string& target,
                     http::Headers headers = {}, std::string body = "") {
    const auto responder = Start(method, target, std::move(headers), std::move(body));
    EXPECT_TRUE(responder->response.has_value()) << method << " " << target << " was not answered";
    return responder->response.value_or(http::Response{0, {}, "null"});
  }

  json AskJson(const std::string& method, const std::string& target, int status,
               http::Headers headers = {}, std::string body = "") {
    const http::Response response = Ask(method, target, std::move(headers), std::move(body));
    EXPECT_EQ(response.status, status) << method << " " << target << "\n" << response.body;
    return json::parse(response.body, nullptr, false);
  }

  json Create(const json& object, const std::string& collection = kSessions) {
    return AskJson("POST", collection, 201, {}, object.dump());
  }

  std::string VersionOf(const json& object) { return object["metadata"]["resourceVersion"]; }

  std::shared_ptr<RecordingStream> Watch(const std::string& target, http::Headers headers = {}) {
    const auto responder = Start("GET", target, std::move(headers));
    EXPECT_NE(responder->stream, nullptr)
        << target
        << " did not become a stream: " << (responder->response ? responder->response->body : "");
    return responder->stream ? responder->stream : std::make_shared<RecordingStream>();
  }

  void Pass(Duration time) {
    const MonoTime end = clock_.Now() + time;
    while (timers_.NextDue() && *timers_.NextDue() <= end) {
      clock_.AdvanceTo(*timers_.NextDue());
      timers_.FireNext();
    }
    clock_.AdvanceTo(end);
  }

  nekoplane::testing::FakeClock clock_;
  nekoplane::testing::FakeTimers timers_{clock_};
  SeededRandom random_{7};
  NullLogger log_;
  store::MemoryStore store_;
  registry::Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  Result<User> user_ = User{"ann", "u1", {"system:authenticated"}};
  bool allowed_ = true;
  Result<void> ready_;
  std::vector<Attributes> asked_;
  std::vector<std::string> requests_;
  int open_watches_ = 0, panics_ = 0;
  std::unique_ptr<ApiServer> server_;
};

}  // namespace nekoplane::server::testing
