// The one place where a Status becomes an HTTP number and a Kubernetes Status object.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/status.h"
#include "api/http/message.h"
#include "api/server/negotiation.h"

namespace nekoplane::server {

// What a request was about: becomes Status.details. All may be empty.
struct Subject {
  std::string group;
  std::string resource;  // plural; details.kind of most errors
  std::string kind;      // details.kind of Invalid errors
  std::string name;
  std::string uid;
};

int HttpCode(const Status& status);
// Kubernetes' reason ("NotFound", "Expired", "Invalid", ...).
std::string_view ApiReason(const Status& status);

// The Status object as compact JSON. `continue_token` goes into its metadata (expired lists).
std::string StatusBody(const Status& status, const Subject& subject,
                       std::string_view continue_token = {});
// {"kind":"Status",...,"status":"Success","details":{name, group, kind, uid}}
std::string SuccessBody(const Subject& subject);

http::Response ErrorResponse(const Status& status, const Subject& subject, Encoding encoding,
                             std::string_view continue_token = {});

// `json` is compact JSON; it is re-written for people if the encoding says so.
http::Response JsonResponse(int code, std::string json, Encoding encoding);
http::Response TextResponse(int code, std::string text);

// `Warning: 299 - "text"` lines: each text once, control characters out, at most 4 KiB in all and
// 256 bytes each once that is exceeded.
void AddWarnings(const std::vector<std::string>& warnings, http::Headers& headers);

}  // namespace nekoplane::server
