// Every sentence the registry says to a caller, worded as Kubernetes words it, so that kubectl and
// client libraries, which print and sometimes match these texts, behave as they do against a
// cluster.
//
// Codes and reasons: the server turns them into HTTP numbers and Kubernetes' Status. Reasons that
// mean more than their code: BadRequest and FieldValidation (400), ResourceVersion and Uid (409),
// NamespaceTerminating (403), NamespaceNotEmpty (409).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/status.h"
#include "api/codec/schema.h"

namespace nekoplane::registry {

inline constexpr char kReasonBadRequest[] = "BadRequest";
inline constexpr char kReasonFieldValidation[] = "FieldValidation";
inline constexpr char kReasonInvalid[] = "Invalid";
inline constexpr char kReasonNotFound[] = "NotFound";
inline constexpr char kReasonAlreadyExists[] = "AlreadyExists";
inline constexpr char kReasonForbidden[] = "Forbidden";
inline constexpr char kReasonResourceVersion[] = "ResourceVersion";
inline constexpr char kReasonUid[] = "Uid";
inline constexpr char kReasonNamespaceTerminating[] = "NamespaceTerminating";
inline constexpr char kReasonNamespaceNotEmpty[] = "NamespaceNotEmpty";

// Whole answers. `name` is the object's.
Status BadRequest(std::string message);
Status NotFound(std::string_view resource, std::string_view name);
Status AlreadyExists(std::string_view resource, std::string_view name);
// generateName found no free name; worth another try.
Status NoFreeName(std::string_view resource, std::string_view name);
Status Forbidden(std::string_view resource, std::string_view name, std::string_view why);
Status NamespaceTerminating(std::string_view resource, std::string_view name, std::string_view ns);
Status NamespaceNotEmpty(std::string_view ns, std::string_view contents);
// `BrowserSession.nekoplane.dev "x" is invalid: ...`, with the causes.
Status Invalid(const codec::Kind& kind, std::string_view name, std::vector<FieldCause> causes);
// The decoder refused the object as a whole.
Status CannotBeHandled(const codec::Kind& kind, std::string_view why);
Status StrictDecoding(const codec::Kind& kind, const std::vector<std::string>& errors);
// Somebody wrote the object since the caller read it.
Status ObjectModified(std::string_view resource, std::string_view name);
Status UidPrecondition(std::string_view resource, std::string_view name, std::string_view wanted,
                       std::string_view actual);
Status DeleteUidPrecondition(std::string_view resource, std::string_view name,
                             std::string_view wanted, std::string_view actual);
Status DeleteVersionPrecondition(std::string_view resource, std::string_view name,
                                 std::string_view wanted, std::string_view actual);
// Many planned writes in a row lost the race against others.
Status TooMuchContention(std::string_view resource, std::string_view name);

// Causes, one wrong field each. `value` is printed as given (quote strings with Quoted).
FieldCause RequiredValue(std::string field, std::string_view detail = "");
FieldCause InvalidValue(std::string field, std::string_view value, std::string_view detail);
FieldCause ForbiddenValue(std::string field, std::string_view detail);
FieldCause DuplicateValue(std::string field, std::string_view value);
FieldCause NotSupportedValue(std::string field, std::string_view value,
                             const std::vector<std::string>& supported);
FieldCause TooLongValue(std::string field, std::size_t max_bytes);
FieldCause ImmutableValue(std::string field, std::string_view value);

// The text as a JSON string, control characters escaped.
std::string Quoted(std::string_view text);

}  // namespace nekoplane::registry
