#include "api/taos/replies.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace nekoplane::taos {

http::Response JsonReply(int status, const Json& body) {
  http::Response response;
  response.status = status;
  // no-store: session objects carry the password of the stream.
  response.headers = {{"Content-Type", "application/json"},
                      {"Cache-Control", "no-store"},
                      {"X-Content-Type-Options", "nosniff"}};
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

http::Response ErrorReply(int status, std::string_view error, std::string_view detail) {
  Json body;
  body["error"] = error;
  if (!detail.empty()) body["detail"] = detail;
  return JsonReply(status, body);
}

std::string HeaderText(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return out;
}

http::Response ValidationReply(const std::vector<ValidationError>& errors) {
  Json list = Json::array();
  for (const ValidationError& error : errors) {
    Json entry;
    entry["type"] = error.type;
    entry["loc"] = error.loc;
    entry["msg"] = error.msg;
    entry["input"] = error.input;
    list.push_back(std::move(entry));
  }
  Json body;
  body["detail"] = std::move(list);
  return JsonReply(422, body);
}

namespace {

std::string_view ForbiddenWord(std::string_view reason) {
  if (reason == "CrossSite") return "cross_site_request";
  if (reason == "ForeignHost") return "foreign_host";
  if (reason == "NotAdmin") return "not_admin";
  return "impersonation_not_allowed";
}

}  // namespace

http::Response CallerErrorReply(const Status& error) {
  if (error.code == Code::kUnauthenticated) {
    http::Response response = ErrorReply(401, error.message);
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  if (error.code == Code::kForbidden) {
    return ErrorReply(403, ForbiddenWord(error.reason), error.message);
  }
  return ErrorReply(503, "authentication_unavailable", error.message);
}

http::Response WriteErrorReply(const Status& error) {
  if (error.code == Code::kInvalid && !error.causes.empty()) {
    std::vector<ValidationError> errors;
    for (const FieldCause& cause : error.causes) {
      // spec.url came from the body's url; whatever else is wrong, the body asked for it.
      std::vector<std::string> loc{"body"};
      if (cause.field == "spec.url") loc.emplace_back("url");
      if (cause.field == "spec.nodeName") loc.emplace_back("node");
      if (cause.field.substr(0, 15) == "spec.profileRef") loc.emplace_back("profile");
      errors.push_back({"value_error", std::move(loc), cause.message, nullptr});
    }
    return ValidationReply(errors);
  }
  switch (error.code) {
    case Code::kInvalid:
      return ErrorReply(422, "invalid_request", error.message);
    case Code::kForbidden:
      return ErrorReply(403, "forbidden", error.message);
    case Code::kTimeout:
    case Code::kUnavailable:
    case Code::kCancelled: {
      http::Response response = ErrorReply(503, "service_unavailable", error.message);
      response.headers.emplace_back("Retry-After", "1");
      return response;
    }
    case Code::kConflict:
    case Code::kAlreadyExists:
      return ErrorReply(409, "conflict", error.message);
    default:
      return ErrorReply(500, "failed to create browser session", error.message);
  }
}

}  // namespace nekoplane::taos
