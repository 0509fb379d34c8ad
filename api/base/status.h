// Status says why something failed, in a form that both programs and people can act on.
//
// `code` decides what a caller does; `reason` is CamelCase, stable, and goes into conditions,
// events and metric labels; `message` is a sentence for a person and never holds a secret.
//
// Thread safety: a value type.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nekoplane {

// One code per decision a caller can take. kNotFound means the other side answered that the thing
// does not exist; kUnavailable and kTimeout mean that nobody knows. One is never mapped to the
// other.
enum class Code {
  kInvalid,               // the input is wrong; retrying the same input is useless
  kNotFound,              // answered: it does not exist
  kAlreadyExists,         // answered: the name is taken
  kConflict,              // the world moved on since the caller looked; read again and retry
  kExpired,               // the version asked for is no longer kept; list again
  kForbidden,             // known caller, not allowed
  kUnauthenticated,       // unknown caller
  kInsufficientCapacity,  // no room now; try elsewhere or later
  kTooManyRequests,       // slow down; see retry_after
  kTimeout,               // no answer in time: outcome unknown
  kUnavailable,           // could not be asked, or the other side is broken: outcome unknown
  kCancelled,             // we were told to stop
  kInternal,              // a bug of ours, or of a library
};

// The enumerator without its k: "NotFound".
std::string_view CodeName(Code code);

// One wrong field of an input, as in Kubernetes' Status.details.causes.
struct FieldCause {
  std::string reason;   // FieldValueRequired, FieldValueInvalid, FieldValueNotSupported, ...
  std::string message;  // "Invalid value: \"x\": must be ..."
  std::string field;    // "spec.url"

  friend bool operator==(const FieldCause&, const FieldCause&) = default;
};

struct [[nodiscard]] Status {
  Code code = Code::kInternal;
  std::string reason;
  std::string message;
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
  std::vector<FieldCause> causes = {};

  // "NotFound/NoSuchContainer: no container ..."
  std::string ToString() const;
};

inline Status MakeStatus(Code code, std::string reason, std::string message) {
  return Status{code, std::move(reason), std::move(message)};
}

// Puts what we were doing in front of the message; code and reason stay.
Status Annotate(Status status, std::string_view doing);

// True for the codes after which the outcome of the call is not known.
inline bool OutcomeUnknown(Code code) {
  return code == Code::kTimeout || code == Code::kUnavailable || code == Code::kCancelled;
}

}  // namespace nekoplane
