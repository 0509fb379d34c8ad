// The wrapper over a memory store, with recorded answers.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "api/codec/json_codec.h"
#include "api/registry/base64.h"
#include "api/registry/client.h"
#include "api/registry/registry.h"
#include "api/store/memory_store.h"
#include "api/taos/browser_api.h"
#include "api/v1alpha1/session_conditions.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::taos::testing {

using nlohmann::json;

// Keeps the one answer; the wrapper has no streams.
class RecordingResponder final : public http::Responder {
 public:
  void Send(http::Response response) override {
    EXPECT_FALSE(answer.has_value()) << "answered twice";
    answer = std::move(response);
  }

  std::shared_ptr<http::Stream> StartStream(int, http::Headers) override {
    ADD_FAILURE() << "the wrapper streams nothing";
    return nullptr;
  }

  std::optional<http::Response> answer;
};

// "Bearer service" may impersonate; "Bearer <user>" is that user.
class FakeAuthenticator final : public Authenticator {
 public:
  Result<Identity> Authenticate(const http::Request& request) const override {
    const std::string_view header = request.header("Authorization");
    if (header == "Bearer service") return Identity{"taos", true};
    if (header == "Bearer me") return Identity{"me", false};
    return MakeStatus(Code::kUnauthenticated, "Unauthorized", "no such token");
  }
};

class TaosTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(registry_.Bootstrap(Context()));
    AddNode("host", "192.168.1.5");
    Restart();
  }

  void Restart() {
    api_.reset();
    Deps deps{registry_,
              timers_,
              log_,
              authenticator_,
              [this](const v1alpha1::BrowserSession& session) {
                asked_ = session;
                return placement_;
              },
              [this](const v1alpha1::BrowserSession& session) -> Result<nlohmann::ordered_json> {
                asked_ = session;
                return nlohmann::ordered_json{{"kind", "PlacementExplanation"},
                                              {"node", session.spec.nodeName}};
              }};
    api_ = std::make_unique<BrowserApi>(std::move(deps), options_);
  }

  void AddNode(const std::string& name, const std::string& address,
               const std::function<void(v1alpha1::BrowserNode&)>& change = nullptr) {
    v1alpha1::BrowserNode node = nekoplane::testing::MakeNode(name);
    node.metadata.uid.clear();
    node.spec.address = address;
    for (v1alpha1::Condition& condition : node.status.conditions) {
      condition.reason = condition.type;
      condition.lastTransitionTime = "2026-01-01T00:00:00Z";
    }
    if (change) change(node);
    auto created = client_.Create(Context(), node);
    ASSERT_TRUE(created) << created.error().message;
    created->status = node.status;
    const auto written = client_.WriteStatus(Context(), *created);
    ASSERT_TRUE(written) << written.error().message;
  }

  static std::shared_ptr<http::Request> Request(const std::string& method, const std::string& path,
                                                const std::string& body = "") {
    auto request = std::make_shared<http::Request>();
    request->method = method;
    request->path = path;
    request->target = path;
    request->body = body;
    request->remote_address = "127.0.0.1:5000";
    request->remote_is_loopback = true;
    request->headers = {{"Host", "nas.local:6969"}};
    if (!body.empty()) request->headers.emplace_back("Content-Type", "application/json");
    return request;
  }

  static std::shared_ptr<http::Request> As(const std::string& user,
                                           std::shared_ptr<http::Request> request) {
    request->headers.emplace_back("Authorization", "Bearer service");
    request->headers.emplace_back("Impersonate-User", user);
    return request;
  }

  std::shared_ptr<RecordingResponder> Send(std::shared_ptr<http::Request> request) {
    auto responder = std::make_shared<RecordingResponder>();
    api_->Handle(std::move(request), responder);
    return responder;
  }

  // Sends, lets the wait for a fast start run out, and checks that there is an answer.
  http::Response Ask(std::shared_ptr<http::Request> request) {
    const auto responder = Send(std::move(request));
    PassTime(std::chrono::seconds(3));
    EXPECT_TRUE(responder->answer.has_value()) << "no answer";
    return responder->answer.value_or(http::Response{});
  }

  http::Response Post(const std::string& body, const std::string& user = "me") {
    return Ask(As(user, Request("POST", "/api/browser/sessions", body)));
  }

  http::Response Get(const std::string& path, const std::string& user = "me") {
    return Ask(As(user, Request("GET", path)));
  }

  void PassTime(Duration by) {
    clock_.Advance(by);
    while (timers_.FireNext()) {
    }
  }

  std::vector<v1alpha1::BrowserSession> Stored() const {
    return client_.List<v1alpha1::BrowserSession>();
  }

  // What the session reconciler writes for a session that runs.
  void MakeReady(const v1alpha1::BrowserSession& session, const std::string& node = "host") {
    v1alpha1::BrowserSession ready = session;
    v1alpha1::Condition condition;
    condition.type = v1alpha1::session::kReady;
    condition.status = "True";
    condition.reason = v1alpha1::session::kReasonReady;
    condition.lastTransitionTime = "2026-01-01T00:10:00Z";
    ready.status.conditions = {condition};
    ready.status.nodeName = node;
    ready.status.ports = v1alpha1::SessionPorts{8801, 59001};
    ready.status.instance = v1alpha1::SessionInstance{};
    ready.status.instance->id = "docker://" + node + "/3f2a9c";
    registry::With with;
    v1alpha1::Secret secret;
    secret.metadata.name = "bs-" + session.metadata.uid;
    secret.metadata.namespace_ = "default";
    secret.data = {{"user-password", registry::Base64Encode("s3cret")},
                   {"admin-password", registry::Base64Encode("adm1n")}};
    with.create_secrets = {secret};
    const auto written = client_.WriteStatus(Context(), ready, with);
    ASSERT_TRUE(written) << written.error().message;
  }

  // What it does at the end of a deletion.
  void FinishDeletion(const v1alpha1::BrowserSession& session) {
    ASSERT_TRUE(client_.RemoveFinalizer(Context(), session, v1alpha1::BrowserSession::kFinalizer));
  }

  nekoplane::testing::FakeClock clock_;
  nekoplane::testing::FakeTimers timers_{clock_};
  SeededRandom random_{11};
  NullLogger log_;
  FakeAuthenticator authenticator_;
  store::MemoryStore store_{"test"};
  registry::Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  registry::Client client_{registry_, clock_, random_};
  PlacementAnswer placement_;
  std::optional<v1alpha1::BrowserSession> asked_;
  Options options_{.token_key = std::string(32, 'k')};
  std::unique_ptr<BrowserApi> api_;
};

inline json BodyOf(const http::Response& response) {
  return json::parse(response.body, nullptr, false);
}

}  // namespace nekoplane::taos::testing
