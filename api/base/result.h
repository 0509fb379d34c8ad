// Result<T> is a value or the Status that explains why there is none. Names as in std::expected,
// which neither g++ 12 nor clang 14 has in C++20.
//
// Thread safety: a value type.
#pragma once

#include <utility>
#include <variant>

#include "api/base/check.h"
#include "api/base/status.h"

namespace nekoplane {

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  // Both conversions are implicit so that `return value;` and `return status;` read naturally.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT

  Result(Status error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool has_value() const { return state_.index() == 0; }

  explicit operator bool() const { return has_value(); }

  // REQUIRES: has_value().
  T& value() & {
    NEKO_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }

  const T& value() const& {
    NEKO_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }

  T&& value() && {
    NEKO_CHECK(has_value());
    return std::move(*std::get_if<0>(&state_));
  }

  T& operator*() & { return value(); }

  const T& operator*() const& { return value(); }

  T&& operator*() && { return std::move(*this).value(); }

  T* operator->() { return &value(); }

  const T* operator->() const { return &value(); }

  // REQUIRES: !has_value().
  const Status& error() const& {
    NEKO_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

  Status&& error() && {
    NEKO_CHECK(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

  // True if this is an error with that code.
  bool is(Code code) const { return !has_value() && error().code == code; }

 private:
  std::variant<T, Status> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;

  Result(Status error) : error_(std::move(error)) {}  // NOLINT

  bool has_value() const { return !error_.has_value(); }

  explicit operator bool() const { return has_value(); }

  const Status& error() const& {
    NEKO_CHECK(!has_value());
    return *error_;
  }

  Status&& error() && {
    NEKO_CHECK(!has_value());
    return std::move(*error_);
  }

  bool is(Code code) const { return !has_value() && error_->code == code; }

 private:
  std::optional<Status> error_;
};

}  // namespace nekoplane

#define NEKO_CONCAT_INNER(a, b) a##b
#define NEKO_CONCAT(a, b) NEKO_CONCAT_INNER(a, b)

// NEKO_TRY(auto id, driver.Start(...)): declares id from the value, or returns the error.
#define NEKO_TRY(decl, expr) NEKO_TRY_IMPL(NEKO_CONCAT(neko_try_, __LINE__), decl, expr)
#define NEKO_TRY_IMPL(tmp, decl, expr)                 \
  auto tmp = (expr);                                   \
  if (!tmp.has_value()) return std::move(tmp).error(); \
  decl = std::move(tmp).value()

// Returns the error of a Result whose value is not needed.
#define NEKO_RETURN_IF_ERROR(expr)                                               \
  do {                                                                           \
    auto neko_try_result = (expr);                                               \
    if (!neko_try_result.has_value()) return std::move(neko_try_result).error(); \
  } while (0)
