#include "api/server/response.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "api/codec/json_parse.h"
#include "api/server/errors.h"

namespace nekoplane::server {
namespace {

using Json = nlohmann::ordered_json;

struct Mapping {
  int http;
  const char* reason;
};

Mapping MapInvalid(const Status& status) {
  if (status.reason == kMethodNotAllowed) return {405, "MethodNotAllowed"};
  if (status.reason == kNotAcceptable) return {406, "NotAcceptable"};
  if (status.reason == kTooLarge) return {413, "RequestEntityTooLarge"};
  if (status.reason == kUnsupportedMediaType) return {415, "UnsupportedMediaType"};
  if (!status.causes.empty() || status.reason == kInvalidObject || status.reason == kPatchFailed) {
    return {422, "Invalid"};
  }
  return {400, "BadRequest"};
}

Mapping Map(const Status& status) {
  switch (status.code) {
    case Code::kInvalid:
      return MapInvalid(status);
    case Code::kNotFound:
      return {404, "NotFound"};
    case Code::kAlreadyExists:
      return {409, "AlreadyExists"};
    case Code::kConflict:
      return {409, "Conflict"};
    case Code::kExpired:
      return {410, "Expired"};
    case Code::kForbidden:
      return {403, "Forbidden"};
    case Code::kUnauthenticated:
      return {401, "Unauthorized"};
    case Code::kInsufficientCapacity:
    case Code::kTooManyRequests:
      return {429, "TooManyRequests"};
    case Code::kTimeout:
      return {504, "Timeout"};
    case Code::kUnavailable:
    case Code::kCancelled:
      return {503, "ServiceUnavailable"};
    case Code::kInternal:
      break;
  }
  return {500, "InternalError"};
}

std::string Qualified(const std::string& name, const std::string& group) {
  return group.empty() ? name : name + "." + group;
}

// `BrowserSession.nekoplane.dev "q" is invalid: [spec.a: ..., spec.b: ...]`; each cause once.
std::string InvalidMessage(const Status& status, const Subject& subject) {
  std::vector<std::string> lines;
  for (const FieldCause& cause : status.causes) {
    std::string line = cause.field.empty() ? cause.message : cause.field + ": " + cause.message;
    if (std::find(lines.begin(), lines.end(), line) == lines.end())
      lines.push_back(std::move(line));
  }
  std::string joined;
  for (const std::string& line : lines) joined += (joined.empty() ? "" : ", ") + line;
  if (lines.size() > 1) joined = "[" + joined + "]";
  return Qualified(subject.kind, subject.group) + " \"" + subject.name + "\" is invalid: " + joined;
}

// `browsersessions.nekoplane.dev "x" not found` names its object better than the request does: the
// name may be generated, and what is missing may be the namespace.
std::optional<Subject> NamedInMessage(const Status& status) {
  constexpr std::string_view kConflictHead = "Operation cannot be fulfilled on ";
  std::string_view text = status.message;
  if (text.starts_with(kConflictHead)) text.remove_prefix(kConflictHead.size());
  const std::size_t open = text.find(" \"");
  if (open == std::string_view::npos || open == 0 || text.find(' ') != open) return std::nullopt;
  const std::size_t close = text.find('"', open + 2);
  if (close == std::string_view::npos) return std::nullopt;
  Subject subject;
  subject.resource = std::string(text.substr(0, open));
  subject.name = std::string(text.substr(open + 2, close - open - 2));
  if (const std::size_t dot = subject.resource.find('.'); dot != std::string::npos) {
    subject.group = subject.resource.substr(dot + 1);
    subject.resource.resize(dot);
  }
  subject.kind = subject.resource;
  return subject;
}

std::string MessageOf(const Status& status, const Subject& subject) {
  if (!status.message.empty()) return status.message;
  if (HttpCode(status) == 422) return InvalidMessage(status, subject);
  return status.code == Code::kUnauthenticated ? "Unauthorized"
                                               : std::string(CodeName(status.code));
}

Json DetailsOf(const Status& status, const Subject& subject) {
  Json details = Json::object();
  const auto set = [&details](const char* key, const std::string& value) {
    if (!value.empty()) details[key] = value;
  };
  // Given a name but no causes, kubectl would print the name and swallow the message.
  const bool nameless = HttpCode(status) == 422 && status.causes.empty();
  if (status.reason != kUnknownPath && !nameless) {
    const Subject named = NamedInMessage(status).value_or(subject);
    set("name", named.name);
    set("group", named.group);
    set("kind", HttpCode(status) == 422 ? named.kind : named.resource);
  }
  Json causes = Json::array();
  for (const FieldCause& cause : status.causes) {
    Json entry = {{"reason", cause.reason}, {"message", cause.message}};
    if (!cause.field.empty()) entry["field"] = cause.field;
    causes.push_back(std::move(entry));
  }
  if (!causes.empty()) details["causes"] = std::move(causes);
  if (status.retry_after) {
    details["retryAfterSeconds"] =
        std::chrono::ceil<std::chrono::seconds>(*status.retry_after).count();
  }
  return details;
}

// Bytes from outside may be in messages; a Status must be writable whatever they are.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

int HttpCode(const Status& status) { return Map(status).http; }

std::string_view ApiReason(const Status& status) { return Map(status).reason; }

std::string StatusBody(const Status& status, const Subject& subject,
                       std::string_view continue_token) {
  const int code = HttpCode(status);
  Json json;
  json["kind"] = "Status";
  json["apiVersion"] = "v1";
  json["metadata"] = Json::object();
  if (!continue_token.empty()) json["metadata"]["continue"] = std::string(continue_token);
  json["status"] = "Failure";
  json["message"] = MessageOf(status, subject);
  json["reason"] = std::string(ApiReason(status));
  if (code != 400 && code != 401 && code != 406 && code != 415) {
    json["details"] = DetailsOf(status, subject);
  }
  json["code"] = code;
  return Dump(json);
}

std::string SuccessBody(const Subject& subject) {
  Json details = Json::object();
  details["name"] = subject.name;
  if (!subject.group.empty()) details["group"] = subject.group;
  details["kind"] = subject.resource;
  if (!subject.uid.empty()) details["uid"] = subject.uid;
  Json json;
  json["kind"] = "Status";
  json["apiVersion"] = "v1";
  json["metadata"] = Json::object();
  json["status"] = "Success";
  json["details"] = std::move(details);
  return Dump(json);
}

http::Response JsonResponse(int code, std::string json, Encoding encoding) {
  http::Response response;
  response.status = code;
  const char* type = "application/json";
  if (encoding == Encoding::kPrettyJson) {
    response.body = Json::parse(json, nullptr, false).dump(2) + "\n";
  } else if (encoding == Encoding::kYaml) {
    response.body = codec::ToYaml(nlohmann::json::parse(json, nullptr, false));
    type = "application/yaml";
  } else {
    response.body = std::move(json);
  }
  response.headers.emplace_back("Content-Type", type);
  return response;
}

http::Response TextResponse(int code, std::string text) {
  http::Response response;
  response.status = code;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.body = std::move(text);
  return response;
}

http::Response ErrorResponse(const Status& status, const Subject& subject, Encoding encoding,
                             std::string_view continue_token) {
  http::Response response =
      JsonResponse(HttpCode(status), StatusBody(status, subject, continue_token), encoding);
  if (status.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*status.retry_after).count();
    response.headers.emplace_back("Retry-After", std::to_string(std::max<long long>(1, seconds)));
  }
  if (response.status == 401) {
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"nekoplane\"");
  }
  return response;
}

void AddWarnings(const std::vector<std::string>& warnings, http::Headers& headers) {
  constexpr std::size_t kTotal = 4096;
  constexpr std::size_t kEach = 256;
  std::size_t total = 0;
  for (const std::string& warning : warnings) total += warning.size();
  std::set<std::string> seen;
  std::size_t written = 0;
  for (std::string text : warnings) {
    if (total > kTotal && text.size() > kEach) text.resize(kEach);
    if (written + text.size() > kTotal || !seen.insert(text).second) continue;
    written += text.size();
    std::string line = "299 - \"";
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte == 0x7f) continue;
      if (c == '"' || c == '\\') line += '\\';
      line += c;
    }
    headers.emplace_back("Warning", line + "\"");
  }
}

}  // namespace nekoplane::server
