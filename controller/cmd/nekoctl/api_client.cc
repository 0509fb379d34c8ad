#include "controller/cmd/nekoctl/api_client.h"

#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/codec/json_parse.h"

namespace nekoplane::ctl {

using nlohmann::json;

namespace {

constexpr Duration kCallTimeout = std::chrono::seconds(30);

Code CodeOfHttp(int status, const std::string& reason) {
  switch (status) {
    case 400:
    case 422:
      return Code::kInvalid;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kForbidden;
    case 404:
      return Code::kNotFound;
    case 409:
      return reason == "AlreadyExists" ? Code::kAlreadyExists : Code::kConflict;
    case 410:
      return Code::kExpired;
    case 429:
      return Code::kTooManyRequests;
    case 503:
    case 504:
      return Code::kUnavailable;
    default:
      return Code::kInternal;
  }
}

Status StatusOf(const http::ClientResponse& response) {
  std::string reason, message;
  if (const auto parsed = codec::ParseJson(response.body); parsed && parsed->is_object()) {
    reason = parsed->value("reason", "");
    message = parsed->value("message", "");
  }
  if (message.empty()) {
    message = "the server answered " + std::to_string(response.status) + " " +
              std::string(http::ReasonPhrase(response.status));
  }
  return MakeStatus(CodeOfHttp(response.status, reason), reason, message);
}

Result<json> ParseReply(const http::ClientResponse& response) {
  if (response.status >= 300) return StatusOf(response);
  return codec::ParseJson(response.body, {.max_bytes = 1 << 30, .max_nodes = SIZE_MAX});
}

}  // namespace

std::string QueryEscape(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += {'%', kHex[c >> 4], kHex[c & 15]};
    }
  }
  return out;
}

ApiClient::ApiClient(const Clock& clock, Cluster cluster)
    : clock_(clock),
      cluster_(std::move(cluster)),
      http_(http::MakeCurlClient(clock, {.unix_socket = "",
                                         .ca_pem = cluster_.ca_pem,
                                         .cert_pem = cluster_.client_cert_pem,
                                         .key_pem = cluster_.client_key_pem})) {}

std::string ApiClient::PathOf(const codec::Kind& kind, std::string_view ns, std::string_view name) {
  std::string path =
      kind.group.empty() ? "/api/" + kind.version : "/apis/" + kind.group + "/" + kind.version;
  if (kind.namespaced && !ns.empty()) path += "/namespaces/" + QueryEscape(ns);
  path += "/" + kind.plural;
  if (!name.empty()) path += "/" + QueryEscape(name);
  return path;
}

Result<http::ClientResponse> ApiClient::Call(http::ClientRequest request) {
  request.url = cluster_.server + request.url;
  if (!cluster_.token.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + cluster_.token);
  }
  request.headers.emplace_back("User-Agent", "nekoctl");
  request.max_reply_bytes = 1 << 30;
  auto response = http_->Do(Context().WithTimeout(clock_, kCallTimeout), request);
  if (!response) {
    return Annotate(std::move(response).error(),
                    "cannot reach nekoplane at " + cluster_.server + " (is it running?)");
  }
  return response;
}

Result<json> ApiClient::Get(const std::string& path, std::string_view accept) {
  NEKO_TRY(const auto response, Call({.method = "GET",
                                      .url = path,
                                      .headers = {{"Accept", std::string(accept)}},
                                      .body = ""}));
  return ParseReply(response);
}

Result<std::string> ApiClient::GetText(const std::string& path) {
  NEKO_TRY(auto response, Call({.method = "GET", .url = path, .headers = {}, .body = ""}));
  if (response.status >= 300) return StatusOf(response);
  return std::move(response.body);
}

Result<json> ApiClient::Send(std::string_view method, const std::string& path, const json& body,
                             std::string_view content_type) {
  NEKO_TRY(const auto response, Call({.method = std::string(method),
                                      .url = path,
                                      .headers = {{"Content-Type", std::string(content_type)},
                                                  {"Accept", "application/json"}},
                                      .body = body.is_null() ? "" : body.dump()}));
  return ParseReply(response);
}

Result<void> ApiClient::Watch(const std::string& path, std::string_view accept, Duration timeout,
                              const std::function<bool(const json&)>& on_event) {
  http::ClientRequest request{
      .method = "GET",
      .url = cluster_.server + path,
      .headers = {{"Accept", std::string(accept)}, {"User-Agent", "nekoctl"}},
      .body = ""};
  if (!cluster_.token.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + cluster_.token);
  }
  std::string buffer;
  bool finished = false;
  Result<void> outcome;
  auto response =
      http_->Stream(Context().WithTimeout(clock_, timeout), request, [&](std::string_view data) {
        buffer.append(data);
        for (std::size_t end; (end = buffer.find('\n')) != std::string::npos;) {
          auto event = codec::ParseJson(std::string_view(buffer).substr(0, end));
          buffer.erase(0, end + 1);
          if (!event) {
            outcome = std::move(event).error();
            finished = true;
          } else if (event->value("type", "") == "ERROR") {
            const json& status = (*event)["object"];
            outcome =
                MakeStatus(CodeOfHttp(status.value("code", 500), ""), status.value("reason", ""),
                           status.value("message", "watch ended"));
            finished = true;
          } else {
            finished = !on_event(*event);
          }
          if (finished) return false;
        }
        return true;
      });
  if (finished) return outcome;
  if (!response) return std::move(response).error();
  if (response->status >= 300) return StatusOf(*response);
  return {};
}

}  // namespace nekoplane::ctl
