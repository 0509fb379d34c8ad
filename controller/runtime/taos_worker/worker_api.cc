#include "controller/runtime/taos_worker/worker_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/http/target.h"
#include "api/http/url.h"

namespace nekoplane::runtime::taos {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostReplyBytes = 256 * 1024;
constexpr std::size_t kMostErrorText = 300;

Status BadReply(const std::string& what) {
  return MakeStatus(Code::kUnavailable, "BadReply", "the worker's answer " + what);
}

std::string Text(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

int Port(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_number_integer()) return 0;
  const auto port = it->get<std::int64_t>();
  return port > 0 && port <= 65535 ? static_cast<int>(port) : 0;
}

// One line that may be shown. A docker command line, should the worker ever quote one, has
// passwords in it.
std::string Showable(std::string text) {
  for (const char* word : {"PASSWORD", "pwd="}) {
    if (const auto at = text.find(word); at != std::string::npos) text = text.substr(0, at) + "...";
  }
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c >= 0 && c < 0x20; }, ' ');
  if (text.size() > kMostErrorText) text = text.substr(0, kMostErrorText) + "...";
  return text;
}

std::string ErrorText(const http::ClientResponse& response) {
  const Json body = Json::parse(response.body, nullptr, false);
  if (body.is_object()) {
    for (const char* key : {"error", "detail"}) {
      if (const std::string text = Text(body, key); !text.empty()) return Showable(text);
    }
  }
  return Showable(response.body);
}

Status TokenRefused() {
  return MakeStatus(Code::kForbidden, "TokenRefused",
                    "the worker refused the call (401): it was started with --auth-token; put that "
                    "token into the Secret that spec.taosWorker.tokenSecretRef names");
}

// The worker looked at the request and says that it started nothing: {"error": ...} with a 500, or
// FastAPI's 422. Any other 500 is an accident, which may have come after the start.
bool NothingStarted(const http::ClientResponse& response) {
  if (response.status == 422) return true;
  const Json body = Json::parse(response.body, nullptr, false);
  return response.status == 500 && body.is_object() && !Text(body, "error").empty();
}

Status StartError(const http::ClientResponse& response) {
  if (response.status == 401) return TokenRefused();
  const std::string text = ErrorText(response);
  if (NothingStarted(response)) {
    if (text.find("already in use") != std::string::npos) {
      return MakeStatus(Code::kConflict, "NameInUse", text);
    }
    return MakeStatus(
        Code::kInvalid, "StartFailed",
        "the worker could not start it: " + (text.empty() ? "no reason given" : text));
  }
  return MakeStatus(Code::kUnavailable, "WorkerError",
                    "the worker answered " + std::to_string(response.status) + ": " + text);
}

// "usr=neko&pwd=..." -> the password
std::string PasswordIn(std::string_view query) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.starts_with("pwd=")) {
      const auto plain = http::PercentDecode(pair.substr(4), true);
      return plain ? *plain : "";
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return "";
}

Result<StartReply> ParseStart(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return BadReply("is no JSON object");
  StartReply reply;
  reply.container_id = Text(json, "container_id");
  if (reply.container_id.empty()) return BadReply("has no container_id");
  const auto url = http::Url::Parse(Text(json, "neko_url"));
  if (!url) return BadReply("has no neko_url that could be used");
  reply.host = url->host;
  reply.user_password = PasswordIn(url->query);
  if (reply.user_password.empty()) return BadReply("has a neko_url without a password");
  reply.http_port = Port(json, "http_port");
  if (reply.http_port == 0) reply.http_port = url->port;
  reply.media_port = Port(json, "epr_lo");
  reply.image = Text(json, "image");
  return reply;
}

}  // namespace

std::string SessionId(std::string_view uid) {
  std::string id(uid);
  std::erase(id, '-');
  return id;
}

std::string WorkerContainerName(std::string_view session_id) {
  return "taos-neko-" + std::string(session_id);
}

WorkerApi::WorkerApi(http::Client& client, const Clock& clock, WorkerApiOptions options)
    : client_(client), clock_(clock), options_(std::move(options)), base_(options_.url) {
  while (base_.ends_with('/')) base_.pop_back();
  if (const auto url = http::Url::Parse(base_)) host_ = url->host;
}

Result<http::ClientResponse> WorkerApi::Post(const Context& ctx, const char* path, std::string body,
                                             Duration timeout) {
  http::ClientRequest request{.method = "POST",
                              .url = base_ + path,
                              .headers = {{"Content-Type", "application/json"}},
                              .body = std::move(body),
                              .max_reply_bytes = kMostReplyBytes};
  if (options_.token) {
    NEKO_TRY(const std::string token, options_.token());
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  }
  return client_.Do(ctx.WithTimeout(clock_, timeout), request);
}

Result<StartReply> WorkerApi::Start(const Context& ctx, const StartRequest& request) {
  const Json body{{"session_id", request.session_id},
                  {"profile_volume", request.profile_volume},
                  {"mobile", request.mobile}};
  auto response = Post(ctx, "/worker/browser/start", body.dump(), options_.start_timeout);
  if (!response) return Annotate(std::move(response).error(), "POST /worker/browser/start");
  if (response->status != 200) return StartError(*response);
  return ParseStart(response->body);
}

Result<void> WorkerApi::Stop(const Context& ctx, const std::string& container,
                             std::optional<int> http_port) {
  Json body{{"container_id", container}, {"http_port", nullptr}};
  if (http_port) body["http_port"] = *http_port;
  auto response = Post(ctx, "/worker/browser/stop", body.dump(), options_.call_timeout);
  if (!response) return Annotate(std::move(response).error(), "POST /worker/browser/stop");
  if (response->status == 200) return {};
  if (response->status == 401) return TokenRefused();
  return MakeStatus(Code::kUnavailable, "WorkerError",
                    "POST /worker/browser/stop answered " + std::to_string(response->status) +
                        ": " + ErrorText(*response));
}

Result<void> WorkerApi::Reach(const Context& ctx) {
  const http::ClientRequest request{.url = base_ + "/openapi.json", .max_reply_bytes = 1 << 20};
  auto response = client_.Do(ctx.WithTimeout(clock_, options_.probe_timeout), request);
  if (!response) return Annotate(std::move(response).error(), "the worker does not answer");
  if (response->status == 200) return {};
  return MakeStatus(Code::kUnavailable, "WorkerError",
                    "GET /openapi.json answered " + std::to_string(response->status) +
                        ": is spec.taosWorker.url that of a browser-worker?");
}

Result<void> WorkerApi::Health(const Context& ctx, const std::string& host, int port) {
  const http::ClientRequest request{
      .url = "http://" + host + ":" + std::to_string(port) + "/health", .max_reply_bytes = 4096};
  auto response = client_.Do(ctx.WithTimeout(clock_, options_.probe_timeout), request);
  if (!response) return Annotate(std::move(response).error(), "GET /health");
  std::string_view body = response->body;
  while (body.ends_with('\n') || body.ends_with('\r') || body.ends_with(' ')) body.remove_suffix(1);
  if (response->status == 200 && body == "true") return {};
  return MakeStatus(Code::kUnavailable, "NotHealthy",
                    "GET /health answered " + std::to_string(response->status) +
                        (response->status == 200 ? " and something that Neko does not say" : ""));
}

}  // namespace nekoplane::runtime::taos
