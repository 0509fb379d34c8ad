#include "api/base/status.h"

namespace nekoplane {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kInvalid:
      return "Invalid";
    case Code::kNotFound:
      return "NotFound";
    case Code::kAlreadyExists:
      return "AlreadyExists";
    case Code::kConflict:
      return "Conflict";
    case Code::kExpired:
      return "Expired";
    case Code::kForbidden:
      return "Forbidden";
    case Code::kUnauthenticated:
      return "Unauthenticated";
    case Code::kInsufficientCapacity:
      return "InsufficientCapacity";
    case Code::kTooManyRequests:
      return "TooManyRequests";
    case Code::kTimeout:
      return "Timeout";
    case Code::kUnavailable:
      return "Unavailable";
    case Code::kCancelled:
      return "Cancelled";
    case Code::kInternal:
      return "Internal";
  }
  return "Internal";
}

std::string Status::ToString() const {
  std::string out(CodeName(code));
  if (!reason.empty()) out += "/" + reason;
  return out + ": " + message;
}

Status Annotate(Status status, std::string_view doing) {
  status.message = std::string(doing) + ": " + status.message;
  return status;
}

}  // namespace nekoplane
