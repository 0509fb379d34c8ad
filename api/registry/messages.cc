#include "api/registry/messages.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

namespace nekoplane::registry {
namespace {

std::string Subject(std::string_view resource, std::string_view name) {
  return std::string(resource) + " " + Quoted(name);
}

Status Conflict(std::string_view resource, std::string_view name, const char* reason,
                const std::string& why) {
  return MakeStatus(Code::kConflict, reason,
                    "Operation cannot be fulfilled on " + Subject(resource, name) + ": " + why);
}

std::string With(std::string_view detail) {
  return detail.empty() ? std::string() : ": " + std::string(detail);
}

}  // namespace

std::string Quoted(std::string_view text) {
  // error_handler replace: a text that is not UTF-8 must still be printable.
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status BadRequest(std::string message) {
  return MakeStatus(Code::kInvalid, kReasonBadRequest, std::move(message));
}

Status NotFound(std::string_view resource, std::string_view name) {
  return MakeStatus(Code::kNotFound, kReasonNotFound, Subject(resource, name) + " not found");
}

Status AlreadyExists(std::string_view resource, std::string_view name) {
  return MakeStatus(Code::kAlreadyExists, kReasonAlreadyExists,
                    Subject(resource, name) + " already exists");
}

Status NoFreeName(std::string_view resource, std::string_view name) {
  Status status = AlreadyExists(resource, name);
  status.message += ", the server was not able to generate a unique name for the object";
  status.retry_after = std::chrono::seconds(1);
  return status;
}

Status Forbidden(std::string_view resource, std::string_view name, std::string_view why) {
  return MakeStatus(Code::kForbidden, kReasonForbidden,
                    Subject(resource, name) + " is forbidden: " + std::string(why));
}

Status NamespaceTerminating(std::string_view resource, std::string_view name, std::string_view ns) {
  Status status = Forbidden(resource, name,
                            "unable to create new content in namespace " + std::string(ns) +
                                " because it is being terminated");
  status.reason = kReasonNamespaceTerminating;
  status.causes.push_back({"NamespaceTerminating",
                           "namespace " + std::string(ns) + " is being terminated",
                           "metadata.namespace"});
  return status;
}

Status NamespaceNotEmpty(std::string_view ns, std::string_view contents) {
  return Conflict("namespaces", ns, kReasonNamespaceNotEmpty,
                  "the namespace still contains " + std::string(contents) +
                      "; delete these objects first, nothing was deleted");
}

Status Invalid(const codec::Kind& kind, std::string_view name, std::vector<FieldCause> causes) {
  std::string list;
  for (const FieldCause& cause : causes) {
    if (!list.empty()) list += ", ";
    list += cause.field.empty() ? cause.message : cause.field + ": " + cause.message;
  }
  if (causes.size() > 1) list = "[" + list + "]";
  const std::string subject = kind.group.empty() ? kind.kind : kind.kind + "." + kind.group;
  Status status =
      MakeStatus(Code::kInvalid, kReasonInvalid, Subject(subject, name) + " is invalid: " + list);
  status.causes = std::move(causes);
  return status;
}

Status CannotBeHandled(const codec::Kind& kind, std::string_view why) {
  return BadRequest(kind.kind + " in version " + Quoted(kind.version) + " cannot be handled as a " +
                    kind.kind + ": " + std::string(why));
}

Status StrictDecoding(const codec::Kind& kind, const std::vector<std::string>& errors) {
  std::string list;
  for (const std::string& error : errors) list += (list.empty() ? "" : ", ") + error;
  Status status = CannotBeHandled(kind, "strict decoding error: " + list);
  status.reason = kReasonFieldValidation;
  return status;
}

Status ObjectModified(std::string_view resource, std::string_view name) {
  return Conflict(resource, name, kReasonResourceVersion,
                  "the object has been modified; please apply your changes to the latest version "
                  "and try again");
}

Status UidPrecondition(std::string_view resource, std::string_view name, std::string_view wanted,
                       std::string_view actual) {
  return Conflict(resource, name, kReasonUid,
                  "Precondition failed: UID in precondition: " + std::string(wanted) +
                      ", UID in object meta: " + std::string(actual));
}

Status DeleteUidPrecondition(std::string_view resource, std::string_view name,
                             std::string_view wanted, std::string_view actual) {
  return Conflict(resource, name, kReasonUid,
                  "the UID in the precondition (" + std::string(wanted) +
                      ") does not match the UID in record (" + std::string(actual) +
                      "). The object might have been deleted and then recreated");
}

Status DeleteVersionPrecondition(std::string_view resource, std::string_view name,
                                 std::string_view wanted, std::string_view actual) {
  return Conflict(resource, name, kReasonResourceVersion,
                  "the ResourceVersion in the precondition (" + std::string(wanted) +
                      ") does not match the ResourceVersion in record (" + std::string(actual) +
                      "). The object might have been modified");
}

Status TooMuchContention(std::string_view resource, std::string_view name) {
  return ObjectModified(resource, name);
}

FieldCause RequiredValue(std::string field, std::string_view detail) {
  return {"FieldValueRequired", "Required value" + With(detail), std::move(field)};
}

FieldCause InvalidValue(std::string field, std::string_view value, std::string_view detail) {
  return {"FieldValueInvalid", "Invalid value: " + std::string(value) + With(detail),
          std::move(field)};
}

FieldCause ForbiddenValue(std::string field, std::string_view detail) {
  return {"FieldValueForbidden", "Forbidden" + With(detail), std::move(field)};
}

FieldCause DuplicateValue(std::string field, std::string_view value) {
  return {"FieldValueDuplicate", "Duplicate value: " + std::string(value), std::move(field)};
}

FieldCause NotSupportedValue(std::string field, std::string_view value,
                             const std::vector<std::string>& supported) {
  std::string list;
  for (const std::string& s : supported) list += (list.empty() ? "" : ", ") + Quoted(s);
  return {"FieldValueNotSupported",
          "Unsupported value: " + std::string(value) + ": supported values: " + list,
          std::move(field)};
}

FieldCause TooLongValue(std::string field, std::size_t max_bytes) {
  return {"FieldValueTooLong",
          "Too long: may not be more than " + std::to_string(max_bytes) + " bytes",
          std::move(field)};
}

FieldCause ImmutableValue(std::string field, std::string_view value) {
  return InvalidValue(std::move(field), value, "field is immutable");
}

}  // namespace nekoplane::registry
