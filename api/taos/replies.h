// The replies of the wrapper: taOS's bodies, and FastAPI's where taOS leaves the answer to it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/status.h"
#include "api/http/message.h"

namespace nekoplane::taos {

using Json = nlohmann::ordered_json;

http::Response JsonReply(int status, const Json& body);

// {"error": <error>} and, if there is more to say, {"detail": <sentence>}.
http::Response ErrorReply(int status, std::string_view error, std::string_view detail = "");

// A sentence for people beside a body whose form taOS fixes.
inline constexpr char kReasonHeader[] = "X-Nekoplane-Reason";

// The text as a header's value: whatever is not printable ASCII becomes '?'.
std::string HeaderText(std::string_view text);

// One entry of FastAPI's 422: {"type", "loc": ["body", ...], "msg", "input"}.
struct ValidationError {
  std::string type;
  std::vector<std::string> loc;
  std::string msg;
  Json input;
};

http::Response ValidationReply(const std::vector<ValidationError>& errors);

// 401 and 403 of ResolveCaller.
http::Response CallerErrorReply(const Status& error);

// What the registry refused or could not do, as the wrapper says it. Fields of the body that the
// registry did not like become a 422.
http::Response WriteErrorReply(const Status& error);

}  // namespace nekoplane::taos
