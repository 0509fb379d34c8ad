#include "api/server/errors.h"

#include <chrono>
#include <utility>

namespace nekoplane::server {
namespace {

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

Status BadRequest(std::string message) {
  return MakeStatus(Code::kInvalid, kBadRequest, std::move(message));
}

Status UnknownPathError() {
  return MakeStatus(Code::kNotFound, kUnknownPath,
                    "the server could not find the requested resource");
}

Status MethodNotAllowedError() {
  return MakeStatus(Code::kInvalid, kMethodNotAllowed,
                    "the server does not allow this method on the requested resource");
}

Status NotFoundError(const codec::Kind& kind, std::string_view name) {
  return MakeStatus(Code::kNotFound, "NotFound",
                    kind.resource() + " " + Quoted(name) + " not found");
}

Status TooLargeVersionError(std::uint64_t wanted, std::uint64_t current) {
  Status status = MakeStatus(Code::kTimeout, "ResourceVersionTooLarge",
                             "Too large resource version: " + std::to_string(wanted) +
                                 ", current: " + std::to_string(current));
  status.retry_after = std::chrono::seconds(1);
  status.causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
  return status;
}

Status ExpiredListError() {
  return MakeStatus(
      Code::kExpired, "Expired",
      "The provided continue parameter is too old to display a consistent list result. You "
      "can start a new list without the continue parameter, or use the continue token in "
      "this response to retrieve the remainder of the results. Continuing with the provided "
      "token results in an inconsistent list - objects that were created, modified, or "
      "deleted between the time the first chunk was returned and now may show up in the "
      "list.");
}

Status ExpiredWatchError(std::uint64_t wanted, std::uint64_t current) {
  return MakeStatus(
      Code::kExpired, "Expired",
      "too old resource version: " + std::to_string(wanted) + " (" + std::to_string(current) + ")");
}

Status UnsupportedValueError(std::string field, std::string_view value,
                             std::initializer_list<std::string_view> supported) {
  std::string list;
  for (const std::string_view s : supported) list += (list.empty() ? "" : ", ") + Quoted(s);
  Status status = MakeStatus(Code::kInvalid, kInvalidObject, "");
  status.causes.push_back({"FieldValueNotSupported",
                           "Unsupported value: " + Quoted(value) + ": supported values: " + list,
                           std::move(field)});
  return status;
}

Status ForbiddenFieldError(std::string field, std::string_view why) {
  Status status = MakeStatus(Code::kInvalid, kInvalidObject, "");
  status.causes.push_back(
      {"FieldValueForbidden", "Forbidden: " + std::string(why), std::move(field)});
  return status;
}

Status ForbiddenError(const User& user, const Attributes& what, std::string_view why) {
  std::string message;
  if (!what.path.empty()) {
    message = "forbidden: User " + Quoted(user.name) + " cannot " + what.verb + " path " +
              Quoted(what.path);
  } else {
    const std::string resource =
        what.group.empty() ? what.resource : what.resource + "." + what.group;
    message =
        resource + (what.name.empty() ? "" : " " + Quoted(what.name)) + " is forbidden: User " +
        Quoted(user.name) + " cannot " + what.verb + " resource " +
        Quoted(what.subresource.empty() ? what.resource : what.resource + "/" + what.subresource) +
        " in API group " + Quoted(what.group) +
        (what.ns.empty() ? " at the cluster scope" : " in the namespace " + Quoted(what.ns));
  }
  if (!why.empty()) message += ": " + std::string(why);
  return MakeStatus(Code::kForbidden, "Forbidden", std::move(message));
}

}  // namespace nekoplane::server
