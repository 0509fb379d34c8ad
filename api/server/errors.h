// The errors that the API server itself makes, with Kubernetes' wording. How a Status becomes HTTP
// is decided in response.cc alone.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "api/base/status.h"
#include "api/codec/schema.h"
#include "api/server/access.h"

namespace nekoplane::server {

// Reasons of kInvalid that decide the HTTP number. Everything else of kInvalid is 422 if it has
// causes and 400 if it has none.
inline constexpr char kBadRequest[] = "BadRequest";                      // 400
inline constexpr char kMethodNotAllowed[] = "MethodNotAllowed";          // 405
inline constexpr char kNotAcceptable[] = "NotAcceptable";                // 406
inline constexpr char kTooLarge[] = "TooLarge";                          // 413
inline constexpr char kUnsupportedMediaType[] = "UnsupportedMediaType";  // 415
inline constexpr char kInvalidObject[] = "Invalid";                      // 422
inline constexpr char kPatchFailed[] = "PatchFailed";                    // 422
// A reason of kNotFound: the path is unknown, not an object.
inline constexpr char kUnknownPath[] = "UnknownPath";

Status BadRequest(std::string message);
Status UnknownPathError();
Status MethodNotAllowedError();
Status NotFoundError(const codec::Kind& kind, std::string_view name);
Status TooLargeVersionError(std::uint64_t wanted, std::uint64_t current);
// Of a continue token or a list at an exact version.
Status ExpiredListError();
// Of a watch whose history is no longer complete.
Status ExpiredWatchError(std::uint64_t wanted, std::uint64_t current);
// 422: a query parameter or option whose value is none of the supported ones.
Status UnsupportedValueError(std::string field, std::string_view value,
                             std::initializer_list<std::string_view> supported);
// 422: an option that may not be used here.
Status ForbiddenFieldError(std::string field, std::string_view why);
Status ForbiddenError(const User& user, const Attributes& what, std::string_view why);

}  // namespace nekoplane::server
